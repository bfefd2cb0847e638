"""How often one caller or operator may ask: a token bucket for each, in the memory of each process.

In memory, because a limit that asks Redis would make every lookup wait for it. With several server processes a
caller's total allowance is the sum of theirs.
"""

import math
import threading
from collections.abc import Callable
from typing import Final

from flagging.errors import TooManyRequests
from flagging.setting_values import Rate

MOST_BUCKETS: Final = 20_000
"""Names are the callers' to choose where they are operators': no more than this are held at a time."""

MOST_OWED: Final = 10.0
TINY: Final = 1e-6
"""What adding up fractions may lose."""


class RateLimiter:
    """Raises TooManyRequests for somebody who asks faster than the rate; others are not affected.

    `name` is what the limit is called in the headers that tell of it (draft-ietf-httpapi-ratelimit-headers).
    """

    def __init__(self, rate: Rate, clock: Callable[[], float], name: str = "caller") -> None:
        self._capacity = float(rate.count)
        self._per_second = rate.count / rate.seconds
        self._clock = clock
        self._name = name
        self._left: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()
        self.policy = f'"{name}";q={rate.count};w={rate.seconds}'

    def spend(self, who: str, cost: int = 1) -> float:
        """Take `cost` requests from somebody's bucket, all of them or none; return what is left in it.

        A cost above the whole capacity is let through on a full bucket and paid for by waiting afterwards: otherwise
        a large batch could never be asked.
        """
        now = self._clock()
        with self._lock:
            left, at = self._left.get(who, (self._capacity, now))
            left = min(self._capacity, left + (now - at) * self._per_second)
            needed = min(float(cost), self._capacity)
            if left < needed - TINY:
                self._left[who] = (left, now)
                raise TooManyRequests(max(1, math.ceil((needed - left) / self._per_second)))
            self._left[who] = (left - cost, now)
            if len(self._left) > MOST_BUCKETS:
                self._forget(now)
            return left - cost

    def charge(self, who: str, cost: int) -> float:
        """Take from somebody's bucket what a request that was let through cost besides; return what is left in it.

        Nobody comes to owe more by it than what MOST_OWED seconds bring back.
        """
        now = self._clock()
        with self._lock:
            left, at = self._left.get(who, (self._capacity, now))
            left = min(self._capacity, left + (now - at) * self._per_second)
            left = max(left - cost, min(left, -MOST_OWED * self._per_second))
            self._left[who] = (left, now)
            return left

    def is_short(self, who: str) -> bool:
        """Tell whether somebody has used up more than half of what may be asked at once."""
        with self._lock:
            known = self._left.get(who)
        if known is None:
            return False
        left, at = known
        return left + (self._clock() - at) * self._per_second < self._capacity / 2

    def told(self, left: float) -> str:
        """Return how much is left, and in how many seconds all of it is back, as the header `RateLimit` says it."""
        return f'"{self._name}";r={max(0, int(left))};t={math.ceil((self._capacity - left) / self._per_second)}'

    def _forget(self, now: float) -> None:
        """Let the buckets go that are full again, and if these are few, the fullest.

        Whose bucket is let go has a full one again, so that what somebody owes goes last: as many names as one likes
        must not rid anybody of it.
        """
        by_now = {who: left + (now - at) * self._per_second for who, (left, at) in self._left.items()}
        not_full = [who for who, left in by_now.items() if left < self._capacity]
        emptiest = sorted(not_full, key=by_now.__getitem__)[: MOST_BUCKETS // 2]
        self._left = {who: self._left[who] for who in emptiest}
