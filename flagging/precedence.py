"""A lookup goes before the upkeep of the register where processors are few: the worker gives way to the servers.

Systems share out processors in more than one way, so that is said in more than one. `nice` counts within a group of
processes; Linux makes each session a group of its own (autogroup, see sched(7)), and each service or container, for
which config/systemd and config/deploy/compose.yaml say it.
"""

import os
from contextlib import suppress
from pathlib import Path

BEHIND_SERVERS = 10
"""By how much the worker is nicer than whoever started it: it gets a tenth of a processor that servers want as well."""
_AUTOGROUP = Path("/proc/self/autogroup")


def give_way() -> None:
    """Give way to the servers of this host from now on; where that cannot be said of a group, as a process alone."""
    os.nice(BEHIND_SERVERS)
    if os.getsid(0) == os.getpid():  # else the servers may be in this very session, and would give way as well
        with suppress(OSError):  # there is no such thing here, or it is not ours to change
            _AUTOGROUP.write_text(str(BEHIND_SERVERS), encoding="ascii")
