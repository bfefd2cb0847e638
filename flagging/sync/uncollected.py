"""Leaving Python's garbage collector out of the making of an edition."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Have nothing collected meanwhile.

    A sync makes millions of objects that stay, and next to no rubbish in rings: looking through all of them again and
    again took a third of its time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
