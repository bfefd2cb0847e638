"""Memory that is freed goes back to the system, so that an exchange of editions costs a process nothing for good.

The C library (glibc) keeps large blocks that are freed once it has seen some, and gives every thread a heap of its own:
with an edition loaded by a thread each time, all of it stays with the process. Not so with these settings, which cost a
lookup nothing: it needs no block as large as that.
"""

import contextlib
import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
LARGE_BYTES = 128 * 1024
"""A block from this size on is mapped on its own, and gone once it is freed; setting it stops glibc raising it."""
UNUSED_BYTES = 1024 * 1024
"""So much may be left unused at the end of the heap: more is given back at once."""


def give_back_what_is_freed() -> None:
    """Set up this process and those it will fork; nothing is changed where the C library is another."""
    with contextlib.suppress(OSError, AttributeError):
        set_option = ctypes.CDLL(None).mallopt
        for option in ((M_MMAP_THRESHOLD, LARGE_BYTES), (M_TRIM_THRESHOLD, UNUSED_BYTES), (M_ARENA_MAX, 1)):
            set_option(*option)
