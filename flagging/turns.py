"""Turns at what may hang, so that it never holds up more of a process's threads than that can do without."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from threading import BoundedSemaphore
from typing import Self

SECONDS_FOR_A_TURN = 0.2


class Turns:
    """So many may have one at once; whoever finds none within a moment is told so.

    Where they are `within` others, each of them takes one of those too.
    """

    def __init__(self, most: int, within: Self | None = None) -> None:
        self._free = BoundedSemaphore(most)
        self._within = within

    @contextmanager
    def taken(self, refusal: Exception) -> Iterator[None]:
        """Hold a turn; raise the refusal where none comes free."""
        if not self._free.acquire(timeout=SECONDS_FOR_A_TURN):
            raise refusal
        try:
            with nullcontext() if self._within is None else self._within.taken(refusal):
                yield
        finally:
            self._free.release()
