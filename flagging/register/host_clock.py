"""What a heartbeat noted on disk is worth to a process that reads it later, perhaps after the machine was off.

Within one boot the time since boot tells exactly how long ago it was noted. After another start of the machine only the
wall clock can say, which may have been set, or have stood still: it is believed only as far as it makes things older.
"""

import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from flagging.errors import EditionUnverified
from flagging.register.freshness import CLOCK_TOLERANCE, Vouched, since_boot

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class HostTime:
    """One moment by the clocks of this host: which start of the machine, seconds since then, and Unix seconds.

    `boot` is empty where the system does not tell one start from another; then no two moments are of the same.
    """

    boot: str
    since_boot: float
    wall: float


def host_time() -> HostTime:
    try:
        boot = BOOT_ID.read_text("ascii").strip()
    except (OSError, ValueError):
        boot = ""
    return HostTime(boot, since_boot(), time.time())


def noted(vouched: Vouched, now: HostTime) -> dict[str, Any]:
    """Return a heartbeat as plain values, with the moment at which it was learned by every clock of this host."""
    learned = replace(now, since_boot=vouched.learned_at, wall=now.wall - (now.since_boot - vouched.learned_at))
    return {"vouched": asdict(vouched), "learned": asdict(learned)}


def takes_its_place(heard: Vouched, before: Vouched, now: HostTime) -> bool:
    """Tell whether a heartbeat is to be noted in place of the one noted before, of the same edition: a later one is.

    So is any right one where the one before lies in the future even now, by the clock of Redis and by this host's: it
    was dated by a clock that was ahead, and no other would be noted until its time has come. By one of the two alone
    that clock may as well be behind, and the heartbeat an older one that it makes look young. The same one heard again
    never is, as it was as old before.
    """
    if heard.checked_at >= before.checked_at:
        return heard.checked_at > before.checked_at
    redis_now = heard.redis_now + (now.since_boot - heard.learned_at)
    is_right = heard.checked_at <= heard.redis_now + CLOCK_TOLERANCE
    return is_right and before.checked_at > max(redis_now, now.wall) + CLOCK_TOLERANCE


def recalled(note: dict[str, Any], now: HostTime) -> Vouched:
    """Return a heartbeat that was noted, at least as old as it is.

    Of the same boot, the greater of what both clocks say has passed: a machine restored from a snapshot has slept
    without knowing it. Of another boot, what the wall clock says, at least the time since this boot, and doubtful.
    Raises EditionUnverified where the wall clock was set back: nobody can say how long ago it was then; KeyError or
    TypeError for what is no such note.
    """
    vouched, learned = Vouched(**note["vouched"]), HostTime(**note["learned"])
    passed_by_wall = now.wall - learned.wall
    if learned.boot and learned.boot == now.boot and learned.since_boot <= now.since_boot:
        missed = passed_by_wall - (now.since_boot - learned.since_boot)
        return replace(vouched, redis_now=vouched.redis_now + max(missed, 0.0))
    if passed_by_wall < now.since_boot - CLOCK_TOLERANCE:
        raise EditionUnverified("the clock of this host is behind what it was when the register was last heard of")
    return replace(
        vouched,
        redis_now=vouched.redis_now + max(passed_by_wall, now.since_boot),
        learned_at=now.since_boot,
        is_doubtful=True,
    )
