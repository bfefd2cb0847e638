"""What threads besides the one that asks use of the processor: what a lookup leaves to others to do counts as its own.

Some of them have work that no lookup causes (looking for news twice a second). They do that as well while nobody asks,
where it is measured, to be taken off.
"""

import time
from dataclasses import dataclass

IDLE_SECONDS = 5.0
SETTLED_SECONDS = 1.2
"""The last of what a lookup leaves to others is done by then: metrics are added up twice a second, and the spool is
forced to the disk ten times a second."""


@dataclass(frozen=True)
class Elsewhere:
    """Seconds of processor that all threads but the one that asks have used, and the seconds that went by."""

    used: float
    elapsed: float

    def beyond(self, idle):
        """Return what was used beyond what the same time, idle, would have taken; never less than nothing."""
        return max(0.0, self.used - idle.used / idle.elapsed * self.elapsed)


class Watch:
    """Counts from when it is made. To be made and read by the thread that asks."""

    def __init__(self):
        self._used, self._began = _used_elsewhere(), time.monotonic()

    def read(self):
        return Elsewhere(_used_elsewhere() - self._used, time.monotonic() - self._began)


def _used_elsewhere():
    return time.process_time() - time.thread_time()


def idle():
    """Return what is used while nobody asks, once what was asked before is done with."""
    time.sleep(SETTLED_SECONDS)
    watch = Watch()
    time.sleep(IDLE_SECONDS)
    return watch.read()


def until_settled(watch):
    """Return what was used up to when nothing is left to do of what was asked."""
    time.sleep(SETTLED_SECONDS)
    return watch.read()
