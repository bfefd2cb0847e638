"""The bytes of a master list as rows: CSV or JSON Lines, whose values are not judged here.

A fault of form in one row costs that row and no other: a quotation mark that is never closed would otherwise
swallow the people after it without a word.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from flagging.configuration.master_list import IDENTIFIER_FIELDS, MasterListFormat, fold_column
from flagging.errors import SourceUnreadable

_LONGEST_NAME = 40
_SHORT = "has fewer columns than the header"
_FOREIGN_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"PK\x03\x04": "a workbook or archive"}


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as it stands: field → value.

    `fault` says why its values cannot be told apart, if they cannot;
    `note` warns of what cost no value.
    """

    line: int
    values: Mapping[str, Any]
    fault: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The rows, which can be gone through once, and what the header says of them."""

    rows: Iterator[RawRow]
    unknown_columns: tuple[str, ...]
    missing_columns: tuple[str, ...]


def read_table(content: bytes, form: MasterListFormat) -> Table:
    """Return the rows of a list, in UTF-8 with or without a byte order mark.

    JSON Lines is recognised by its first character, an opening brace; everything else is CSV with a header row.
    Bytes that are not UTF-8 become U+FFFD, so that they cost a field and not the list. A blank line is no row.
    Raises SourceUnreadable for another encoding and for a header that names one field twice.
    """
    for mark, kind in _FOREIGN_MARKS.items():
        if content.startswith(mark):
            raise SourceUnreadable(f"the master list is {kind}; it must be CSV or JSON Lines in UTF-8")
    if content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{":
        return _read_json_lines(content, form)
    return _read_csv(content, form)


def _lines(content: bytes) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", errors="replace", newline="")


def _table(rows: Iterator[RawRow], columns: Iterable[str], form: MasterListFormat) -> Table:
    names = {fold_column(name): name for name in columns if name.strip()}
    fields = {form.columns[name] for name in names if name in form.columns}
    unknown = (name.strip()[:_LONGEST_NAME] for folded, name in names.items() if folded not in form.columns)
    return Table(rows, tuple(sorted(unknown)), _missing(fields, form))


def _missing(fields: set[str], form: MasterListFormat) -> tuple[str, ...]:
    """Name the columns without which no row can be read: a reference, a status, a name or an identifier."""
    missing = [form.column_of(field) for field in ("ppo_ref", "status") if field not in fields]
    if fields.isdisjoint(("family_name", "given_names", *IDENTIFIER_FIELDS)):
        missing.append(form.column_of("family_name"))
    return tuple(missing)


# -- JSON Lines ------------------------------------------------------------------------------------------------------


def _read_json_lines(content: bytes, form: MasterListFormat) -> Table:
    columns: set[str] = set()
    for _, row in _objects(content):
        columns.update(row or ())
    return _table(_json_rows(content, form), columns, form)


def _objects(content: bytes) -> Iterator[tuple[int, dict[str, Any] | None]]:
    """Yield (line number, object) for every line, None in place of what is not an object."""
    for number, line in enumerate(_lines(content), start=1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            row = None
        yield number, row if isinstance(row, dict) else None


def _json_rows(content: bytes, form: MasterListFormat) -> Iterator[RawRow]:
    for number, row in _objects(content):
        if row is None:
            yield RawRow(number, {}, "is not a JSON object")
            continue
        fields = [form.columns.get(fold_column(name)) for name in row]
        values = {field: value for field, value in zip(fields, row.values(), strict=True) if field}
        twice = len(values) < sum(field is not None for field in fields)
        yield RawRow(number, values, "names one field twice" if twice else None)


# -- CSV -------------------------------------------------------------------------------------------------------------


def _read_csv(content: bytes, form: MasterListFormat) -> Table:
    # The limit is the interpreter's, 128 KiB unless raised; the list as a whole is bounded already.
    csv.field_size_limit(max(csv.field_size_limit(), len(content)))
    records = _csv_records(_lines(content))
    header = next((cells for _, cells in records if cells and _says_something(cells)), [])
    fields = [form.columns.get(fold_column(name)) for name in header]
    twice = [field for field, times in Counter(fields).items() if field and times > 1]
    if twice:
        raise SourceUnreadable(f"the header names the column of {twice[0]} twice")
    is_terminated = content.endswith((b"\n", b"\r"))
    return _table(_csv_rows(records, fields, is_terminated=is_terminated), header, form)


def _csv_rows(
    records: Iterator[tuple[int, list[str] | None]], fields: list[str | None], *, is_terminated: bool
) -> Iterator[RawRow]:
    upcoming = next(records, None)
    while upcoming:
        (line, cells), upcoming = upcoming, next(records, None)
        if cells is None:
            yield RawRow(line, {}, "cannot be divided into columns")
        elif _says_something(cells):
            values = {field: cell for field, cell in zip(fields, cells, strict=False) if field}
            is_cut_short = len(cells) < len(fields) and upcoming is None and not is_terminated
            if _says_something(cells[len(fields) :]):
                yield RawRow(line, values, "has more columns than the header")
            elif is_cut_short:
                yield RawRow(line, values, "is cut short: the file ends within it")
            else:
                yield RawRow(line, values, note=_SHORT if len(cells) < len(fields) else None)


def _csv_records(lines: Iterable[str]) -> Iterator[tuple[int, list[str] | None]]:
    """Yield (line number, cells) for every record, None in place of cells that cannot be told apart.

    A record of several lines that is no valid record, has not as many cells as the header, or encloses a whole row,
    began with a stray quotation mark: its lines are then read one by one.
    """
    taken: list[str] = []
    reader = csv.reader(_noted(lines, taken), strict=True)
    first, width = 1, 0
    while True:
        taken.clear()
        try:
            cells = next(reader, None)
        except csv.Error:
            cells = None
        if not taken:
            return
        if cells is not None and (len(taken) == 1 or (len(cells) == width and not _encloses_row(taken, width))):
            width = width or len(cells)
            yield first, cells
        else:
            yield from ((first + offset, _read_alone(line)) for offset, line in enumerate(taken))
        first += len(taken)


def _noted(lines: Iterable[str], taken: list[str]) -> Iterator[str]:
    for line in lines:
        taken.append(line)
        yield line


def _encloses_row(taken: list[str], width: int) -> bool:
    return any(len(_read_alone(line) or ()) == width for line in taken[1:-1])


def _read_alone(line: str) -> list[str] | None:
    try:
        return next(csv.reader([line], strict=True), [])
    except csv.Error:
        return None


def _says_something(cells: list[str]) -> bool:
    return any(cell.strip() for cell in cells)
