"""Waits until processes have done with what they were at, as the system counts what they use of the processor."""

import sys
import time

import asking
from contenders import children_of

WATCHED_SECONDS, MOST_USED, PATIENCE = 1.0, 0.1, 120.0
"""What looks for news twice a second takes a hundredth of a processor, worker and two servers a twentieth where it is
slow; loading and freeing take far more."""


def await_quiet(pids):
    """Return once these processes and those they started have used next to nothing for a while."""
    deadline = time.monotonic() + PATIENCE
    before = _used(pids)
    while time.monotonic() < deadline:
        time.sleep(WATCHED_SECONDS)
        now = _used(pids)
        if before and now and before.keys() == now.keys():
            used = sum(now.values()) - sum(before.values())
            if used < MOST_USED * WATCHED_SECONDS:
                return
        before = now
    sys.exit("the processes never come to rest")


def _used(pids):
    """Return the seconds used by each; None where one of them, or a thread of it, is just ending."""
    processes = {each for pid in pids for each in (pid, *children_of(pid))}
    try:
        return {pid: asking.processor_seconds(pid) for pid in processes}
    except (FileNotFoundError, ProcessLookupError):  # the latter where it ends between being opened and read
        return None
