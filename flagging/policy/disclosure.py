"""Who may ask what, and what of an answer leaves: the one filter every answer passes, last.

The Information Sharing Protocol as configuration (`config/disclosure.toml`): what a role is not granted stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from flagging.policy.actions import Action, ContactPoint
from flagging.policy.answer import Answer, AnsweredMatch
from flagging.policy.directory import Contact, Service
from flagging.policy.referral_form import FormField
from flagging.policy.shapes import contact_shape, manager_shape, referral_shape, register_shape, service_shape
from flagging.terms import Need, Outcome, Role, Route, Setting, Status, Strength


class Disclosed(StrEnum):
    """What a role may be granted of a definite match. Strength, evidence levels and duty desk every role sees."""

    PPO_REF = "ppo_ref"
    EVIDENCE_DETAIL = "evidence_detail"
    WARNINGS = "warnings"
    HOME_OCU = "home_ocu"
    OFFENDER_MANAGERS = "offender_managers"
    TREATMENT = "treatment"
    OTHER_SCHEMES = "other_schemes"


@dataclass(frozen=True, slots=True)
class RoleGrant:
    """What one role may ask for, purpose by setting, and the fields it receives."""

    purposes: Mapping[str, frozenset[Setting]]
    fields: frozenset[Disclosed]


@dataclass(frozen=True, slots=True)
class RepeatLimits:
    """In how many ways one person may be asked about by names and dates within the window, and to what effect.

    Above the first limit levels of evidence are withheld, above the second nothing is told; of one operator, and of
    one caller whatever operators it names.
    """

    window_minutes: int = 60
    operator_levels: int = 8
    operator_refused: int = 30
    caller_levels: int = 24
    caller_refused: int = 60


@dataclass(frozen=True, slots=True)
class DisclosurePolicy:
    """The grant of every role, what the referral form may tell the provider of each route, and the limits that keep
    anybody from climbing towards a record.
    """

    grants: Mapping[Role, RoleGrant]
    forms: Mapping[Route, frozenset[FormField]] = field(default_factory=dict)
    repeats: RepeatLimits = RepeatLimits()

    def permits(self, role: Role, purpose: str, setting: Setting) -> bool:
        """Whether the role may ask for that purpose in that setting."""
        return setting in self.grants[role].purposes.get(purpose, ())

    def sees(self, role: Role, what: Disclosed) -> bool:
        return what in self.grants[role].fields

    def purposes_in(self, role: Role, setting: Setting) -> tuple[str, ...]:
        """What the role may ask for in a setting, in the order of the configuration."""
        return tuple(purpose for purpose, settings in self.grants[role].purposes.items() if setting in settings)


class Disclosure:
    """What leaves: the body, and for the ledger whose records it told of and which granted fields it held."""

    __slots__ = ("body", "fields", "refs")

    def __init__(self, body: dict[str, Any], refs: tuple[str, ...] = (), fields: tuple[Disclosed, ...] = ()) -> None:
        self.body: Final = body
        self.refs: Final = refs
        self.fields: Final = fields


_TOLD_IN_FULL: Final = frozenset({Outcome.FLAGGED, Outcome.FORMER})
_OTHER_SCHEMES_TOLD: Final = frozenset({Outcome.NOT_ON_REGISTER, Outcome.FORMER})


def disclose(answer: Answer, role: Role, policy: DisclosurePolicy) -> Disclosure:
    """The part of an answer that a role may see, in the API's shape; whoever signs it adds the receipt.

    A definite match is told as far as the role's fields go; one not granted is absent, not null. A possible match is
    told as handle, strength, evidence levels and duty desk alone. So is every match of the outcome `possible_match`:
    a definite former one stays veiled beside the active candidate until the identity is confirmed.
    """
    if answer.outcome is Outcome.CANNOT_CONFIRM:
        return Disclosure(_cannot_confirm(answer))
    granted = policy.grants[role].fields
    others = answer.other_schemes
    if others and not (Disclosed.OTHER_SCHEMES in granted and answer.outcome in _OTHER_SCHEMES_TOLD):
        others = ()
    body = {
        "lookup_id": answer.lookup_id,
        "outcome": str(answer.outcome),
        "answered_at": answer.answered_at,
        "register": register_shape(answer.register),
        "searched_on": [str(field) for field in answer.searched_on],
        "ignored": [{"field": ignored.field, "reason": ignored.reason} for ignored in answer.ignored],
        "caveats": [*answer.caveats, *[f"on {other.scheme}, not a PPO" for other in others]],
        "matches": [_match(match, answer.outcome, granted) for match in answer.matches],
        "referral": referral_shape(answer.referral),
        "actions": [_action(action, answer, granted) for action in answer.actions],
    }
    if not answer.matches and not others:
        return Disclosure(body)
    told = _fields_told(answer, granted) | ({Disclosed.OTHER_SCHEMES} if others else frozenset())
    refs = (*(match.ppo_ref for match in answer.matches), *(other.ppo_ref for other in others))
    return Disclosure(body, refs, tuple(sorted(told)))


def usable_need(best: AnsweredMatch | None, outcome: Outcome, role: Role, policy: DisclosurePolicy) -> Need:
    """The register's drug treatment need, as far as it may shape the route.

    Only of a match told in full, and only for a role that sees treatment facts, as the route would reveal them.
    """
    is_usable = best is not None and _is_told_in_full(best, outcome) and policy.sees(role, Disclosed.TREATMENT)
    return best.treatment_need if best is not None and is_usable else Need.UNKNOWN


def usable_home_ocu(best: AnsweredMatch | None, outcome: Outcome, role: Role, policy: DisclosurePolicy) -> str | None:
    """The home OCU, as far as it may choose the DIP team: of a match told in full, for a role that sees home OCUs."""
    is_usable = best is not None and _is_told_in_full(best, outcome) and policy.sees(role, Disclosed.HOME_OCU)
    return best.home_ocu if best is not None and is_usable else None


def _is_told_in_full(match: AnsweredMatch, outcome: Outcome) -> bool:
    return match.strength is Strength.DEFINITE and outcome in _TOLD_IN_FULL


def _fields_told(answer: Answer, granted: frozenset[Disclosed]) -> frozenset[Disclosed]:
    if any(_is_told_in_full(match, answer.outcome) for match in answer.matches):
        return granted - {Disclosed.OTHER_SCHEMES}
    return frozenset()


def _cannot_confirm(answer: Answer) -> dict[str, Any]:
    return {
        "outcome": str(answer.outcome),
        "register": register_shape(answer.register),
        "duty_desk": contact_shape(answer.duty_desk),
        "referral": referral_shape(answer.referral),
        "actions": [_action(action, answer, frozenset()) for action in answer.actions],
    }


def _match(match: AnsweredMatch, outcome: Outcome, granted: frozenset[Disclosed]) -> dict[str, Any]:
    fields = granted if _is_told_in_full(match, outcome) else frozenset()
    shape: dict[str, Any] = {"ppo_ref": match.ppo_ref} if Disclosed.PPO_REF in fields else {"handle": match.handle}
    shape["strength"] = str(match.strength)
    shape["evidence"] = [
        {"field": str(line.field), "level": str(line.level)}
        | ({"detail": line.detail} if Disclosed.EVIDENCE_DETAIL in fields else {})
        for line in (() if match.levels_withheld and not _is_told_in_full(match, outcome) else match.evidence)
    ]
    if Disclosed.WARNINGS in fields:
        shape["warnings"] = _warnings(match, outcome, fields)
    if Disclosed.HOME_OCU in fields:
        shape["home_ocu"] = match.home_ocu
    if Disclosed.OFFENDER_MANAGERS in fields:
        shape["offender_managers"] = [manager_shape(manager) for manager in match.managers.managers]
    shape["duty_desk"] = contact_shape(match.duty_desk)
    if Disclosed.TREATMENT in fields:
        shape["treatment"] = {"need": str(match.treatment_need), "provider": match.treatment_provider}
    return shape


def _warnings(match: AnsweredMatch, outcome: Outcome, fields: frozenset[Disclosed]) -> list[str]:
    warnings = [*match.warnings]
    if Disclosed.OFFENDER_MANAGERS in fields:
        warnings += match.managers.remarks
    if match.status is Status.FORMER and outcome is not Outcome.FORMER:
        warnings.append("taken off the register: a former PPO")
    return warnings


def _action(action: Action, answer: Answer, granted: frozenset[Disclosed]) -> dict[str, Any]:
    contact = action.contact
    if action.point is ContactPoint.OFFENDER_MANAGER:
        best = answer.matches[0] if answer.matches else None
        if best is None or not _is_told_in_full(best, answer.outcome) or Disclosed.OFFENDER_MANAGERS not in granted:
            contact = best.duty_desk if best else answer.duty_desk
    return {
        "action": action.action,
        "text": action.text,
        "due": action.due,
        "contact": _reached_at(contact),
        "provisional": action.provisional,
    }


def _reached_at(contact: Contact | Service | None) -> dict[str, Any] | None:
    if contact is None:
        return None
    return service_shape(contact) if isinstance(contact, Service) else contact_shape(contact)
