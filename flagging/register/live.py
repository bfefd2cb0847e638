"""The register as one server process knows it: the edition in memory, how fresh it is, and how it is kept so.

`LiveRegister.look` is called about twice a second in the background; a lookup only ever reads `held`, one immutable
value that is replaced whole. No lookup waits for Redis.
"""

import gc
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import structlog

from flagging import metrics
from flagging.errors import EditionUnverified, StoreUnreachable
from flagging.register.edition import NOTHING_KNOWN, Edition, load_edition
from flagging.register.freshness import AgeLimits, Freshness, Vouched, assess, relearn, since_boot
from flagging.register.held import Held
from flagging.register.kept_report import Report
from flagging.register.loading import considerately, let_go_later, take_a_break
from flagging.register.manifest import Pointer
from flagging.register.replica import Copy, ReplicaFile, heard, vouched_by
from flagging.register.store import EditionStore, Sighting

REACH_SECONDS = 3.0
"""How long one good sighting of Redis counts, should the next one hang instead of failing."""
RETRY_SECONDS = 5.0
"""How long an edition that did not verify is left alone before it is tried again."""
# Lookups leave hardly anything behind that only a collection frees, and each collection makes one of them wait.
OBJECTS_BETWEEN_COLLECTIONS = 20_000

log = structlog.get_logger(__name__)


def _nothing(_: Edition) -> None:
    """Ask nothing of an edition but what it is verified by."""


