"""What the page of one answer shows: the disclosed body of the answer, arranged to be read across a desk.

It is made from what the caller may see and from nothing else; what follows from an outcome was decided by the policy.
"""

from dataclasses import dataclass
from typing import Any, Final

from flagging.terms import Outcome, Route
from flagging.web.words import (
    AGENCIES,
    FIELDS,
    LEVELS,
    OUTCOMES,
    REASONS,
    due_words,
    field_words,
    listed,
    moment_words,
    route_words,
)

HEADLINES: Final = {
    Outcome.FLAGGED: "PPO: inform the offender manager",
    Outcome.POSSIBLE_MATCH: "Possible match: confirm identity before any referral",
    Outcome.FORMER: "Former PPO: no longer on the register",
    Outcome.NOT_ON_REGISTER: "Not on the register",
    Outcome.CANNOT_CONFIRM: "No answer: ring the duty desk",
}
_HOLDS: Final = {
    "age-disputed": "Hold: confirm identity and age",
    "status-unknown": "Hold: ring the duty desk first",
}
"""The words of `hold` by the rule that says it; of any other rule it is about the identity."""
HOLD: Final = "Hold: confirm identity"
_ACTIONS_THAT_RING: Final = frozenset({
    "ring_duty_desk", "inform_offender_manager", "tell_offender_manager_and_home_ocu", "confirm_identity",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ring:
    """Somebody to ring: `what` says who it is. `is_first` stands at the top in large type."""

    name: str
    what: str
    telephone: str | None
    email: str | None
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    field: str
    level: str
    detail: str | None


@dataclass(frozen=True, slots=True)
class MatchView:
    """One match: its reference or, unconfirmed, the handle to quote; why it matched."""

    reference: str
    is_handle: bool
    strength: str
    evidence: tuple[EvidenceRow, ...]
    warnings: tuple[str, ...]
    home_ocu: str | None
    treatment: str | None


@dataclass(frozen=True, slots=True)
class RouteView:
    words: str
    is_hold: bool
    reason: str
    service: dict[str, Any] | None
    otherwise: tuple[tuple[str, str, dict[str, Any] | None], ...]


@dataclass(frozen=True, slots=True)
class AnswerView:
    """Everything the page shows; `searched` in words, `caveats` with what was left aside.

    `rings` are whom to ring, or with `is_to_ring` false, who there is to be rung should it be needed.
    """

    outcome: str
    headline: str
    note: str | None
    rings: tuple[Ring, ...]
    is_to_ring: bool
    route: RouteView
    actions: tuple[dict[str, Any], ...]
    matches: tuple[MatchView, ...]
    searched: str
    caveats: tuple[str, ...]
    register: dict[str, Any]
    lookup_id: str | None
    answered: str | None

    @property
    def is_confirmed(self) -> bool:
        return self.outcome != Outcome.CANNOT_CONFIRM

    @property
    def mark(self) -> str:
        """The outcome in two words, for a list."""
        return OUTCOMES[Outcome(self.outcome)]


def view_of(body: dict[str, Any]) -> AnswerView:
    """Return the page of a disclosed body, whatever the outcome."""
    outcome = body["outcome"]
    actions, matches = body["actions"], body.get("matches", [])
    answered = body.get("answered_at")
    return AnswerView(
        outcome=outcome,
        headline=HEADLINES[outcome],
        note=_note(actions),
        rings=tuple(_rings(body)),
        is_to_ring=any(action["action"] in _ACTIONS_THAT_RING for action in actions),
        route=route_view(body["referral"]),
        actions=tuple(action | {"due_words": due_words(action["due"])} for action in actions),
        matches=tuple(_match_view(match) for match in matches),
        searched=listed([FIELDS[field] for field in body.get("searched_on", [])]),
        caveats=(*body.get("caveats", ()), *map(_ignored, body.get("ignored", ()))),
        register=body["register"],
        lookup_id=body.get("lookup_id"),
        answered=moment_words(answered) if answered else None,
    )


def route_view(referral: dict[str, Any]) -> RouteView:
    others = referral["otherwise"]
    is_hold = referral["route"] == Route.HOLD
    words = route_words(referral["route"], referral["service"], is_conditional=bool(others))
    return RouteView(
        words=_HOLDS.get(referral["rule"], HOLD) if is_hold else words,
        is_hold=is_hold,
        reason=referral["reason"],
        service=referral["service"],
        otherwise=tuple((o["if"], route_words(o["route"], o["service"]), o["service"]) for o in others),
    )


def _note(actions: list[dict[str, Any]]) -> str | None:
    """Return what the first action says about ringing, such as that it is out of office hours."""
    return next((action["text"] for action in actions if action["action"] in _ACTIONS_THAT_RING), None)


def _rings(body: dict[str, Any]) -> list[Ring]:
    """Return whom to ring, first the one the first action names, then the managers, the lead first, then the desk."""
    rings: list[Ring] = []
    matches = body.get("matches", [])
    named = [action for action in body["actions"] if action["action"] in _ACTIONS_THAT_RING and action["contact"]]
    found = [(action["contact"], "ring first") for action in named[:1]]
    for match in matches:
        found += [(each, _manager(each)) for each in match.get("offender_managers", [])]
    found += [(match["duty_desk"], "duty desk, at any hour") for match in matches]
    if not matches and body["outcome"] == Outcome.CANNOT_CONFIRM:
        found.append((body["duty_desk"], "duty desk, at any hour"))
    for contact, what in found:
        name, telephone = contact.get("name") or what, contact.get("telephone")
        known = next((place for place, ring in enumerate(rings) if ring.telephone == telephone), None)
        if known is None:
            rings.append(Ring(name, what, telephone, contact.get("email"), is_first=not rings))
        elif rings[known].what == "ring first":
            rings[known] = Ring(name, what, telephone, contact.get("email"), is_first=known == 0)
    return rings


def _manager(manager: dict[str, Any]) -> str:
    return AGENCIES[manager["agency"]] + (", lead" if manager["lead"] else "")


def _match_view(match: dict[str, Any]) -> MatchView:
    return MatchView(
        reference=match.get("ppo_ref") or match["handle"],
        is_handle="ppo_ref" not in match,
        strength=match["strength"],
        evidence=tuple(
            EvidenceRow(field_words(line["field"]), LEVELS[line["level"]], line.get("detail"))
            for line in match["evidence"]
        ),
        warnings=tuple(match.get("warnings", ())),
        home_ocu=match.get("home_ocu"),
        treatment=_treatment(match.get("treatment")),
    )


def _treatment(treatment: dict[str, Any] | None) -> str | None:
    if treatment is None:
        return None
    return f"need recorded: {treatment['need']}; provider: {treatment['provider'] or 'none recorded'}"


def _ignored(ignored: dict[str, str]) -> str:
    reason = REASONS.get(ignored["reason"], ignored["reason"])
    return f"{field_words(ignored['field']).capitalize()} was not used: {reason}"
