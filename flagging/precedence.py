"""A lookup goes before the upkeep of register and ledger where processors are few: the worker gives way to the servers.

Systems share out processors in more than one way, so that is said in more than one. `nice` counts within a group of
processes; Linux makes each session a group of its own (autogroup, see sched(7)), and each service or container, for
which config/systemd and config/deploy/compose.yaml say it.
"""

import os
import time
from contextlib import suppress
from pathlib import Path

BEHIND_SERVERS = 10
"""By how much the worker is nicer than whoever started it: about a tenth of what a process of the servers gets is its,
or of what their whole session gets where sessions are groups, as long as both want all of a processor."""
_AUTOGROUP = Path("/proc/self/autogroup")
_TRIES, _RETRY_SECONDS = 3, 0.15


def give_way() -> None:
    """Give way to the servers of this host from now on; where that cannot be said of a group, as a process alone.

    A session that this process leads is taken for one without servers in it.
    """
    os.nice(BEHIND_SERVERS)
    if os.getsid(0) == os.getpid():
        with suppress(OSError):  # there is no such thing here, or it is not ours to change
            _set_group(str(BEHIND_SERVERS))


def _set_group(niceness: str) -> None:
    """Set it for the session: Linux lets whoever is not root do that once in a tenth of a second, all together."""
    for left in reversed(range(_TRIES)):
        try:
            _AUTOGROUP.write_text(niceness, encoding="ascii")
        except BlockingIOError:
            if not left:
                raise
            time.sleep(_RETRY_SECONDS)
        else:
            return
