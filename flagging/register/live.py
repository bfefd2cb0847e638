"""The register as one server process knows it: the edition in memory, how fresh it is, and how it is kept so.

`LiveRegister.look` is called about twice a second in the background; a lookup only ever reads `held`, one immutable
value that is replaced whole. No lookup waits for Redis.
"""

import gc
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import structlog

from flagging import metrics
from flagging.errors import EditionUnverified, StoreUnreachable
from flagging.register.edition import Edition, load_edition
from flagging.register.freshness import AgeLimits, Freshness, Vouched, assess, relearn, since_boot
from flagging.register.kept_report import Report
from flagging.register.manifest import Pointer
from flagging.register.store import EditionStore, Sighting

REACH_SECONDS = 3.0
"""How long one good sighting of Redis counts, should the next one hang instead of failing."""
RETRY_SECONDS = 5.0
"""How long an edition that did not verify is left alone before it is tried again."""
SLICE_PAUSE = 0.002

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Held:
    """What this process holds, replaced whole.

    `pointer` is the one that led to `edition`. `trouble` says why what Redis points to is not served;
    `refused_edition` is its number if it did not verify.
    """

    edition: Edition | None = None
    pointer: Pointer | None = None
    vouched: Vouched | None = None
    in_reach_until: float = 0.0
    trouble: str | None = None
    refused_edition: int | None = None
    last_sync: dict[str, Any] | None = None

    def source(self, now: float) -> Literal["redis", "replica"]:
        """`redis` while what is held is what Redis points to; otherwise the last verified edition answers."""
        return "redis" if now < self.in_reach_until and self.trouble is None else "replica"


class LiveRegister:
    """Follows `flagging:current`. Only one thread may call `look`; any thread may read."""

    def __init__(self, store: EditionStore, limits: AgeLimits, clock: Callable[[], float] = since_boot) -> None:
        self.store = store
        self.limits = limits
        self.clock = clock
        self.held = Held()
        self._replacing = threading.Lock()
        self._loader: threading.Thread | None = None
        self._failed: tuple[Pointer, float] | None = None

    def freshness(self, held: Held) -> Freshness | None:
        """Say how fresh `held` is now; None while nothing is held."""
        return None if held.vouched is None else assess(held.vouched, self.limits, self.clock())

    def look(self, *, wait: bool = False) -> None:
        """See what Redis says; start loading a new edition in the background (or, with `wait`, load it here).

        Never raises for a fault of Redis or of an edition: what is held stays, and `trouble` says why.
        """
        seen_at = self.clock()  # before Redis is asked: however long the answer takes, no age comes out too young
        try:
            sighting = self.store.look()
        except (StoreUnreachable, EditionUnverified) as error:
            self._lose(str(error))
            return
        pointer = sighting.pointer
        if pointer is None:
            altered = f" ({', '.join(sighting.altered)} was altered)" if sighting.altered else ""
            self._lose(f"Redis answers, but holds no register{altered}")
            return
        if self.held.pointer and pointer.generation < self.held.pointer.generation:
            self._lose("Redis is behind: it points to an edition from before the one held")
            return
        self._learn(sighting, pointer, seen_at)
        if self._is_wanted(pointer):
            self._start_loading(sighting, pointer, seen_at, wait=wait)

    def await_loading(self, seconds: float) -> None:
        """Wait until the edition that is being loaded in the background, if any, is held or refused; any thread may."""
        loader = self._loader
        if loader is not None:
            loader.join(seconds)

    def reports(self) -> list[Report]:
        """Return the reports of the last syncs, newest first, for an administrator; none while they cannot be had."""
        try:
            return self.store.log.reports()
        except (StoreUnreachable, EditionUnverified):
            return []

    def _learn(self, sighting: Sighting, pointer: Pointer, seen_at: float) -> None:
        """Take over what Redis says of the edition held; while it points to another, it says nothing of this one."""
        with self._replacing:
            held = replace(self.held, in_reach_until=seen_at + REACH_SECONDS, last_sync=sighting.last_sync)
            if held.vouched and pointer == held.pointer:
                heard = _heard(sighting, pointer, seen_at)
                vouched = relearn(held.vouched, heard) if heard else held.vouched
                held = replace(held, vouched=vouched, trouble=None, refused_edition=None)
            self.held = held

    def _lose(self, trouble: str) -> None:
        with self._replacing:
            if self.held.trouble != trouble:
                log.warning("register_out_of_reach", reason=trouble)
            self.held = replace(self.held, in_reach_until=0.0, trouble=trouble)

    def _is_wanted(self, pointer: Pointer) -> bool:
        if pointer == self.held.pointer or (self._loader and self._loader.is_alive()):
            return False
        return not (self._failed and self._failed[0] == pointer and self.clock() < self._failed[1])

    def _start_loading(self, sighting: Sighting, pointer: Pointer, seen_at: float, *, wait: bool) -> None:
        if wait:
            self._load(sighting, pointer, seen_at, lambda: None)
            return
        self._loader = threading.Thread(
            target=self._load,
            args=(sighting, pointer, seen_at, lambda: time.sleep(SLICE_PAUSE)),
            name="edition-loader",
            daemon=True,
        )
        self._loader.start()

    def _load(self, sighting: Sighting, pointer: Pointer, seen_at: float, pause: Callable[[], None]) -> None:
        # Collections would walk the growing index again and again, each time stopping every lookup.
        gc.disable()
        try:
            manifest = self.store.pointed(pointer)
            edition = load_edition(manifest, self.store.chunks_of(manifest), self.store.seal, pause)
        except StoreUnreachable as error:
            self._lose(str(error))
        except EditionUnverified as error:
            self._refuse(pointer, str(error))
        except Exception as error:
            # Whatever the fault, an edition that cannot be loaded is one that cannot be verified.
            log.exception("edition_load_failed", edition=pointer.edition)
            self._refuse(pointer, f"edition {pointer.edition}: {type(error).__name__} while loading")
        else:
            # An edition is as good as its list was when it was read, whatever a heartbeat says of another one.
            read = Vouched(manifest.checked_at, manifest.list_dated, sighting.now, seen_at)
            self._swap_in(pointer, edition, _heard(sighting, pointer, seen_at) or read)
        finally:
            gc.enable()

    def _swap_in(self, pointer: Pointer, edition: Edition, vouched: Vouched) -> None:
        with self._replacing:
            self.held = replace(
                self.held,
                edition=edition,
                pointer=pointer,
                vouched=vouched,
                trouble=None,
                refused_edition=None,
            )
        gc.freeze()
        self._failed = None
        metrics.REGISTER_EDITION.set(edition.manifest.number)
        metrics.REGISTER_RECORDS.set(edition.manifest.counts.records)
        log.info("edition_loaded", edition=edition.manifest.number, records=edition.manifest.counts.records)

    def _refuse(self, pointer: Pointer, reason: str) -> None:
        self._failed = (pointer, self.clock() + RETRY_SECONDS)
        metrics.EDITIONS_REFUSED.inc()
        log.error("edition_refused", edition=pointer.edition, reason=reason)
        with self._replacing:
            self.held = replace(self.held, trouble=reason, refused_edition=pointer.edition)


def _heard(sighting: Sighting, pointer: Pointer, seen_at: float) -> Vouched | None:
    """Return what the heartbeat says of the edition pointed to: it vouches only for the one it names."""
    heartbeat = sighting.heartbeat_of(pointer.fingerprint)
    if heartbeat is None:
        return None
    return Vouched(heartbeat.checked_at, heartbeat.list_dated, sighting.now, seen_at)
