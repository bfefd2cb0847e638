"""The regular verification of the whole ledger, in a thread of the worker's own, and what it came to.

Whoever alters the record must not have to wait for somebody to think of `flagging ledger verify`. Reading everything
takes as long as it takes: it pauses after every page, so that neither draining nor a sync is held up.
"""

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import structlog

from flagging.errors import FlaggingError
from flagging.ledger.database import LedgerDatabase
from flagging.ledger.head import HeadWitness
from flagging.ledger.verify import Verification, verify_ledger
from flagging.sealing import Keyring

FILE_NAME = "ledger.verified"
VERIFY_SECONDS = 86400.0
LOOK_SECONDS = 30.0
PAUSE_SECONDS = 0.05
MOST_LOGGED = 5

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Inspected:
    """What a verification came to: when it ended (Unix time), entries gone through, faults found."""

    at: float
    entries: int
    faults: int


class InspectionFile:
    """The last verification, as this host has it written down for its servers; nothing in it is personal."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / FILE_NAME

    def keep(self, found: Verification) -> None:
        """Write down what a verification found that ended now. A file that cannot be written shows by its age."""
        inspected = Inspected(time.time(), found.entries, len(found.faults) + found.more_faults)
        part = self._path.with_suffix(f".{os.getpid()}.part")
        with suppress(OSError):
            part.write_bytes(orjson.dumps(inspected))
            part.replace(self._path)

    def read(self) -> Inspected | None:
        """Return what was written last; None where nothing was, or it cannot be read."""
        try:
            return Inspected(**orjson.loads(self._path.read_bytes()))
        except (OSError, ValueError, TypeError):
            return None


class _Stopped(Exception):
    """The worker ends, so this verification does."""


@dataclass(slots=True)
class Inspector:
    """Verifies the ledger once a day, whichever worker or command of this host did so last."""

    database: LedgerDatabase
    keyring: Keyring
    witness: HeadWitness
    file: InspectionFile
    now: Callable[[], float] = time.time
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _trouble: str | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="ledger-inspection", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End at the next page; what was not gone through to the end counts as not verified."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def look(self) -> None:
        """Verify if it is time, and there is a ledger to verify."""
        if not self._is_due():
            return
        with self.database.reading() as connection:
            found = verify_ledger(connection, self.keyring, self.witness.known(), self._pause)
        self.file.keep(found)
        if found.is_sound:
            log.info("ledger_verified", entries=found.entries)
        else:
            log.error("ledger_not_as_written", entries=found.entries, faults=found.faults[:MOST_LOGGED])

    def _is_due(self) -> bool:
        """Nothing is due before anything was drained; a verification dated in the future counts for nothing."""
        if self.witness.here()[0] is None:
            return False
        last = self.file.read()
        return last is None or not 0 <= self.now() - last.at < VERIFY_SECONDS

    def _pause(self) -> None:
        if self._stopping.wait(PAUSE_SECONDS):
            raise _Stopped

    def _run(self) -> None:
        while not self._stopping.is_set():
            trouble = None
            try:
                self.look()
            except _Stopped:
                break
            except FlaggingError as error:
                trouble = str(error)
            except Exception as error:  # a thread that died would leave the ledger unverified in silence
                log.exception("ledger_inspection_failed")
                trouble = type(error).__name__
            if trouble and trouble != self._trouble:
                log.error("ledger_not_verified", reason=trouble)
            self._trouble = trouble
            self._stopping.wait(LOOK_SECONDS)
        self.database.close()
