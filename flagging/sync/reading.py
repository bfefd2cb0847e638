"""A whole master list, read row by row: what `guards` judges and `merge` builds the register from."""

from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import structlog
from marshmallow import Schema

from flagging.configuration.master_list import MasterListFormat
from flagging.errors import SourceUnreadable
from flagging.sync.progress import READING, Progress, untold
from flagging.sync.raw_row import CUT_SHORT, RawRow, Table
from flagging.sync.row_memory import RowMemory
from flagging.sync.row_schema import build_row_schema
from flagging.sync.rows import Accepted, ListWarning, Rejected, parse_row
from flagging.sync.sources.master_list import ListFile, MasterList
from flagging.sync.table import is_open_ended, read_table
from flagging.terms import Status

MOST_ETHNICITIES = 40
"""A column with more different values holds something else, which must not become headings of a report."""
_MOST_NAMED = 20
_NOT_RECORDED, _NOT_COUNTED = "not recorded", "not counted: too many different values"
_ROWS_BETWEEN_TELLING = 250

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ReadList:
    """The rows of one list, in its order; `warnings` concern the list as a whole, the others are with their rows.

    `file_names` are those of a list in several files, each of whose missing columns and rows name theirs.
    `is_cut_short` tells that a file provably ends in the middle of a row, `is_open_ended` that one may.
    """

    accepted: tuple[Accepted, ...]
    rejected: tuple[Rejected, ...]
    warnings: tuple[ListWarning, ...]
    missing_columns: tuple[str, ...]
    file_names: tuple[str, ...] = ()
    is_open_ended: bool = False

    @property
    def row_count(self) -> int:
        return len(self.accepted) + len(self.rejected)

    @property
    def listed_count(self) -> int:
        """How many people the list tells of in rows that could be read."""
        return len({row.record.ppo_ref for row in self.accepted})

    @property
    def is_cut_short(self) -> bool:
        return any(row.reason == CUT_SHORT for row in self.rejected)


def read_list(
    master_list: MasterList,
    form: MasterListFormat,
    known_ocus: frozenset[str],
    today: date,
    progress: Progress = untold,
    memory: RowMemory | None = None,
) -> ReadList:
    """Read every row; with a memory of the last list only those that have changed since.

    Raises SourceUnreadable when the bytes are no table at all; a bad row never does.
    """
    memory = memory or RowMemory()
    memory.begin(how_read(form, known_ocus, today))
    parse = partial(_parse, schema=build_row_schema(form, known_ocus, today))
    tables = [(file, _table(file, form)) for file in master_list.files]
    rows: list[Accepted | Rejected] = []
    warnings: list[ListWarning] = []
    expected = sum(file.content.count(b"\n") for file in master_list.files)
    for file, table in tables:
        before = len(rows)
        for row in _rows_of(file, table):
            rows.append(memory.read(row, parse))
            if len(rows) % _ROWS_BETWEEN_TELLING == 0:
                progress(READING, len(rows), expected)
        warnings += _warnings(file, table, is_empty=len(rows) == before)
    memory.end()
    return ReadList(
        accepted=tuple(row for row in rows if isinstance(row, Accepted)),
        rejected=tuple(row for row in rows if isinstance(row, Rejected)),
        warnings=tuple(warnings),
        missing_columns=tuple(file.tell(column) for file, table in tables for column in table.missing_columns),
        file_names=master_list.file_names,
        is_open_ended=any(is_open_ended(file.content) for file in master_list.files),
    )


def how_read(form: MasterListFormat, known_ocus: frozenset[str], today: date) -> Hashable:
    """Return all besides the row itself that the reading of a row depends on."""
    return (form.fingerprint(), known_ocus, today)


def count_ethnicity(rows: tuple[Accepted, ...]) -> dict[str, int]:
    """Count the active people of a list by recorded ethnicity, most frequent first, for the monthly figures.

    A person with several rows counts once, with the first. More than MOST_ETHNICITIES are not told apart.
    """
    first = {row.record.ppo_ref: row for row in reversed(rows)}
    active = (row for row in first.values() if row.record.status is Status.ACTIVE)
    counts = Counter(row.ethnicity or _NOT_RECORDED for row in active)
    return dict(counts.most_common()) if len(counts) <= MOST_ETHNICITIES else {_NOT_COUNTED: counts.total()}


def _table(file: ListFile, form: MasterListFormat) -> Table:
    try:
        return read_table(file.content, form)
    except SourceUnreadable as error:
        raise SourceUnreadable(file.tell(str(error))) from None


def _rows_of(file: ListFile, table: Table) -> Iterator[RawRow]:
    for row in table.rows:
        if row.dated is None:
            yield _placed(row, file) if file.name else row


def _parse(row: RawRow, schema: Schema) -> Accepted | Rejected:
    try:
        return parse_row(row, schema)
    except Exception:  # a row that trips us up must not keep all the others from being read
        log.exception("row_not_read", line=row.line, file=row.file)
        return Rejected(row.line, None, "row", "unreadable", "is beyond this version: see the worker's log", row.file)


def _placed(row: RawRow, file: ListFile) -> RawRow:
    """Return a row that knows its file, and what its file says in place of the row."""
    said = {field: value for field, value in row.values.items() if value is not None and str(value).strip()}
    return replace(row, file=file.name, values={**file.defaults, **said})


def _warnings(file: ListFile, table: Table, *, is_empty: bool) -> Iterator[ListWarning]:
    if table.note:
        yield ListWarning(None, None, "encoding", table.note, file.name)
    if is_empty and file.name:
        yield ListWarning(None, None, "file", "has no row", file.name)
    if columns := table.unknown_columns:
        yield ListWarning(None, None, "header", _unknown(columns, is_header=not table.missing_columns), file.name)


def _unknown(columns: tuple[str, ...], *, is_header: bool) -> str:
    """Tell of columns nobody reads, by name; not where the first line may be somebody's row instead of a header."""
    if not is_header:
        return f"{len(columns)} unknown columns"
    more = f" and {len(columns) - _MOST_NAMED} more" if len(columns) > _MOST_NAMED else ""
    return f"unknown columns: {', '.join(columns[:_MOST_NAMED])}{more}"
