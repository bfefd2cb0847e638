"""How far a long sync has got: told step by step to whoever asked to be told, and who may end it there.

Wherever it is told, nothing has been published yet: what was written leads nowhere, and the next publisher sweeps it.
"""

import time
from collections.abc import Callable, Collection, Iterator
from typing import TypeVar

import structlog

Progress = Callable[[str, int, int], None]
"""Is told the step, how many of its parts are done, and of how many: of a list being read, an estimate."""

T = TypeVar("T")
READING, COMPARING, PACKING, VERIFYING = "reading", "comparing", "packing", "verifying"
SEALING = "sealing"
LOG_SECONDS = 5.0

log = structlog.get_logger(__name__)


class SyncEnded(Exception):
    """Whoever syncs was told to end: nothing was published, and the list is read anew next time."""


def untold(_step: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def logged(every: float = LOG_SECONDS, clock: Callable[[], float] = time.monotonic) -> Progress:
    """Return a progress that writes a log line every so many seconds of a step: none at all of a short sync."""
    last, due = ("", 0), 0.0

    def tell(step: str, done: int, total: int) -> None:
        nonlocal last, due
        now = clock()
        is_new, last = step != last[0] or done < last[1], (step, done)
        if is_new:
            due = now + every
        elif now >= due:
            due = now + every
            log.info("syncing", step=step, done=done, of=total)

    return tell


def ending(is_stopping: Callable[[], bool], progress: Progress = untold) -> Progress:
    """Return a progress that ends the sync with SyncEnded, at the next place it is told, once that is wanted."""

    def tell(step: str, done: int, total: int) -> None:
        progress(step, done, total)
        if is_stopping():
            raise SyncEnded

    return tell


def told(parts: Collection[T], step: str, progress: Progress, every: int = 250) -> Iterator[T]:
    """Yield all parts of a step, and tell how far it has got after every so many, and at the end."""
    for done, part in enumerate(parts, start=1):
        yield part
        if done % every == 0 or done == len(parts):
            progress(step, done, len(parts))
