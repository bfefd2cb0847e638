"""The worker's part of this room, in a thread of its own: delivers, forgets what is long settled, tells how it goes."""

import fcntl
import os
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

import structlog

from flagging.errors import FlaggingError

LOOK_SECONDS = 0.25
RETRY_SECONDS = 2.0
LOCK_NAME = "notify.lock"


class Done(Enum):
    """What came of a duty: it could not be done, there is more of it, or all of it is done."""

    TROUBLED = auto()
    SO_FAR = auto()
    ALL = auto()


WAITS = {Done.TROUBLED: RETRY_SECONDS, Done.SO_FAR: 0.0, Done.ALL: LOOK_SECONDS}
"""How long to wait then; the first that applies to one of the duties."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class NotifyKeeper:
    """Does its `duties` over and over: each is given what tells it to stop, and raises FlaggingError for a while.

    One that has more to do returns True: the others have their turn, and then it is done again without a pause.

    One worker of a host at a time holds `place`; it does `at_start` first.
    """

    place: "HostPlace"
    at_start: Callable[[], None]
    duties: Sequence[Callable[[Callable[[], bool]], object]]
    _trouble: dict[int, str] = field(default_factory=dict)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="notify", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the message that is being delivered, or whatever else is being done."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        self.place.leave()

    def _run(self) -> None:
        has_begun = False
        while not self._stopping.is_set():
            done = {Done.TROUBLED}
            if self.place.take():
                has_begun = has_begun or self._does(-1, lambda _: self.at_start()) is not Done.TROUBLED
                # Each may wait for a ledger that somebody else writes to: whoever is to end begins no other.
                due = (each for each in enumerate(self.duties) if not self._stopping.is_set())
                done = {self._does(number, duty) for number, duty in due} or {Done.ALL}
            self._stopping.wait(next(wait for how, wait in WAITS.items() if how in done))

    def _does(self, number: int, duty: Callable[[Callable[[], bool]], object]) -> "Done":
        trouble, has_more = None, False
        try:
            has_more = duty(self._stopping.is_set) is True
        except FlaggingError as error:
            trouble = str(error)
        except Exception as error:  # a thread that died would leave people untold in silence
            log.exception("notify_duty_failed")
            trouble = type(error).__name__
        if trouble != self._trouble.get(number):
            if trouble:
                log.error("notify_in_trouble", reason=trouble)
            else:
                log.info("notify_well_again")
            self._trouble[number] = trouble or ""
        if trouble:
            return Done.TROUBLED
        return Done.SO_FAR if has_more else Done.ALL


class HostPlace:
    """Which worker of this host delivers: a lock on a file, and in it the name under which messages are claimed."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / LOCK_NAME
        self._file: int | None = None
        self.holder = self._read_holder()

    def take(self) -> bool:
        """Tell whether this process holds the place, having tried to take it."""
        if self._file is None:
            opened = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(opened)
                return False
            self._file = opened
        return True

    def leave(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _read_holder(self) -> str:
        """Return the host's name among those that claim, made once."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            part = self._path.with_suffix(f".{os.getpid()}.part")
            part.write_text(secrets.token_hex(8), encoding="ascii")
            try:
                os.link(part, self._path)
            finally:
                part.unlink()
        return self._path.read_text(encoding="ascii")[:32]


def every(seconds: float, duty: Callable[[Callable[[], bool]], object]) -> Callable[[Callable[[], bool]], bool]:
    """Return a duty that is done no more often than so, unless there is more of it."""
    due = 0.0

    def do(should_stop: Callable[[], bool]) -> bool:
        nonlocal due
        if time.monotonic() < due:
            return False
        has_more = duty(should_stop) is True
        due = 0.0 if has_more else time.monotonic() + seconds
        return has_more

    return do
