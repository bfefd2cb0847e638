"""A master list in CSV, as databases and spreadsheets write it.

A fault of form in one row costs that row and no other: a quotation mark that is never closed would otherwise swallow
the people after it without a word.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from flagging.configuration.master_list import MasterListFormat, fold_column
from flagging.errors import SourceUnreadable
from flagging.sync.raw_row import CUT_SHORT, RawRow, Table, dated_text, make_table, missing_columns

_DELIMITERS = (",", ";", "\t", "|")
_SEP = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_BLANK = " \t\r\n,;|\"'"
_MOST_CELLS_OF_A_DATE = 2
_SHORT = "has fewer columns than the header"
_SHORT_AND_OPEN = "has fewer columns than the header, and no line end"
_UNDIVIDED = "cannot be divided into columns"


@dataclass(frozen=True, slots=True)
class _Header:
    """The columns' names, and what parts them; `next_line` is the number of the line after it."""

    names: list[str]
    delimiter: str = ","
    next_line: int = 1


class _Record(NamedTuple):
    """Cells, None where they cannot be told apart; `is_open` tells that the file ends without ending the line."""

    line: int
    cells: list[str] | None
    is_open: bool


def read_csv(lines: Iterable[str], size: int, form: MasterListFormat) -> Table:
    """Return the rows of a file of `size` bytes. Raises SourceUnreadable for a header that names one field twice."""
    # The limit is the interpreter's, 128 KiB unless raised; the list as a whole is bounded already.
    csv.field_size_limit(max(csv.field_size_limit(), size))
    above: list[RawRow] = []
    header, rest = _read_header(iter(lines), above, form)
    fields = [form.columns.get(fold_column(name)) for name in header.names]
    twice = [field for field, times in Counter(fields).items() if field and times > 1]
    if twice:
        raise SourceUnreadable(f"the header names the column of {twice[0]} twice")
    return make_table(chain(above, _rows(rest, header, fields, form)), header.names, form)


# -- the header ------------------------------------------------------------------------------------------------------


def _read_header(lines: Iterator[str], above: list[RawRow], form: MasterListFormat) -> tuple[_Header, Iterator[str]]:
    """Return the header and the lines after it; rows `above` it that date the list are put there."""
    delimiter = None
    for number, line in enumerate(lines, start=1):
        sep = _SEP.fullmatch(line) if number == 1 else None
        dated = dated_text(line, form.dated_row)
        if sep:
            delimiter = sep[1]
        elif dated is not None:
            above.append(RawRow(number, {}, dated=dated))
        elif line.strip(_BLANK):
            delimiter = delimiter or _delimiter_of(line, form)
            names, taken, rest = _first_record(line, lines, delimiter, form)
            return _Header(names, delimiter, number + taken), rest
    return _Header([]), iter(())


def _delimiter_of(line: str, form: MasterListFormat) -> str:
    """Return what parts the columns of a header: that by which it has the most known columns."""

    def known_columns(delimiter: str) -> int:
        cells = next(csv.reader([line], delimiter=delimiter), [])
        return sum(fold_column(cell) in form.columns for cell in cells)

    return max(_DELIMITERS, key=known_columns)


def _first_record(
    line: str, lines: Iterator[str], delimiter: str, form: MasterListFormat
) -> tuple[list[str], int, Iterator[str]]:
    """Return the header's cells, how many lines it takes, and the lines after it.

    A column's name may hold a line break; a header of several lines that lacks columns has a stray quotation mark.
    """
    taken: list[str] = []
    try:
        names = next(csv.reader(_noted(chain([line], lines), taken), delimiter=delimiter, strict=True), [])
    except csv.Error:
        names = []
    fields = {form.columns[fold_column(name)] for name in names if fold_column(name) in form.columns}
    if len(taken) > 1 and missing_columns(fields, form):
        return _read_alone(line, delimiter) or [], 1, chain(taken[1:], lines)
    return names, len(taken), lines


# -- the rows --------------------------------------------------------------------------------------------------------


def _rows(lines: Iterable[str], header: _Header, fields: list[str | None], form: MasterListFormat) -> Iterator[RawRow]:
    are_some_short = False
    for line, cells, is_open in _records(lines, header):
        if cells is None:
            yield RawRow(line, {}, CUT_SHORT if is_open else _UNDIVIDED)
        elif (dated := _dated(cells, form)) is not None:
            yield RawRow(line, {}, dated=dated)
        elif _says_something(cells):
            is_short = len(cells) < len(fields)
            fault = None
            if is_short and is_open:
                # Where rows leave out blank columns at the end anyway, a short last row proves nothing.
                fault = _SHORT_AND_OPEN if are_some_short else CUT_SHORT
                cells = cells[:-1]  # noqa: PLW2901 - what is left of the last value is not that value
            elif _says_something(cells[len(fields) :]):
                fault = "has more columns than the header"
            are_some_short |= is_short
            values = {field: cell for field, cell in zip(fields, cells, strict=False) if field}
            yield RawRow(line, values, fault, _SHORT if is_short and not fault else None)


def _dated(cells: list[str], form: MasterListFormat) -> str | None:
    if not form.dated_row or sum(map(bool, cells)) > _MOST_CELLS_OF_A_DATE:
        return None
    return dated_text(" ".join(cells), form.dated_row)


def _records(lines: Iterable[str], header: _Header) -> Iterator[_Record]:
    """Yield every record.

    A record of several lines that is no valid record, has not as many cells as the header, or encloses a whole row,
    began with a stray quotation mark: its lines are then read one by one.
    """
    width, taken, first = len(header.names), list[str](), header.next_line
    reader = csv.reader(_noted(lines, taken), delimiter=header.delimiter, strict=True)
    while True:
        taken.clear()
        try:
            cells = next(reader, None)
        except csv.Error:
            cells = None
        if not taken:
            return
        is_one = len(taken) == 1 or (cells is not None and len(cells) == width and not _encloses_row(taken, header))
        if is_one and cells is not None:
            yield _Record(first, cells, _is_open(taken[-1]))
        else:
            for at, line in enumerate(taken, start=first):
                yield _Record(at, _read_alone(line, header.delimiter), _is_open(line))
        first += len(taken)


def _noted(lines: Iterable[str], taken: list[str]) -> Iterator[str]:
    for line in lines:
        taken.append(line)
        yield line


def _encloses_row(taken: list[str], header: _Header) -> bool:
    return any(len(_read_alone(line, header.delimiter) or ()) == len(header.names) for line in taken[1:-1])


def _read_alone(line: str, delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return None


def _is_open(line: str) -> bool:
    return not line.endswith(("\n", "\r"))


def _says_something(cells: list[str]) -> bool:
    return any(cell.strip() for cell in cells)
