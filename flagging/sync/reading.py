"""A whole master list, read row by row: what `guards` judges and `merge` builds the register from."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from flagging.configuration.master_list import MasterListFormat
from flagging.sync.row_schema import build_row_schema
from flagging.sync.rows import Accepted, ListWarning, Rejected, parse_row
from flagging.sync.source import MasterList
from flagging.sync.table import read_table
from flagging.terms import Status

_MOST_NAMED = 20
_NOT_RECORDED = "not recorded"


@dataclass(frozen=True, slots=True)
class ReadList:
    """The rows of one list, in its order; `warnings` concern the list as a whole, the others are with their rows."""

    accepted: tuple[Accepted, ...]
    rejected: tuple[Rejected, ...]
    warnings: tuple[ListWarning, ...]
    missing_columns: tuple[str, ...]

    @property
    def row_count(self) -> int:
        return len(self.accepted) + len(self.rejected)

    @property
    def listed_count(self) -> int:
        """How many people the list tells of in rows that could be read."""
        return len({row.record.ppo_ref for row in self.accepted})


def read_list(master_list: MasterList, form: MasterListFormat, known_ocus: frozenset[str], today: date) -> ReadList:
    """Read every row. Raises SourceUnreadable when the bytes are no table at all; a bad row never does."""
    table = read_table(master_list.content, form)
    schema = build_row_schema(form, known_ocus, today)
    rows = [parse_row(row, schema) for row in table.rows]
    return ReadList(
        accepted=tuple(row for row in rows if isinstance(row, Accepted)),
        rejected=tuple(row for row in rows if isinstance(row, Rejected)),
        warnings=_unknown_columns(table.unknown_columns, is_header=not table.missing_columns),
        missing_columns=table.missing_columns,
    )


def count_ethnicity(rows: tuple[Accepted, ...]) -> dict[str, int]:
    """Count the active people of a list by recorded ethnicity, most frequent first, for the monthly figures.

    A person with several rows counts once, with the first.
    """
    first = {row.record.ppo_ref: row for row in reversed(rows)}
    active = (row for row in first.values() if row.record.status is Status.ACTIVE)
    return dict(Counter(row.ethnicity or _NOT_RECORDED for row in active).most_common())


def _unknown_columns(columns: tuple[str, ...], *, is_header: bool) -> tuple[ListWarning, ...]:
    """Warn of columns nobody reads, by name; not where the first line may be somebody's row instead of a header."""
    if not columns:
        return ()
    if not is_header:
        return (ListWarning(None, None, "header", f"{len(columns)} unknown columns"),)
    more = f" and {len(columns) - _MOST_NAMED} more" if len(columns) > _MOST_NAMED else ""
    return (ListWarning(None, None, "header", f"unknown columns: {', '.join(columns[:_MOST_NAMED])}{more}"),)
