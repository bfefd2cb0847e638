"""Who manages a PPO, lead first, and whose duty desk stands in for them.

Which agency and which OCU lead is configuration, as a study of 2005 found no agreed rule. Who may see it is not decided
here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from operator import itemgetter
from typing import NamedTuple

from flagging.policy.directory import Contact, Directory
from flagging.record import Manager, Record
from flagging.terms import Agency


class OcuOf(StrEnum):
    """The OCUs a record names: where the person lives, and where they offend."""

    HOME = "home_ocu"
    OFFENDING = "offending_ocu"

    @property
    def words(self) -> str:
        return "home OCU" if self is OcuOf.HOME else "offending OCU"


HOME_FIRST = (OcuOf.HOME, OcuOf.OFFENDING)


@dataclass(frozen=True, slots=True)
class LeadRule:
    """Who leads: the agency by `statutory` (None: not recorded), and the OCU, the first of `ocus` that is known.

    `held_twice` is whose record leads of somebody held under several references.
    """

    agency: Mapping[bool | None, Agency]
    ocus: tuple[OcuOf, ...] = (OcuOf.HOME,)
    held_twice: tuple[OcuOf, ...] = HOME_FIRST


class OffenderManager(NamedTuple):
    """One manager of a record as the answer lists them."""

    agency: Agency
    lead: bool
    name: str | None
    telephone: str | None
    email: str | None


class ManagerList(NamedTuple):
    """Managers, the lead first, and what the reader must know about the lead. Without a lead, ring the duty desk."""

    managers: tuple[OffenderManager, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def lead(self) -> OffenderManager | None:
        return self.managers[0] if self.managers and self.managers[0].lead else None


def list_managers(record: Record, rule: LeadRule) -> ManagerList:
    """The record's managers, lead first.

    The agency the rule names leads if it can be reached; otherwise the other one, and the answer says so, as it
    says when the rule could not know whether the case is statutory. Nobody reachable: nobody leads.
    """
    agency = rule.agency[record.statutory]
    ordered = sorted(record.managers, key=lambda found: (not found.is_reachable, found.agency is not agency))
    if not ordered or not ordered[0].is_reachable:
        listed = tuple(_listed(found, lead=False) for found in ordered)
        return ManagerList(listed, ("no offender manager can be reached from the record: ring the duty desk",))
    first = ordered[0]
    remarks = []
    if record.statutory is None:
        remarks.append(f"not recorded whether the case is statutory: {first.agency} named as lead")
    if first.agency is not agency:
        remarks.append(f"no usable contact for the {agency} offender manager, who would lead: {first.agency} leads")
    return ManagerList(tuple(_listed(found, lead=found is first) for found in ordered), tuple(remarks))


@dataclass(frozen=True, slots=True)
class LeadOrder:
    """Records of one person, the one that leads first, and why it does."""

    records: tuple[Record, ...]
    because: str


def order_held_twice(records: Sequence[Record], rule: Sequence[OcuOf]) -> LeadOrder:
    """Put several active records of one person in order: the one that leads first, the others to be informed.

    A record from which somebody can be reached goes before one from which nobody can. Then the OCU that the rule names
    first leads: a record is its home OCU's, or, where that is not recorded or is where another of the records says the
    person offends, its offending OCU's. What that does not settle goes to the record held longer.
    """
    ranked = sorted(((_rank(record, records, rule), record) for record in records), key=itemgetter(0))
    (first, _), (second, _) = ranked[:2]
    return LeadOrder(tuple(record for _, record in ranked), _because(first, second, rule))


def list_managers_of_all(records: Sequence[Record], rule: LeadRule) -> ManagerList:
    """The managers of somebody held twice: those of the record that leads first, and of them alone one leads."""
    order = order_held_twice(records, rule.held_twice)
    leading, *others = [list_managers(record, rule) for record in order.records]
    informed = tuple(found._replace(lead=False) for other in others for found in other.managers)
    told = f"held under {len(records)} references: {order.because}; whoever else is listed is to be informed"
    return ManagerList(leading.managers + informed, (*leading.remarks, told))


class _Rank(NamedTuple):
    """Where a record stands among those of one person; the lowest leads. `ocu` is its place in the rule."""

    is_silent: bool
    ocu: int
    added_on: date
    ppo_ref: str


def _rank(record: Record, records: Sequence[Record], rule: Sequence[OcuOf]) -> _Rank:
    kind = _ocu_of(record, records)
    is_silent = not any(manager.is_reachable for manager in record.managers)
    place = rule.index(kind) if kind in rule else len(rule)
    return _Rank(is_silent, place, record.added_on or date.max, record.ppo_ref)


def _ocu_of(record: Record, records: Sequence[Record]) -> OcuOf | None:
    """Return whose record it is: the OCU's where the person lives, or the one's where they offend."""
    home = record.home_ocu
    if home is None:
        return OcuOf.OFFENDING if record.offending_ocu else None
    lives_elsewhere = any(other.offending_ocu == home and other.home_ocu not in (None, home) for other in records)
    return OcuOf.OFFENDING if lives_elsewhere else OcuOf.HOME


def _because(first: _Rank, second: _Rank, rule: Sequence[OcuOf]) -> str:
    if first.is_silent != second.is_silent:
        return "the record from which an offender manager can be reached leads"
    if first.ocu != second.ocu:
        return f"the {rule[first.ocu].words} leads"
    if first.added_on != second.added_on:
        return "not recorded whose OCU leads, so the record held longer does"
    return "nothing recorded says which leads: agree it between you"


def duty_desk_of(record: Record, rule: LeadRule, directory: Directory) -> Contact:
    """The duty desk of the leading OCU; where the record names none the directory knows, the force-wide one."""
    for kind in rule.ocus:
        code = record.home_ocu if kind is OcuOf.HOME else record.offending_ocu
        if code in directory.ocus:
            return directory.duty_desk(code)
    return directory.force_duty_desk


def _listed(manager: Manager, *, lead: bool) -> OffenderManager:
    return OffenderManager(manager.agency, lead, manager.name, manager.telephone, manager.email)
