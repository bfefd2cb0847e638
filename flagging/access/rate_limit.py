"""How often one caller may ask: a token bucket per caller, in the memory of each process.

In memory, because a limit that asks Redis would make every lookup wait for it. With several server processes a
caller's total allowance is the sum of theirs.
"""

import math
import threading
from collections.abc import Callable

from flagging.errors import TooManyRequests
from flagging.setting_values import Rate


class RateLimiter:
    """Raises TooManyRequests for a caller that asks faster than its rate; others are not affected."""

    def __init__(self, rate: Rate, clock: Callable[[], float]) -> None:
        self._capacity = float(rate.count)
        self._per_second = rate.count / rate.seconds
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def spend(self, caller_id: str, cost: int = 1) -> None:
        """Take `cost` requests from the caller's bucket; all of them or none.

        A cost above the whole capacity is let through on a full bucket and paid for by waiting afterwards: otherwise
        a large batch could never be asked.
        """
        now = self._clock()
        with self._lock:
            left, at = self._left.get(caller_id, (self._capacity, now))
            left = min(self._capacity, left + (now - at) * self._per_second)
            needed = min(float(cost), self._capacity)
            if left < needed:
                self._left[caller_id] = (left, now)
                raise TooManyRequests(max(1, math.ceil((needed - left) / self._per_second)))
            self._left[caller_id] = (left - cost, now)
