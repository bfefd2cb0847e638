"""The authenticated system or person behind a request."""

from dataclasses import dataclass

from flagging.terms import Role


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller has one role. `caller_id` is the id of its token or account, never a secret.

    A system asks for many people and must name the operator of each lookup; a person is the operator.
    `session` tells in the ledger which of the person's sessions it was.
    """

    caller_id: str
    name: str
    role: Role
    is_system: bool = True
    session: str = ""
