"""Whether the Redis of people's sessions is there. One that hangs must not hold up page after page, and with them the
threads that lookups need: once it has not answered, nobody waits for it again for a moment.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from flagging.documents import unreachable
from flagging.errors import StoreUnreachable

MOMENT: Final = 2.0


class Reach:
    """One per process, shared by all that pages keep in Redis."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lost_until, self._is_in_doubt = float("-inf"), False
        self._one = threading.Lock()

    @contextmanager
    def asking(self, *, insists: bool = False) -> Iterator[None]:
        """Ask it something within; raises StoreUnreachable if it does not answer, did not a moment ago, or refuses.

        Whoever `insists` asks it even if it did not answer a moment ago: for what is worth waiting for.
        """
        if not insists:
            self.expect()
        try:
            yield
        except (RedisConnectionError, RedisTimeoutError) as error:
            self.lose()
            raise unreachable(error) from None
        except RedisError as error:
            # One that is full or takes no writes answers, and goes on finding who is signed in.
            self.find()
            raise unreachable(error) from None
        self.find()

    def expect(self) -> None:
        """Raise StoreUnreachable if it did not answer a moment ago.

        When that is over, one finds out for all, and the others are told the same until it is known.
        """
        with self._one:
            if self._clock() < self._lost_until:
                raise StoreUnreachable("Redis: did not answer a moment ago")
            if self._is_in_doubt:
                self._lost_until = self._clock() + MOMENT

    def lose(self) -> None:
        """Note that it did not answer."""
        with self._one:
            self._lost_until, self._is_in_doubt = self._clock() + MOMENT, True

    def find(self) -> None:
        """Note that it answered."""
        with self._one:
            self._lost_until, self._is_in_doubt = float("-inf"), False
