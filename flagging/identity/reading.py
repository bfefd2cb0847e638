"""What parsing a text comes to: the identifiers it can mean, or the reason it cannot be used. Data only."""

from dataclasses import dataclass
from typing import Final

from flagging.identity.person import Identifier


@dataclass(frozen=True, slots=True)
class Unusable:
    """A text that was left aside, and why: a short phrase for the answer's `ignored`, never the text itself."""

    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Every identifier one text can mean, right check letters first; at least one.

    `notes` says in words what was assumed or left open (a century, a second reading); never the text itself.
    """

    identifiers: tuple[Identifier, ...]
    notes: tuple[str, ...] = ()


BLANK: Final = Unusable("blank")
PLACEHOLDER: Final = Unusable("placeholder")
TOO_LONG: Final = Unusable("too long")
