"""A master list in JSON Lines: one object a line, each line on its own."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from flagging.configuration.master_list import MasterListFormat, fold_column
from flagging.sync.raw_row import CUT_SHORT, NAMED_TWICE, RawRow, Table, dated_text, make_table

_NO_OBJECT = "is not a JSON object"


def read_json_lines(lines: Iterable[str], again: Iterable[str], form: MasterListFormat) -> Table:
    """Return the rows; the lines are gone through twice, first for the names of the columns."""
    columns: set[str] = set()
    for _, row, _ in _objects(lines):
        columns.update(row or ())
    if form.dated_row:
        columns = {name for name in columns if fold_column(name) != fold_column(form.dated_row)}
    return make_table(_rows(again, form), columns, form)


def _objects(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, Any] | None, str]]:
    """Yield (line number, object, line) for every line, None in place of what is not an object."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            row = None
        yield number, row if isinstance(row, dict) else None, line


def _rows(lines: Iterable[str], form: MasterListFormat) -> Iterator[RawRow]:
    for number, row, line in _objects(lines):
        if row is None:
            # Only the last line can be without an end.
            yield RawRow(number, {}, _NO_OBJECT if line.endswith(("\n", "\r")) else CUT_SHORT)
            continue
        fields = [form.columns.get(fold_column(name)) for name in row]
        values = {field: value for field, value in zip(fields, row.values(), strict=True) if field}
        dated = None if values else _dated(row, form)
        if dated is not None:
            yield RawRow(number, {}, dated=dated)
            continue
        is_named_twice = len(values) < sum(field is not None for field in fields) or _repeats_key(line)
        yield RawRow(number, values, NAMED_TWICE if is_named_twice else None)


def _dated(row: dict[str, Any], form: MasterListFormat) -> str | None:
    if len(row) != 1:
        return None
    ((name, value),) = row.items()
    return dated_text(f"{name}: {value}", form.dated_row)


def _repeats_key(line: str) -> bool:
    """Tell whether an object names a key twice, of which orjson keeps the last without a word."""
    try:
        found: bool = json.loads(line, object_pairs_hook=_has_twins, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return True
    return found


def _has_twins(pairs: list[tuple[str, Any]]) -> bool:
    return len({key for key, _ in pairs}) < len(pairs)
