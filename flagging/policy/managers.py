"""Who manages a PPO, lead first, and whose duty desk stands in for them.

Which agency and which OCU lead is configuration, as the study found no agreed rule. Who may see it is not decided here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from flagging.policy.directory import Contact, Directory
from flagging.record import Manager, Record
from flagging.terms import Agency


class OcuOf(StrEnum):
    """The OCUs a record names: where the person lives, and where they offend."""

    HOME = "home_ocu"
    OFFENDING = "offending_ocu"


@dataclass(frozen=True, slots=True)
class LeadRule:
    """Who leads: the agency by `statutory` (None: not recorded), and the OCU, the first of `ocus` that is known."""

    agency: Mapping[bool | None, Agency]
    ocus: tuple[OcuOf, ...] = (OcuOf.HOME,)


@dataclass(frozen=True, slots=True)
class OffenderManager:
    """One manager of a record as the answer lists them."""

    agency: Agency
    lead: bool
    name: str | None
    telephone: str | None
    email: str | None


@dataclass(frozen=True, slots=True)
class ManagerList:
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


def duty_desk_of(record: Record, rule: LeadRule, directory: Directory) -> Contact:
    """The duty desk of the leading OCU; where the record names none the directory knows, the force-wide one."""
    for kind in rule.ocus:
        code = record.home_ocu if kind is OcuOf.HOME else record.offending_ocu
        if code in directory.ocus:
            return directory.duty_desk(code)
    return directory.force_duty_desk


def _listed(manager: Manager, *, lead: bool) -> OffenderManager:
    return OffenderManager(manager.agency, lead, manager.name, manager.telephone, manager.email)
