"""Reasons to mistrust a master list as a whole: the current edition stays until somebody has looked.

Owns the limits' meaning; their values are settings (`FLAGGING_GUARD_*`). A reason names numbers and columns, nobody.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flagging.identity.person import IdentifierKind
from flagging.record import Record
from flagging.sync.reading import ReadList
from flagging.terms import Agency, Need, Scheme, Sex, Status

GUARDS = (
    "columns",
    "empty",
    "cut_short",
    "reject_rate",
    "files",
    "count_drop",
    "list_date",
    "absent",
    "unflagged",
    "blanked",
)
"""The names of all guards; what each means is said where it is yielded."""

_IN_USE = 0.05
"""A column counts as in use if at least this part of people, and three, have a value in it: few values come and go."""
_FEWEST = 3


@dataclass(frozen=True, slots=True)
class Guards:
    """What a list must not do; see `tripped_by_list` and `tripped_by_outcome`.

    `fewest` people to tell of; the parts `count_drop`, `reject_rate`, `absent`, `unflagged` and `blanked` that may
    go wrong; `list_older`, the seconds by which it may be older than the one before.
    """

    fewest: int = 1
    count_drop: float = 0.10
    reject_rate: float = 0.05
    list_older: float = 0.0
    absent: float = 0.50
    unflagged: float = 0.50
    blanked: float = 0.50


@dataclass(frozen=True, slots=True)
class CurrentList:
    """The list the current edition was built from: how many people it told of, its date, and its files, if several.

    `is_open_ended` tells that a file of it did not end its last line; None where nobody remembers.
    """

    listed_count: int
    dated: datetime
    files: tuple[str, ...] = ()
    is_open_ended: bool | None = None


def tripped_by_list(
    read: ReadList, dated: datetime | None, current: CurrentList | None, limits: Guards
) -> Iterator[tuple[str, str]]:
    """Yield (guard, reason) for every guard that a list dated `dated`, if anything dates it, trips; most telling first.

    `columns`: without them no row can be read. `empty`: it tells of fewer people than it must. `cut_short`: it ends
    in the middle of a row, or does not end its last line, as the one before did. `reject_rate`: more than this part
    of the rows rejected. `files`: it has lost one of the files of the current edition's list. `count_drop`: it tells
    of fewer people than that list, by more than this part. `list_date`: it is older than that list. A limit itself
    is still good.
    """
    if read.missing_columns:
        yield "columns", f"the list has no column {', '.join(read.missing_columns)}"
    if read.listed_count < limits.fewest:
        told = f"of {read.listed_count} people, fewer than {limits.fewest}"
        yield "empty", f"the list tells {told}" if read.listed_count else "the list has no row that can be read"
    if read.is_cut_short:
        yield "cut_short", "the list ends in the middle of a row"
    elif read.is_open_ended and current is not None and current.is_open_ended is False:
        yield "cut_short", "the list does not end its last line, as the last one did: its last value may not be whole"
    if len(read.rejected) > limits.reject_rate * read.row_count:
        rows = f"{len(read.rejected)} of {read.row_count} rows"
        yield "reject_rate", f"{rows} cannot be read, more than {limits.reject_rate:.0%}"
    if current is None:
        return
    gone = [name for name in current.files if read.file_names and name not in read.file_names]
    if gone:
        yield "files", f"the list has no file {', '.join(gone)} any more"
    lost = current.listed_count - read.listed_count
    if lost > limits.count_drop * current.listed_count:
        fall = f"a fall of more than {limits.count_drop:.0%}"
        yield (
            "count_drop",
            f"the list tells of {read.listed_count} people, the last one of {current.listed_count}: {fall}",
        )
    if dated is not None and dated < current.dated - timedelta(seconds=limits.list_older):
        yield "list_date", f"the list is of {dated:%Y-%m-%d %H:%M}, older than the last one"


def tripped_by_outcome(
    before: Mapping[str, Record], after: Mapping[str, Record], flag_schemes: Collection[Scheme], limits: Guards
) -> Iterator[tuple[str, str]]:
    """Yield guards when a list would change what is known of most people at one go; both editions by reference.

    `absent`: people it no longer tells of, as another area's list would. `unflagged`: people it takes the flag from.
    `blanked`: people who lose the value of one column, as when it is renamed. Each change may be meant; that of most
    people is a list gone wrong.
    """
    listed = [record for record in before.values() if record.status is Status.ACTIVE and not record.missing_since]
    absent = sum(after[record.ppo_ref].missing_since is not None for record in listed if record.ppo_ref in after)
    if absent > limits.absent * len(listed):
        yield "absent", f"{absent} of {len(listed)} people are no longer on the list, more than {limits.absent:.0%}"
    flagged = [ref for ref, record in before.items() if _is_flagged(record, flag_schemes)]
    unflagged = sum(not _is_flagged(after.get(ref), flag_schemes) for ref in flagged)
    if unflagged > limits.unflagged * len(flagged):
        share = f"{unflagged} of {len(flagged)} people"
        yield "unflagged", f"{share} would no longer be flagged, more than {limits.unflagged:.0%}"
    blanked = [
        f"{column} ({lost} of {had})"
        for column, had, lost in _losses(before, after)
        if lost > limits.blanked * had and had >= max(_FEWEST, _IN_USE * len(before))
    ]
    if blanked:
        yield "blanked", f"more than {limits.blanked:.0%} of people would lose their {', '.join(blanked)}"


def _is_flagged(record: Record | None, flag_schemes: Collection[Scheme]) -> bool:
    return record is not None and record.status is Status.ACTIVE and record.scheme in flag_schemes


def _losses(before: Mapping[str, Record], after: Mapping[str, Record]) -> Iterator[tuple[str, int, int]]:
    """Yield for every column that anybody lost a value in how many people had one, and how many of them lost it."""
    staying = [(old, after[ref]) for ref, old in before.items() if ref in after]
    changed = [(old, new) for old, new in staying if new is not old]
    for column, has_value in _HAS_VALUE.items():
        lost = sum(has_value(old) and not has_value(new) for old, new in changed)
        if lost:
            yield column, sum(has_value(old) for old, _ in staying), lost


def _has_identifier(kind: IdentifierKind) -> Callable[[Record], bool]:
    return lambda record: any(held.kind is kind for held in record.identity.identifiers)


def _has_contact(agency: Agency) -> Callable[[Record], bool]:
    return lambda record: any(manager.agency is agency and manager.is_reachable for manager in record.managers)


def _has_birth_date(record: Record) -> bool:
    return any(persona.born for persona in record.identity.personas)


_HAS_VALUE: Mapping[str, Callable[[Record], bool]] = {
    "date_of_birth": _has_birth_date,
    **{kind.value: _has_identifier(kind) for kind in IdentifierKind},
    "family_name": lambda record: any(each.name and each.name.family for each in record.identity.personas),
    "given_names": lambda record: any(each.name and each.name.given for each in record.identity.personas),
    "aliases": lambda record: len(record.identity.personas) > 1,
    "postcode": lambda record: record.identity.postcode is not None,
    "sex": lambda record: record.sex is not Sex.NOT_RECORDED,
    "scheme": lambda record: record.scheme is not Scheme.PPO,
    "home_ocu": lambda record: record.home_ocu is not None,
    "offending_ocu": lambda record: record.offending_ocu is not None,
    "stage": lambda record: record.stage is not None,
    "statutory": lambda record: record.statutory is not None,
    **{f"{agency.value}_om contact": _has_contact(agency) for agency in Agency},
    "drug_treatment_need": lambda record: record.drug_treatment_need is not Need.UNKNOWN,
    "drug_treatment_provider": lambda record: record.drug_treatment_provider is not None,
}
