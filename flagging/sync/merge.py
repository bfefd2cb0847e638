"""The list just read and the previous edition become the records of the next edition.

Owns who stays: absence is never removal, a row that cannot be read never costs a person the last good record, and a
former person is forgotten when the time is up.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from flagging.record import Record
from flagging.sync.duplicates import Unified, unify_rows
from flagging.sync.reading import ReadList
from flagging.sync.rows import Accepted, ListWarning
from flagging.terms import Status

NOT_ERASED = "erasure"
"""What a warning is about that somebody's time is up who cannot be erased yet."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The records of the next edition by reference, and what is different from the previous one.

    `removed` were active and are former now; `erased` were on the register and are no longer kept; `missing` are
    active people the list no longer tells of, which is no change by itself. `caveats` belong to every negative
    answer. `is_unchanged` tells that the records are those of the previous edition to the letter.
    """

    records: tuple[Record, ...]
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    erased: tuple[str, ...]
    missing: tuple[str, ...]
    warnings: tuple[ListWarning, ...]
    caveats: tuple[str, ...]
    is_unchanged: bool


def merge(
    read: ReadList, previous: Mapping[str, Record], today: date, former_days: int, *, erases: bool = True
) -> Merged:
    """Merge a list into the previous edition's records (by reference).

    - a person whose row is rejected keeps the last good record; a rejected row of nobody known becomes a caveat;
    - an active person absent from the list stays, `missing_since` the first day, until a row says otherwise;
    - a removed person is former until `former_days` after `removed_on` (or after the day the removal was first
      seen), listed or not, and is then erased; a day that would erase somebody at once, or never, is not believed;
    - without `erases` nobody is erased: whose time is up stays former until it can be done.

    Whoever has not changed, down to what is no part of equality (`_same`), is the very record of the previous edition.
    """
    warnings = [*read.warnings]
    current: dict[str, Record] = {}
    unread = 0
    for ref, rows in _by_reference(read.accepted).items():
        last_good = previous.get(ref)
        unified = unify_rows(rows, last_good) if len(rows) > 1 else Unified(rows[0].record, ())
        record, doubts = _dated(unified.record, last_good, today, former_days)
        if last_good is None and has_expired(record, today, former_days):
            continue  # somebody removed long ago, whom the register never held: there is nothing to tell of them
        current[ref] = record
        unread += unified.unread
        warnings += [warning for row in rows for warning in row.warnings]
        warnings += unified.warnings
        warnings += [ListWarning(rows[-1].line, ref, "removed_on", doubt, rows[-1].file) for doubt in doubts]
    rejected = {row.ppo_ref for row in read.rejected}
    unread += sum(row.ppo_ref not in previous and row.ppo_ref not in current for row in read.rejected)
    for ref, record in previous.items():
        if ref not in current:
            current[ref] = _unmissed(record) if ref in rejected else _absent(record, today)
    due = [ref for ref, record in current.items() if has_expired(record, today, former_days)]
    if due and not erases:
        warnings.append(ListWarning(None, None, NOT_ERASED, f"{len(due)} people are due, but it cannot be recorded"))
    kept = [_same(previous.get(ref), current[ref]) for ref in sorted(current) if not erases or ref not in due]
    return _compare(kept, previous, warnings, unread)


def has_expired(record: Record, today: date, former_days: int) -> bool:
    """Tell whether a former person's time on the register is up; due daily, whether or not the list has changed."""
    if record.status is not Status.FORMER or record.removed_on is None:
        return False
    return (today - record.removed_on).days > former_days


def _by_reference(accepted: Iterable[Accepted]) -> dict[str, list[Accepted]]:
    rows: defaultdict[str, list[Accepted]] = defaultdict(list)
    for row in accepted:
        rows[row.record.ppo_ref].append(row)
    return rows


def _dated(record: Record, last_good: Record | None, today: date, former_days: int) -> tuple[Record, tuple[str, ...]]:
    """Settle the day from which a former person's time counts; return the doubts there were about it.

    Without a day it is the one known already, or today. A day so long ago that somebody held until now would be
    gone at once may be a slip of the year: the day counts on which the removal was first seen.
    """
    record = _unmissed(record)
    if record.status is not Status.FORMER:
        return record, ()
    known = last_good.removed_on if last_good and last_good.status is Status.FORMER else None
    if record.removed_on is None:
        return replace(record, removed_on=known or today), ()
    if last_good is None or record.removed_on == known or not has_expired(record, today, former_days):
        return record, ()
    doubt = f"is more than {former_days} days ago, for somebody held until now: counted from when it was first seen"
    return replace(record, removed_on=known or today), (doubt,)


def _unmissed(record: Record) -> Record:
    return replace(record, missing_since=None) if record.missing_since else record


def _absent(record: Record, today: date) -> Record:
    if record.status is Status.FORMER or record.missing_since:
        return record
    return replace(record, missing_since=today)


def _same(old: Record | None, new: Record) -> Record:
    """Return `old` if `new` says just the same, and the list may be read in the same two ways.

    That a text may be of another kind as well is no part of equality, but finding who is held twice asks it.
    """
    return old if old is not None and old == new and _readings(old) == _readings(new) else new


def _readings(record: Record) -> list[bool]:
    return [each.is_one_of_two for each in record.identity.identifiers]


def _compare(records: list[Record], previous: Mapping[str, Record], warnings: list[ListWarning], unread: int) -> Merged:
    refs = {record.ppo_ref for record in records}
    both = [(record, previous[record.ppo_ref]) for record in records if record.ppo_ref in previous]
    return Merged(
        records=tuple(records),
        added=tuple(record.ppo_ref for record in records if record.ppo_ref not in previous),
        changed=tuple(
            new.ppo_ref
            for new, old in both
            if new is not old and _unmissed(new) != _unmissed(old) and not _is_removal(new, old)
        ),
        removed=tuple(new.ppo_ref for new, old in both if _is_removal(new, old)),
        erased=tuple(sorted(ref for ref in previous if ref not in refs)),
        missing=tuple(record.ppo_ref for record in records if record.missing_since),
        warnings=tuple(warnings),
        caveats=_caveats(unread),
        is_unchanged=len(both) == len(records) == len(previous) and all(new is old for new, old in both),
    )


def _is_removal(new: Record, old: Record) -> bool:
    return new.status is Status.FORMER and old.status is Status.ACTIVE


def _caveats(unread: int) -> tuple[str, ...]:
    if not unread:
        return ()
    return (f"{unread} row{'s' if unread > 1 else ''} of the master list could not be read",)
