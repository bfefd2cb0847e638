"""How far the edition in memory can still be trusted: its age, counted so that no clock can flatter it.

An age starts from two times by the clock of Redis (the heartbeat's and that of the moment it was read) and grows by
the machine's time since boot, which neither steps nor sleeps. A clock that jumps can make it older, never younger.
"""

import time
from dataclasses import dataclass, replace
from typing import Final, Literal

CLOCK_TOLERANCE: Final = 5.0
"""Seconds by which a heartbeat may seem to come from the future before the clocks count as out of order."""


def since_boot() -> float:
    """Seconds since the machine started, time asleep included; never set, never stepped."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True, slots=True)
class AgeLimits:
    """Seconds after which a register is stale (by the last good sync, by the list's own date) or refused."""

    stale_after: float
    list_stale_after: float
    refuse_after: float


@dataclass(frozen=True, slots=True)
class Vouched:
    """A heartbeat as it was first learned. Times are Unix seconds by the clock of Redis, `learned_at` is since boot.

    `is_doubtful` is one that was noted before this machine started: how long it was off is the word of a clock that
    nobody vouches for.
    """

    checked_at: float
    list_dated: float
    redis_now: float
    learned_at: float
    is_doubtful: bool = False


class Freshness:
    """`age_seconds` is the time since the list was last checked; `is_refused` means too old to answer from at all."""

    __slots__ = ("age_seconds", "is_refused", "state")

    def __init__(self, age_seconds: float, state: Literal["current", "stale"], *, is_refused: bool) -> None:
        self.age_seconds: Final = age_seconds
        self.state: Final = state
        self.is_refused: Final = is_refused


def relearn(known: Vouched, heard: Vouched) -> Vouched:
    """Return what to go by once a heartbeat is heard after another one.

    The same one heard again is as old as it ever looked: should the clock of Redis have been set back meanwhile, or a
    Redis whose clock is behind have taken over, it does not become fresh again. `learned_at` stays the first time.
    An earlier one, from a Redis that lagged, is at least as old as the clock of the later one makes it, unless that one
    lay in the future.
    """
    if (heard.checked_at, heard.list_dated) != (known.checked_at, known.list_dated):
        if not heard.checked_at < known.checked_at <= known.redis_now + CLOCK_TOLERANCE:
            return heard
        by_the_other_clock = known.redis_now + (heard.learned_at - known.learned_at)
        return replace(heard, redis_now=max(heard.redis_now, by_the_other_clock))
    as_of_then = heard.redis_now - (heard.learned_at - known.learned_at)
    return replace(known, redis_now=max(known.redis_now, as_of_then), is_doubtful=heard.is_doubtful)


def assess(vouched: Vouched, limits: AgeLimits, now: float) -> Freshness:
    """Say how fresh an edition is at `now` (seconds since boot).

    A heartbeat or list that was dated in the future when it was learned means that clocks are out of order: the age
    shown is never negative, and the state is stale until another one comes, since nobody can tell how old it really is.
    So is one that is doubtful.
    """
    passed = now - vouched.learned_at
    age = vouched.redis_now - vouched.checked_at + passed
    list_age = vouched.redis_now - vouched.list_dated + passed
    is_out_of_order = min(age, list_age) - passed < -CLOCK_TOLERANCE or passed < 0
    is_stale = is_out_of_order or vouched.is_doubtful or age > limits.stale_after or list_age > limits.list_stale_after
    state: Literal["current", "stale"] = "stale" if is_stale else "current"
    return Freshness(max(age, 0.0), state, is_refused=age > limits.refuse_after)
