"""What a server process holds of the register, as one immutable value that is replaced whole."""

from dataclasses import dataclass
from typing import Any, Literal

from flagging.register.edition import Edition
from flagging.register.freshness import Vouched
from flagging.register.manifest import Pointer


@dataclass(frozen=True, slots=True)
class Held:
    """What this process holds, replaced whole.

    `pointer` is the one that led to `edition`. `trouble` says why what Redis points to is not served;
    `refused_edition` is its number if it did not verify.
    """

    edition: Edition | None = None
    pointer: Pointer | None = None
    vouched: Vouched | None = None
    in_reach_until: float = 0.0
    trouble: str | None = None
    refused_edition: int | None = None
    last_sync: dict[str, Any] | None = None

    def source(self, now: float) -> Literal["redis", "replica"]:
        """`redis` while what is held is what Redis points to; otherwise the last verified edition answers."""
        return "redis" if now < self.in_reach_until and self.trouble is None else "replica"
