"""Somebody who signed in, as opposed to a system with a token."""

from dataclasses import asdict, dataclass
from typing import Any, Self

from flagging.access.caller import Caller
from flagging.terms import Role

LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Person:
    """`source` says who vouches for the person: `local` for an account of ours, else the provider's issuer.

    `subject` is the person's unchanging name there: the username of a local account. `stamp` changes whenever the
    account is made anew, so that a session of an earlier one of the same name is none of the later one's.
    """

    username: str
    role: Role
    source: str
    subject: str
    stamp: str = ""

    @property
    def identity(self) -> str:
        """What tells this person from everybody else: the same username at two sources is two people."""
        return f"{self.source} {self.subject}"

    def caller(self, session: str) -> Caller:
        """Return the caller of this person's lookups in the session of that reference."""
        return Caller(f"{self.source}:{self.subject}", self.username, self.role, is_system=False, session=session)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> Self:
        return cls(**{**found, "role": Role(found["role"])})
