"""The worker: syncs when the list changes and at least every `sync_seconds`, and mends what Redis has lost.

One worker is enough; several do no harm, as only one publishes at a time.
"""

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError

from flagging.documents import unreachable
from flagging.errors import EditionUnverified, FlaggingError, PublishConflict, StoreTakesNoWrites, StoreUnreachable
from flagging.record import Record
from flagging.register.manifest import Manifest
from flagging.sync.fitness import Fitness, FitnessFile
from flagging.sync.progress import SyncEnded
from flagging.sync.report import Result
from flagging.sync.sources.address import is_address
from flagging.sync.sources.watch import ListWatch
from flagging.sync.synchronise import Synchroniser

LOOK_SECONDS = 0.5
RETRY_SECONDS = 5.0
NOTED_AGAIN_SECONDS = 10.0
_NO_EVICTION = "noeviction"
_READ_ONLY = "Redis: ReadOnlyError"

log = structlog.get_logger(__name__)


class RedisUnfit(FlaggingError):
    """Redis is set up so that it could lose parts of the register without anybody noticing."""


@dataclass(slots=True)
class Worker:
    """Runs until told to stop. `upkeep` is called at every look, twice a second between syncs.

    `is_redis_fit` tells that Redis did not evict keys when it was first reached: nothing is written to one that may.
    One that begins to is told of at every sync, and used: nothing is missing from its register yet. `fitness` is where
    that is noted for the servers of this host, and that Redis takes no writes.
    """

    synchroniser: Synchroniser
    where: str
    sync_seconds: float
    upkeep: Callable[[], None]
    fitness: FitnessFile | None = None
    is_redis_fit: bool = field(init=False, default=False)
    _found: Fitness = field(init=False, default=Fitness())
    _noted_at: float = field(init=False, default=0.0)

    def known(self) -> tuple[Manifest, dict[str, Record]] | None:
        """Return the register as this worker knows it, its records by reference; None before it knows any."""
        known = self.synchroniser.last
        return None if known is None else (known.manifest, known.records)

    def run(self, stopping: threading.Event) -> None:
        """Sync, look, sync again; a fault of Redis is waited out, a fault of the list is reported and waited out.

        A Redis that may evict keys when the worker first reaches it is one more fault of Redis: no edition goes there.
        A sync that is under way when it is to stop ends by its `progress` (`progress.ending`).
        """
        try:
            self._run(stopping)
        finally:
            if self.fitness is not None:
                self.fitness.forget()

    def _run(self, stopping: threading.Event) -> None:
        due, mendable, seen = 0.0, 0.0, None
        watch = ListWatch(self.where, stopping)
        while not stopping.is_set():
            with contextlib.suppress(StoreUnreachable, RedisUnfit):  # a sync says so
                self._verify_redis()
            self.upkeep()
            if time.monotonic() >= self._noted_at + NOTED_AGAIN_SECONDS:
                self._note()  # it counts for a while only, lest a worker that was killed be believed for ever
            mark, now = watch.mark(), time.monotonic()
            if mark != seen or now >= due or (now >= mendable and self._is_register_lost()):
                seen = mark
                due = self._sync() + time.monotonic()
                mendable = time.monotonic() + RETRY_SECONDS  # what a sync could not mend, the next will not at once
                self.synchroniser.read_ahead(stopping.is_set)
            watch.wait(LOOK_SECONDS)

    def _sync(self) -> float:
        """Sync once; return the seconds after which to do so again, whatever is seen meanwhile."""
        try:
            if self.is_redis_fit:
                self._look_at_eviction()
            else:
                self._verify_redis()
            report = self.synchroniser.run(self.where)
            self._note(takes_no_writes=False)
            self.synchroniser.remember()
        except (StoreUnreachable, RedisUnfit, PublishConflict, EditionUnverified) as error:
            fault = StoreTakesNoWrites(_READ_ONLY) if self._is_read_only_unsaid(error) else error
            if isinstance(fault, StoreTakesNoWrites):
                self._note(takes_no_writes=True)
            log.error("sync_failed", kind=type(fault).__name__, reason=str(fault))  # noqa: TRY400
            return RETRY_SECONDS
        except SyncEnded:
            log.info("sync_ended_early", advice="nothing was published: the next start syncs anew")
            return RETRY_SECONDS
        tell = log.info if report.result in (Result.PUBLISHED, Result.UNCHANGED) else log.error
        tell("synced", result=report.result.value, edition=report.edition, guard=report.guard, **report.counts())
        # Whoever serves an address has been asked several times by now.
        is_soon = report.result is Result.UNREADABLE and not is_address(self.where)
        return RETRY_SECONDS if is_soon else self.sync_seconds

    def _verify_redis(self) -> None:
        if self.is_redis_fit:
            return
        try:
            verify_redis(self.synchroniser.store.client)
        except RedisUnfit:
            self._note(may_evict=True)
            raise
        self._note(may_evict=False)
        self.is_redis_fit = True

    def _look_at_eviction(self) -> None:
        try:
            policy = eviction_policy(self.synchroniser.store.client)
        except StoreUnreachable:  # the sync finds out what that means for it
            return
        self._note(may_evict=policy is not None)
        if policy is not None:
            log.error(
                "redis_may_evict", policy=policy, advice="set maxmemory-policy noeviction, as in config/redis.conf"
            )

    def _is_read_only_unsaid(self, error: FlaggingError) -> bool:
        """Tell whether Redis is a replica though the fault does not say so.

        Where sentinels name the server, redis-py makes a lost connection of a refused write, or a conflict.
        """
        if not isinstance(error, StoreUnreachable | PublishConflict) or isinstance(error, StoreTakesNoWrites):
            return False
        with contextlib.suppress(StoreUnreachable):
            return is_replica(self.synchroniser.store.client)
        return False

    def _note(self, **found: bool) -> None:
        """Note how Redis was found; of what nobody could say, what was found before stands."""
        self._found, self._noted_at = replace(self._found, **found), time.monotonic()
        if self.fitness is not None:
            self.fitness.keep(self._found)

    def _is_register_lost(self) -> bool:
        with contextlib.suppress(StoreUnreachable, EditionUnverified):
            return self.synchroniser.has_lost_register()
        return False


def verify_redis(client: Redis) -> None:
    """Raise RedisUnfit if Redis may evict keys; warn if what it holds would not survive its restart.

    A register lost with a restart is published again within seconds, and never reads as an absence: worth a warning.
    Keys that may vanish one by one at any moment are not something a register can be kept in.
    """
    policy = eviction_policy(client)
    if policy is not None:
        raise RedisUnfit(f"Redis runs with maxmemory-policy {policy}: it must be noeviction")
    if not _info(client, "persistence").get("aof_enabled"):
        log.warning("redis_without_persistence", advice="set appendonly yes, as in config/redis.conf")


def eviction_policy(client: Redis) -> str | None:
    """Return the policy by which Redis may evict keys; None for one that never does."""
    policy: str = _info(client, "memory").get("maxmemory_policy", _NO_EVICTION)
    return None if policy == _NO_EVICTION else policy


def is_replica(client: Redis) -> bool:
    """Tell whether Redis follows another, and so takes no writes of its own."""
    return bool(_info(client, "replication").get("role") == "slave")


def _info(client: Redis, section: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = client.info(section)
    except RedisError as error:
        raise unreachable(error) from None
    return found
