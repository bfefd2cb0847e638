"""As many open files as the connections need that a process takes, where the system lets us have them.

Systems often begin with 1024, and a process has a thousand connections, two hundred more that are about to close, and
files of its own. Whoever wants fewer lowers the hard limit.
"""

import resource

ENOUGH = 4096


def allow_enough_files() -> None:
    """Raise the limit of this process and those it will start to what is enough, or as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = ENOUGH if hard == resource.RLIM_INFINITY else min(ENOUGH, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
