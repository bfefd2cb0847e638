"""Whether Redis can be written to and keeps what it is given, as the worker finds it and servers tell it on."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import orjson

FILE_NAME = "redis.fitness"


@dataclass(frozen=True, slots=True)
class Fitness:
    """What makes a Redis unfit for the register: that it may evict keys, or takes no writes (read-only, full)."""

    may_evict: bool = False
    takes_no_writes: bool = False


class FitnessFile:
    """How Redis was last found, as the worker of this host has written it down for its servers."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / FILE_NAME

    def keep(self, found: Fitness) -> None:
        """Write it down. Where the file cannot be written the one before stands: the log tells of Redis as well."""
        part = self._path.with_suffix(f".{os.getpid()}.part")
        with suppress(OSError):
            part.write_bytes(orjson.dumps(found))
            part.replace(self._path)

    def forget(self) -> None:
        """Leave nothing behind that nobody looks after any more."""
        with suppress(OSError):
            self._path.unlink()

    def read(self) -> Fitness:
        """Return what was written last; nothing is known to be wrong where nothing was, or it cannot be read."""
        try:
            return Fitness(**orjson.loads(self._path.read_bytes()))
        except (OSError, ValueError, TypeError):
            return Fitness()
