"""Reasons to mistrust a master list as a whole: the current edition stays until somebody has looked.

Owns the limits' meaning; their values are settings (`FLAGGING_GUARD_*`). Must not look at single people.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from flagging.sync.reading import ReadList


@dataclass(frozen=True, slots=True)
class Guards:
    """The greatest parts that may go wrong before a list is refused.

    `count_drop` of the people the last list told of, `reject_rate` of the rows, `unflagged` of the people who are
    flagged today and would no longer be.
    """

    count_drop: float = 0.10
    reject_rate: float = 0.05
    unflagged: float = 0.50


@dataclass(frozen=True, slots=True)
class CurrentList:
    """The list the current edition was built from: how many people it told of, and its date."""

    listed_count: int
    dated: datetime


def tripped_guards(
    read: ReadList, dated: datetime, current: CurrentList | None, limits: Guards
) -> Iterator[tuple[str, str]]:
    """Yield (guard, reason) for every guard that a list dated `dated` trips, the most telling first.

    `columns`: without them no row can be read. `empty`: no row could be read. `reject_rate`: more than this part of
    the rows rejected. `count_drop`: the list tells of fewer people, by more than this part, than the current
    edition's list did. `list_date`: it is older than that list. A limit itself is still good.
    """
    if read.missing_columns:
        yield "columns", f"the list has no column {', '.join(read.missing_columns)}"
    if not read.accepted:
        yield "empty", "the list has no row that can be read"
    if len(read.rejected) > limits.reject_rate * read.row_count:
        rows = f"{len(read.rejected)} of {read.row_count} rows"
        yield "reject_rate", f"{rows} cannot be read, more than {limits.reject_rate:.0%}"
    if current is None:
        return
    lost = current.listed_count - read.listed_count
    if lost > limits.count_drop * current.listed_count:
        fall = f"a fall of more than {limits.count_drop:.0%}"
        yield (
            "count_drop",
            f"the list tells of {read.listed_count} people, the last one of {current.listed_count}: {fall}",
        )
    if dated < current.dated:
        yield "list_date", f"the list is of {dated:%Y-%m-%d %H:%M}, older than the last one"


@dataclass(frozen=True, slots=True)
class Recognisable:
    """How many people an edition flags, and how many of its people can be known by identifier and by date of birth."""

    flagged: int
    with_identifier: int
    with_birth_date: int


def tripped_by_outcome(before: Recognisable, after: Recognisable, limits: Guards) -> Iterator[tuple[str, str]]:
    """Yield guards when a list would make most people unknown at one go: `unflagged`, `identifiers`, `birth_dates`.

    Each removal, change of scheme or blanked field may be meant; that of most people is a column gone wrong or away.
    """
    for guard, had, has, what in (
        ("unflagged", before.flagged, after.flagged, "be flagged"),
        ("identifiers", before.with_identifier, after.with_identifier, "have an identifier"),
        ("birth_dates", before.with_birth_date, after.with_birth_date, "have a date of birth"),
    ):
        if had - has > limits.unflagged * had:
            yield guard, f"{had - has} of {had} people would no longer {what}, more than {limits.unflagged:.0%}"
