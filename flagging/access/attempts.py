"""How often signing in may be tried: per account, per address and per both, on Redis and in this process's memory.

An attempt counts before it is made and is given back if it succeeds, so that many at once get no more than one after
the other. Redis makes the limit one for all processes and hosts; without Redis each process still keeps its own.
The limit of an account from one address is the lowest: guessing from elsewhere does not lock its owner out at once.
Whoever comes back from a provider is nobody's account yet: such an attempt counts for its address alone.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

import structlog
from redis import Redis

from flagging.access.reach import Reach
from flagging.errors import StoreUnreachable, TooManyRequests
from flagging.sealing import Keyring

ATTEMPTS: Final = "flagging:web:attempts:"
WINDOW: Final = 900
MOST: Final = {"both": 10, "account": 50, "address": 100}
MOST_COUNTED: Final = 100_000
"""Counters a process keeps; beyond it the oldest go first, and Redis still has them."""

log = structlog.get_logger(__name__)


class Attempts:
    """Raises TooManyRequests for an attempt too many within WINDOW seconds; `account` is None where none was named."""

    def __init__(
        self, client: Redis, keyring: Keyring, reach: Reach | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._reach = reach or Reach()
        self._client = client
        self._keyring = keyring
        self._clock = clock
        self._counted: dict[str, int] = {}
        self._lock = threading.Lock()

    def spend(self, account: str | None, address: str) -> None:
        window, left = divmod(self._clock(), WINDOW)
        counted = self._keys(account, address, int(window))
        in_memory, in_redis = self._count_here(list(counted), 1), self._count_in_redis(list(counted))
        for here, there, most in zip(in_memory, in_redis, counted.values(), strict=True):
            if max(here, there) > most:
                raise TooManyRequests(int(WINDOW - left) + 1)

    def give_back(self, account: str | None, address: str) -> None:
        """Let a successful attempt count for nothing, and those from the same address before it."""
        keys = list(self._keys(account, address, int(self._clock() // WINDOW)))
        forgotten, lowered = ([], keys) if account is None else (keys[:1], keys[1:])
        self._count_here(lowered, -1)
        with self._lock:
            for key in forgotten:
                self._counted.pop(key, None)
        try:
            with self._reach.asking(), self._client.pipeline(transaction=False) as pipe:
                for key in forgotten:
                    pipe.delete(key)
                for key in lowered:
                    pipe.decr(key)
                    pipe.expire(key, WINDOW)
                pipe.execute()
        except StoreUnreachable as error:
            log.warning("attempts_in_memory_only", reason=str(error))

    def _keys(self, account: str | None, address: str, window: int) -> dict[str, int]:
        of_account = {} if account is None else {"both": f"{account} {address}", "account": account}
        named = of_account | {"address": address}
        return {
            f"{ATTEMPTS}{window}:{self._keyring.digests(f'{what} {name}')[0]}": MOST[what]
            for what, name in named.items()
        }

    def _count_here(self, keys: list[str], by: int) -> list[int]:
        with self._lock:
            for key in keys:
                self._counted[key] = max(0, self._counted.pop(key, 0) + by)
            while len(self._counted) > MOST_COUNTED:
                del self._counted[next(iter(self._counted))]
            return [self._counted[key] for key in keys]

    def _count_in_redis(self, keys: list[str]) -> list[int]:
        try:
            with self._reach.asking(), self._client.pipeline(transaction=False) as pipe:
                for key in keys:
                    pipe.incr(key)
                    pipe.expire(key, WINDOW)
                return [int(each) for each in pipe.execute()[::2]]
        except StoreUnreachable as error:
            log.warning("attempts_in_memory_only", reason=str(error))
            return [0] * len(keys)
