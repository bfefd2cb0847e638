"""The ledger's part of the worker, in a thread of its own: drains, erases what is too old, tells how it goes."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog

from flagging.errors import FlaggingError
from flagging.ledger.append import last_link, link_at
from flagging.ledger.database import LedgerDatabase
from flagging.ledger.drain import Drain, Drained
from flagging.ledger.erasure import Eraser
from flagging.ledger.head import Draining, HeadWitness, Seen

LOOK_SECONDS = 0.25
RETRY_SECONDS = 2.0
TELL_SECONDS = 5.0
ERASE_SECONDS = 3600.0
LOG_SECONDS = 3600.0
ENDING_SECONDS = 5.0
"""For which draining goes on once the worker is told to end: what was written last arrives, a long backlog waits."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Keeper:
    """Keeps one host's part of the ledger, until `stopping` is set; `days` is how long contents are kept.

    Once it is, draining goes on for ENDING_SECONDS and ends after the batch at hand: whoever waits for the worker would
    kill it. What is left in the spool, the next start drains.
    """

    database: LedgerDatabase
    drain: Drain
    witness: HeadWitness
    eraser: Eraser
    days: int
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    stopping: threading.Event = field(default_factory=threading.Event)
    _told_at: float = -TELL_SECONDS
    _erased_at: float = -ERASE_SECONDS
    _logged_at: float = -LOG_SECONDS
    _trouble: str | None = None
    _ends_at: float = math.inf
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, having drained once more what there is time for."""
        self.stopping.set()
        if self._thread is not None:
            self._thread.join()

    def look(self) -> None:
        """Drain, and erase where it is time. Raises nothing that is the database's or the keys' fault."""
        try:
            drained = self.drain.run(self._is_time_up)
            if self._is_due("_erased_at", ERASE_SECONDS):
                self.eraser.erase_before(self.now() - timedelta(days=self.days), self.stopping.is_set)
                drained.entries += 1
            if drained.entries or drained.trouble != self._trouble or self._is_due("_told_at", TELL_SECONDS):
                self._tell(drained)
        except FlaggingError as error:
            self._fail(str(error))
            self.stopping.wait(RETRY_SECONDS)

    def _run(self) -> None:
        while not self.stopping.is_set():
            try:
                self.look()
            except Exception:  # a thread that died would let the spool grow in silence
                log.exception("ledger_look_failed")
                self.stopping.wait(RETRY_SECONDS)
            self.stopping.wait(LOOK_SECONDS)
        self.look()
        self.database.close()

    def _is_time_up(self) -> bool:
        now = time.monotonic()
        if self.stopping.is_set():
            self._ends_at = min(self._ends_at, now + ENDING_SECONDS)
        return now >= self._ends_at

    def _tell(self, drained: Drained) -> None:
        """Let the witnesses see the end of the chain, unless it is not the end of what they have seen."""
        with self.database.reading() as connection:
            first, last = link_at(connection, 0), last_link(connection)
            missed = [
                f"the ledger {missed}"
                for seen in self.witness.known().values()
                if (missed := seen.missed_by(connection)) is not None
            ]
        trouble = "; ".join(missed) or drained.trouble
        seen, before = self.witness.here()
        earlier = before.at if before else None
        if first is not None and last is not None and not missed:
            seen = Seen(first.link.hex(), last.number, last.link.hex())
            self.witness.tell_redis(seen)
            if self._is_due("_logged_at", LOG_SECONDS):
                log.info("ledger_head", number=seen.number, link=seen.link)
        self.witness.keep(seen, Draining(earlier if drained.is_cut_short else time.time(), drained.waiting, trouble))
        self._log(trouble)
        self._told_at = time.monotonic()

    def _fail(self, trouble: str) -> None:
        """Say that nothing can be drained; since when, the witness tells by when all was drained last."""
        seen, before = self.witness.here()
        waiting = sum(path.stat().st_size for path in self.drain.spool_dir.glob("*.spool"))
        at = before.at if before else None
        self.witness.keep(seen, Draining(at, waiting, trouble))
        self._log(trouble)

    def _log(self, trouble: str | None) -> None:
        if trouble != self._trouble:
            if trouble:
                log.error("ledger_in_trouble", reason=trouble)
            else:
                log.info("ledger_well_again")
        self._trouble = trouble

    def _is_due(self, name: str, seconds: float) -> bool:
        now = time.monotonic()
        is_due = now - float(getattr(self, name)) >= seconds
        if is_due:
            setattr(self, name, now)
        return is_due


def drain_once(keeper: Keeper) -> str | None:
    """Drain what there is, once; return what is wrong, if anything is. For a host without a worker."""
    keeper.look()
    _, draining = keeper.witness.here()
    return draining.trouble if draining else None
