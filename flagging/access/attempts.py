"""How often signing in may be tried: per account, per address and per both, on Redis and in this process's memory.

An attempt counts before it is made and is given back if it succeeds, so that many at once get no more than one after
the other. Redis makes the limit one for all processes and hosts; without Redis each process still keeps its own.
The limit of an account from one address is the lowest: guessing from elsewhere does not lock its owner out at once.
Whoever comes back from a provider is nobody's account yet: such an attempt counts for its address alone, and apart from
passwords, so that neither those who guess them nor those the provider refuses keep the others out.
"""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import structlog
from redis import Redis

from flagging.access.reach import Reach
from flagging.errors import StoreUnreachable, TooManyRequests
from flagging.sealing import Keyring

ATTEMPTS: Final = "flagging:web:attempts:"
WINDOW: Final = 900
MOST: Final = {"both": 10, "account": 50, "address": 100, "back": 100}
MOST_COUNTED: Final = 100_000
"""Counters a process keeps; beyond it the oldest go first, and Redis still has them."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Counted:
    """The counters that an attempt went into, those of its account from its address apart, and whether Redis has it."""

    slips: tuple[str, ...]
    others: tuple[str, ...]
    is_in_redis: bool


class Attempts:
    """Counts attempts with a password, and of those who come back from a provider."""

    def __init__(
        self, client: Redis, keyring: Keyring, reach: Reach | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._reach = reach or Reach()
        self._client = client
        self._keyring = keyring
        self._clock = clock
        self._counted: dict[str, int] = {}
        self._lock = threading.Lock()

    def spend(self, account: str | None, address: str) -> Counted:
        """Count an attempt; `account` is None for whoever comes back from a provider. Return what to give back.

        Raises TooManyRequests for one too many within WINDOW seconds, which stays counted.
        """
        window, left = divmod(self._clock(), WINDOW)
        most = self._keys(account, address, int(window))
        keys = tuple(most)
        in_memory, in_redis = self._count_here(keys, 1), self._count_in_redis(keys)
        for here, there, limit in zip(in_memory, in_redis or in_memory, most.values(), strict=True):
            if max(here, there) > limit:
                raise TooManyRequests(int(WINDOW - left) + 1)
        slips, others = ((), keys) if account is None else (keys[:1], keys[1:])
        return Counted(slips, others, in_redis is not None)

    def give_back(self, counted: Counted) -> None:
        """Let an attempt that succeeded count for nothing, and those of its account from its address before it.

        It goes by what was counted: the window may be another by now, and what Redis never had is not taken from it.
        """
        self._count_here(counted.others, -1)
        with self._lock:
            for key in counted.slips:
                self._counted.pop(key, None)
        try:
            with self._reach.asking(), self._client.pipeline(transaction=False) as pipe:
                for key in counted.slips:
                    pipe.delete(key)
                for key in counted.others if counted.is_in_redis else ():
                    pipe.decr(key)
                    pipe.expire(key, WINDOW)
                pipe.execute()
        except StoreUnreachable as error:
            log.warning("attempts_in_memory_only", reason=str(error))

    def _keys(self, account: str | None, address: str, window: int) -> dict[str, int]:
        if account is None:
            named = {"back": address}
        else:
            named = {"both": f"{account} {address}", "account": account, "address": address}
        return {
            f"{ATTEMPTS}{window}:{self._keyring.digests(f'{what} {name}')[0]}": MOST[what]
            for what, name in named.items()
        }

    def _count_here(self, keys: Iterable[str], by: int) -> list[int]:
        with self._lock:
            for key in keys:
                self._counted[key] = max(0, self._counted.pop(key, 0) + by)
            while len(self._counted) > MOST_COUNTED:
                del self._counted[next(iter(self._counted))]
            return [self._counted[key] for key in keys]

    def _count_in_redis(self, keys: Iterable[str]) -> list[int] | None:
        """Return how many it has of each; None where it did not say, though it may have counted them."""
        try:
            with self._reach.asking(), self._client.pipeline(transaction=False) as pipe:
                for key in keys:
                    pipe.incr(key)
                    pipe.expire(key, WINDOW)
                return [int(each) for each in pipe.execute()[::2]]
        except StoreUnreachable as error:
            log.warning("attempts_in_memory_only", reason=str(error))
            return None
