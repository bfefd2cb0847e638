"""The full answer to a lookup, before disclosure.

Everything in it is for the service alone; only `disclosure.disclose` makes of it what a caller receives.
"""

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from flagging.policy.actions import Action
from flagging.policy.directory import Contact
from flagging.policy.managers import ManagerList
from flagging.policy.routing import Referral
from flagging.terms import Field, Level, Need, Outcome, Scheme, Status, Strength


class EvidenceLine(NamedTuple):
    """What comparing one field says: the level, and the detail in words."""

    field: Field
    level: Level
    detail: str


class AnsweredMatch(NamedTuple):
    """One match with all that any role may learn of it.

    `handle` is an opaque value, good for this lookup alone, by which a candidate is quoted on the telephone.
    `levels_withheld`: not even levels of evidence are told of a match that is no more than possible.
    """

    ppo_ref: str
    handle: str
    strength: Strength
    status: Status
    evidence: tuple[EvidenceLine, ...]
    warnings: tuple[str, ...]
    home_ocu: str | None
    managers: ManagerList
    duty_desk: Contact
    treatment_need: Need = Need.UNKNOWN
    treatment_provider: str | None = None
    levels_withheld: bool = False


@dataclass(frozen=True, slots=True)
class OtherScheme:
    """A person definitely found, active on a scheme that does not count as a flag."""

    ppo_ref: str
    scheme: Scheme


class RegisterView(NamedTuple):
    """How fresh the register behind an answer is. Times in ISO 8601; None where no edition could be served."""

    edition: int | None
    checked_at: str | None
    list_dated: str | None
    age_seconds: int | None
    state: Literal["current", "stale"]
    source: Literal["redis", "replica"]


@dataclass(frozen=True, slots=True)
class Ignored:
    """A field of the question that could not be used, and why."""

    field: str
    reason: str


class Answer:
    """Everything there is to say to one lookup; `matches` best first, of schemes that count as a flag alone."""

    __slots__ = (
        "actions",
        "answered_at",
        "caveats",
        "duty_desk",
        "ignored",
        "lookup_id",
        "matches",
        "other_schemes",
        "outcome",
        "referral",
        "register",
        "searched_on",
    )

    def __init__(  # noqa: PLR0913 one for each field
        self,
        *,
        lookup_id: str,
        outcome: Outcome,
        answered_at: str,
        register: RegisterView,
        searched_on: tuple[Field, ...],
        referral: Referral,
        actions: tuple[Action, ...],
        duty_desk: Contact,
        ignored: tuple[Ignored, ...] = (),
        caveats: tuple[str, ...] = (),
        matches: tuple[AnsweredMatch, ...] = (),
        other_schemes: tuple[OtherScheme, ...] = (),
    ) -> None:
        self.lookup_id: Final = lookup_id
        self.outcome: Final = outcome
        self.answered_at: Final = answered_at
        self.register: Final = register
        self.searched_on: Final = searched_on
        self.referral: Final = referral
        self.actions: Final = actions
        self.duty_desk: Final = duty_desk
        self.ignored: Final = ignored
        self.caveats: Final = caveats
        self.matches: Final = matches
        self.other_schemes: Final = other_schemes
