"""Where the time of lookups goes: by the steps one goes through, in nanoseconds of a clock that only runs forward."""

from typing import Final, NamedTuple


class Took(NamedTuple):
    """What each step took.

    Reading who is asked about; looking how fresh the register is; recognising; routing and disclosing; recording.
    """

    identity: int = 0
    register: int = 0
    matching: int = 0
    policy: int = 0
    ledger: int = 0


NO_TIME: Final = Took()
