"""Whether the Redis of people's sessions is there. One that hangs must not hold up page after page, and with them the
threads that lookups need: once it has not answered, nobody waits for it again for a moment.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

from flagging.errors import StoreUnreachable

MOMENT: Final = 2.0


class Reach:
    """One per process, shared by sessions and attempts to sign in: each page asks one of them first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lost_until, self._is_in_doubt = float("-inf"), False
        self._one = threading.Lock()

    def expect(self) -> None:
        """Raise StoreUnreachable if it did not answer a moment ago.

        When that is over, one finds out for all, and the others are told the same until it is known.
        """
        with self._one:
            if self.is_lost:
                raise StoreUnreachable("Redis: did not answer a moment ago")
            if self._is_in_doubt:
                self._lost_until = self._clock() + MOMENT

    @property
    def is_lost(self) -> bool:
        return self._clock() < self._lost_until

    def lose(self) -> None:
        """Note that it did not answer."""
        self._lost_until, self._is_in_doubt = self._clock() + MOMENT, True

    def find(self) -> None:
        """Note that it answered."""
        self._lost_until, self._is_in_doubt = float("-inf"), False
