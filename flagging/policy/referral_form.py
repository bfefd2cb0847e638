"""What the single referral form tells a provider of what the register holds: of what the worker may see, the part that
the provider may know (`config/disclosure.toml`). What the worker knows from the person is the worker's to write.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from flagging.terms import Outcome, Route


class FormField(StrEnum):
    """What a provider may be granted of a person told in full."""

    PPO_STATUS = "ppo_status"
    PPO_REF = "ppo_ref"
    HOME_OCU = "home_ocu"
    OFFENDER_MANAGERS = "offender_managers"
    TREATMENT = "treatment"


_TOLD_IN_FULL: Final = frozenset({Outcome.FLAGGED, Outcome.FORMER})


@dataclass(frozen=True, slots=True)
class Prefilled:
    """The part of the form that comes from the register; what is None or empty is left out of it."""

    ppo_status: Outcome | None = None
    ppo_ref: str | None = None
    home_ocu: str | None = None
    offender_managers: tuple[dict[str, Any], ...] = ()
    treatment: dict[str, Any] | None = None

    @property
    def told(self) -> tuple[str, ...]:
        """The names of the fields that say something."""
        return tuple(field.value for field in FormField if getattr(self, field.value))


def prefill(body: Mapping[str, Any], provider: Route, grants: Mapping[Route, frozenset[FormField]]) -> Prefilled:
    """Return what of a disclosed answer goes onto the form for a provider; nothing of an unconfirmed identity."""
    granted = grants.get(provider, frozenset())
    outcome = Outcome(body["outcome"])
    matches = body.get("matches", ())
    if outcome not in _TOLD_IN_FULL or not matches:
        return Prefilled()
    best = {field: matches[0].get(field) for field in FormField if field in granted}
    return Prefilled(
        ppo_status=outcome if FormField.PPO_STATUS in granted else None,
        ppo_ref=best.get(FormField.PPO_REF),
        home_ocu=best.get(FormField.HOME_OCU),
        offender_managers=tuple(best.get(FormField.OFFENDER_MANAGERS) or ()),
        treatment=best.get(FormField.TREATMENT),
    )
