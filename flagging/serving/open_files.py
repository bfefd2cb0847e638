"""As many open files as the connections need that a process takes, where the system lets us have them.

Systems often begin with 1024, and a process has a thousand connections, two hundred more that are about to close, and
files of its own. Whoever wants fewer lowers the hard limit.
"""

import resource

ENOUGH = 4096
MOST_CONNECTIONS = 1000
FEWEST_CONNECTIONS = 50
OTHER_FILES = 300
"""What is about to close (`waiting_worker.MOST_LINGERING`), and a hundred of the process's own."""


def allow_enough_files() -> int:
    """Raise the limit of this process and those it will start to what is enough, or as far as it may.

    Returns how many connections a process can take by it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = ENOUGH if hard == resource.RLIM_INFINITY else min(ENOUGH, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return max(FEWEST_CONNECTIONS, min(MOST_CONNECTIONS, most - OTHER_FILES))