class LiveRegister:
    """Follows `flagging:current`. Only one thread may call `look`; any thread may read.

    Without Redis it begins with the `replica` of this host, and it never goes back behind what the host has held.
    `rehearse` raises EditionUnverified for an edition that does not answer as it should.
    """

    def __init__(
        self,
        store: EditionStore,
        limits: AgeLimits,
        clock: Callable[[], float] = since_boot,
        replica: ReplicaFile | None = None,
        rehearse: Callable[[Edition], None] = _nothing,
    ) -> None:
        self.store = store
        self.limits = limits
        self.clock = clock
        self.held = Held()
        self.to_keep: Copy | None = None
        self.replica_trouble: str | None = None
        self._replica = replica
        self._rehearse = rehearse
        self._least_generation = replica.generation() if replica else 0
        self._replacing = threading.Lock()
        self._loader: threading.Thread | None = None
        self._failed: tuple[Pointer, float] | None = None
        self._replica_due = 0.0
        self._is_redis_away = False

    def freshness(self, held: Held) -> Freshness | None:
        """Say how fresh `held` is now; None while nothing is held."""
        return None if held.vouched is None else assess(held.vouched, self.limits, self.clock())

    def look(self, *, wait: bool = False) -> None:
        """See what Redis says; start loading a new edition in the background (or, with `wait`, load it here).

        Never raises for a fault of Redis or of an edition: what is held stays, and `trouble` says why.
        """
        if wait and self._loader:
            self._loader.join()
        self._follow(wait=wait)
        if self.held.edition is None and self.held.trouble:
            self._in_background(self._load_replica, wait=wait)

    def await_loading(self, seconds: float) -> None:
        """Wait until the edition that is being loaded in the background, if any, is held or refused; any thread may."""
        loader = self._loader
        if loader is not None:
            loader.join(seconds)

    def kept(self, copy: Copy) -> None:
        """Let go of an edition's chunks: they lie on disk, in the place of whatever could not be read there."""
        self.replica_trouble = None
        if self.to_keep is copy:
            self.to_keep = None

    def reports(self) -> list[Report]:
        """Return the reports of the last syncs, newest first, for an administrator; none while they cannot be had.

        Nobody waits for a Redis that did not answer when it was last looked at.
        """
        if self._is_redis_away:
            return []
        try:
            return self.store.log.reports()
        except (StoreUnreachable, EditionUnverified):
            return []

    # -- what Redis says ---------------------------------------------------------------------------------------------

    def _follow(self, *, wait: bool) -> None:
        seen_at = self.clock()  # before Redis is asked: however long the answer takes, no age comes out too young
        try:
            sighting = self.store.look()
        except (StoreUnreachable, EditionUnverified) as error:
            self._is_redis_away = isinstance(error, StoreUnreachable)
            self._lose(str(error))
            return
        self._is_redis_away = False
        metrics.REDIS_CLOCK_AHEAD.set(sighting.now - time.time())
        pointer = sighting.pointer
        if pointer is None:
            altered = f" ({', '.join(sighting.altered)} was altered)" if sighting.altered else ""
            self._lose(f"Redis answers, but holds no register{altered}")
            return
        if pointer.generation < max(self._least_generation, self.held.pointer.generation if self.held.pointer else 0):
            self._lose("Redis is behind: it points to an edition from before the one held")
            return
        self._learn(sighting, pointer, seen_at)
        if self._is_wanted(pointer):
            self._in_background(lambda pause: self._load(sighting, pointer, seen_at, pause), wait=wait)

    def edition_report(self) -> Report | None:
        """Return the report the edition held came with, for an administrator; None while it cannot be had."""
        if self.held.edition is None or self._is_redis_away:
            return None
        try:
            return self.store.edition_report(self.held.edition.manifest.number)
        except (StoreUnreachable, EditionUnverified):
            return None

    def _learn(self, sighting: Sighting, pointer: Pointer, seen_at: float) -> None:
        """Take over what Redis says of the edition held; while it points to another, it says nothing of this one."""
        with self._replacing:
            held = replace(self.held, in_reach_until=seen_at + REACH_SECONDS, last_sync=sighting.last_sync)
            if held.vouched and pointer == held.pointer:
                news = heard(sighting, pointer, seen_at)
                vouched = relearn(held.vouched, news) if news else held.vouched
                held = replace(held, vouched=vouched, trouble=None, refused_edition=None)
            self.held = held

    def _lose(self, trouble: str) -> None:
        with self._replacing:
            if self.held.trouble != trouble:
                log.warning("register_out_of_reach", reason=trouble)
            self.held = replace(self.held, in_reach_until=0.0, trouble=trouble)

    def _is_wanted(self, pointer: Pointer) -> bool:
        if pointer == self.held.pointer:
            return False
        return not (self._failed and self._failed[0] == pointer and self.clock() < self._failed[1])

    # -- loading -----------------------------------------------------------------------------------------------------

    def _in_background(self, load: Callable[[Callable[[], None]], None], *, wait: bool) -> None:
        """Load in a thread of its own, in slices (or, with `wait`, here), unless something is being loaded already."""
        if wait:
            load(lambda: None)
        elif self._loader is None or not self._loader.is_alive():
            self._loader = threading.Thread(target=load, args=(take_a_break,), name="edition-loader", daemon=True)
            self._loader.start()

    def _load(self, sighting: Sighting, pointer: Pointer, seen_at: float, pause: Callable[[], None]) -> None:
        chunks: list[bytes] = []

        def read(position: int) -> bytes | None:
            sealed = self.store.chunk(pointer.edition, position)
            if sealed is not None:
                chunks.append(sealed)
            return sealed

        try:
            with considerately():
                manifest = self.store.pointed(pointer)
                known = self.held.edition.by_row if self.held.edition else NOTHING_KNOWN
                edition = load_edition(manifest, read, self.store.seal, pause, known)
                self._rehearse(edition)
                vouched = vouched_by(sighting, pointer, manifest, seen_at)
                self._swap_in(pointer, edition, vouched, trouble=None, refused_edition=None)
        except StoreUnreachable as error:
            self._lose(str(error))
        except EditionUnverified as error:
            self._refuse(pointer, str(error))
        except Exception as error:
            # Whatever the fault, an edition that cannot be loaded is one that cannot be verified.
            log.exception("edition_load_failed", edition=pointer.edition)
            self._refuse(pointer, f"edition {pointer.edition}: {type(error).__name__} while loading")
        else:
            self._failed = None
            self.to_keep = Copy(pointer, manifest, chunks, vouched) if self._replica else None
        if self.held.edition is None:
            self._load_replica(pause)

    def _load_replica(self, pause: Callable[[], None]) -> None:
        """Begin with what this host holds on disk; Redis is still followed, and its edition takes over."""
        if self._replica is None or self.clock() < self._replica_due:
            return
        self._replica_due = self.clock() + RETRY_SECONDS
        try:
            copy = self._replica.read()
            if copy is None:
                return
            with considerately():
                edition = load_edition(copy.manifest, copy.chunks.__getitem__, self.store.seal, pause)
                self._rehearse(edition)
                self._swap_in(copy.pointer, edition, copy.vouched)
            self.replica_trouble = None
        except EditionUnverified as error:
            self._refuse_replica(str(error))
        except Exception as error:
            log.exception("replica_load_failed")
            self._refuse_replica(f"the replica file: {type(error).__name__} while loading")

    def _swap_in(self, pointer: Pointer, edition: Edition, vouched: Vouched, **settled: Any) -> None:
        with self._replacing:
            replaced = self.held.edition
            self.held = replace(self.held, edition=edition, pointer=pointer, vouched=vouched, **settled)
        gc.freeze()
        gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
        metrics.REGISTER_EDITION.set(edition.manifest.number)
        metrics.REGISTER_RECORDS.set(edition.manifest.counts.records)
        log.info("edition_loaded", edition=edition.manifest.number, records=edition.manifest.counts.records)
        if replaced is not None:
            let_go_later(replaced)

    def _refuse(self, pointer: Pointer, reason: str) -> None:
        self._failed = (pointer, self.clock() + RETRY_SECONDS)
        metrics.EDITIONS_REFUSED.inc()
        log.error("edition_refused", edition=pointer.edition, reason=reason)
        with self._replacing:
            self.held = replace(self.held, trouble=reason, refused_edition=pointer.edition)

    def _refuse_replica(self, reason: str) -> None:
        if self.replica_trouble != reason:
            metrics.REPLICAS_REFUSED.inc()
            log.error("replica_refused", reason=reason)
        self.replica_trouble = reason
