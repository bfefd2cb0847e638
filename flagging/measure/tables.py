"""A CSV file of people, as rows of named cells. Every fault names file, line and column, never a value."""

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from flagging.errors import PeopleFileInvalid


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row by column, tidied at both ends, and the line it begins on."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A file; `unread` are the columns that nobody knows, often misspelt ones."""

    name: str
    columns: frozenset[str]
    unread: tuple[str, ...]
    rows: tuple[Row, ...]

    def fault(self, line: int, column: str | None, reason: str) -> PeopleFileInvalid:
        """Return the error for a cell, a column (line 1) or a whole row."""
        return PeopleFileInvalid(self.name, line, column, reason)


def read_table(lines: Iterable[str], name: str, required: Collection[str], optional: Collection[str] = ()) -> Table:
    """Read a file with a header row, its columns in any order; blank lines are passed over.

    Raises PeopleFileInvalid for a missing or doubled column, a row of another length, broken quotes, and no rows.
    """
    numbered = _numbered_rows(lines, name)
    _, header = next(numbered, (1, []))
    header = [column.strip() for column in header]
    known = {*required, *optional}
    for column in required:
        if column not in header:
            raise PeopleFileInvalid(name, 1, column, "is missing")
    for column in known:
        if header.count(column) > 1:
            raise PeopleFileInvalid(name, 1, column, "stands there twice")
    rows = tuple(_row(line, cells, header, name) for line, cells in numbered)
    if not rows:
        raise PeopleFileInvalid(name, 2, None, "has no rows below its header")
    return Table(name, frozenset(known & set(header)), tuple(column for column in header if column not in known), rows)


def _numbered_rows(lines: Iterable[str], name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the line it begins on; a quoted cell may run over several."""
    reader = csv.reader(lines, strict=True)
    begins = 1
    try:
        for cells in reader:
            if cells:
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raise PeopleFileInvalid(name, begins, None, str(error)) from None


def _row(line: int, cells: Sequence[str], header: Sequence[str], name: str) -> Row:
    if len(cells) > len(header):
        raise PeopleFileInvalid(name, line, header[-1], "is followed by more cells than the header has")
    if len(cells) < len(header):
        raise PeopleFileInvalid(name, line, header[len(cells)], "and whatever follows is missing")
    return Row(line, {column: cell.strip() for column, cell in zip(header, cells, strict=True)})
