"""Whether Redis can be written to and keeps what it is given, as the worker finds it and servers tell it on."""

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from flagging.register.host_clock import HostTime, host_time

FILE_NAME = "redis.fitness"
GOOD_FOR: Final = 300.0
"""Seconds for which a note counts, some sync periods: a worker writes it anew every few seconds, but for its syncs."""


@dataclass(frozen=True, slots=True)
class Fitness:
    """What makes a Redis unfit for the register: that it may evict keys, or takes no writes (read-only, full)."""

    may_evict: bool = False
    takes_no_writes: bool = False


class FitnessFile:
    """How Redis was last found, as a worker of this host has written it down for its servers.

    A worker that was killed leaves its note behind, which counts for `GOOD_FOR` seconds. How long ago it was written is
    told by the time since the host started, which nobody sets: one from before that start does not count.
    """

    def __init__(self, state_dir: Path, clock: Callable[[], HostTime] = host_time) -> None:
        self._path = state_dir / FILE_NAME
        self._clock = clock
        self._writer = secrets.token_hex(8)  # process ids may be the same in two containers

    def keep(self, found: Fitness) -> None:
        """Write it down. Where the file cannot be written the one before stands: the log tells of Redis as well."""
        note = {"found": asdict(found), "written": asdict(self._clock()), "by": self._writer}
        part = self._path.with_suffix(f".{self._writer}.part")
        with suppress(OSError):
            part.write_bytes(orjson.dumps(note))
            part.replace(self._path)

    def forget(self) -> None:
        """Leave nothing behind that nobody looks after any more; what another worker wrote since is its own."""
        with suppress(OSError, ValueError, TypeError, KeyError):
            if self._note()["by"] == self._writer:
                self._path.unlink()

    def read(self) -> Fitness:
        """Return what was written last; nothing is known to be wrong where nothing was of late, or it is unreadable."""
        try:
            note = self._note()
            if _is_recent(HostTime(**note["written"]), self._clock()):
                return Fitness(**note["found"])
        except (OSError, ValueError, TypeError, KeyError):
            pass
        return Fitness()

    def _note(self) -> dict[str, Any]:
        note: dict[str, Any] = orjson.loads(self._path.read_bytes())
        return note


def _is_recent(written: HostTime, now: HostTime) -> bool:
    return written.boot == now.boot and 0.0 <= now.since_boot - written.since_boot <= GOOD_FOR
