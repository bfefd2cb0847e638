"""Noticing that the master list has changed: told by the system where it can tell, and looked after all the same."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import structlog
import watchfiles

from flagging.errors import SourceUnreadable
from flagging.sync.sources.address import is_address
from flagging.sync.sources.files import is_part, list_files, mark_of

_QUIET_MILLISECONDS = 50
_GROUPED_MILLISECONDS = 250
_RETRY_SECONDS = 30.0
# A folder that is not there may be about to be put there.
_RETRY_MISSING_SECONDS = 1.0

Changes = set[tuple[watchfiles.Change, str]]

log = structlog.get_logger(__name__)


class ListWatch:
    """Watches one source, for one thread; an address is only waited for, as nobody tells when it changes.

    The system does not tell of everything (files on other machines, what a link leads to): whoever waits compares
    the `mark` as well, each time.
    """

    def __init__(self, where: str, stopping: threading.Event) -> None:
        self._stopping = stopping
        self._path = None if is_address(where) else Path(where)
        self._told: Iterator[Changes] | None = None
        self._folder: tuple[int, int] | None = None
        self._is_folder_list = False
        self._retry_at = 0.0

    def mark(self) -> object:
        """Return what is another value once the list has changed; None while there is none, and for an address."""
        if self._path is None:
            return None
        try:
            if not self._path.is_dir():
                return mark_of(self._path.stat())
            return tuple((path.name, mark_of(path.stat())) for path in list_files(self._path))
        except (OSError, SourceUnreadable):
            return None

    def wait(self, seconds: float) -> None:
        """Wait for so long, or until the list may have changed, or until it is time to stop."""
        until = time.monotonic() + seconds
        while not self._stopping.is_set() and (left := until - time.monotonic()) > 0:
            changes = self._next() if self._path else None
            if changes is None:
                self._stopping.wait(min(left, self._retry_at - time.monotonic()) if self._path else left)
            elif any(self._is_of_list(path) for _, path in changes):
                return

    def _is_of_list(self, changed: str) -> bool:
        name = Path(changed).name
        return is_part(name) if self._is_folder_list else self._path is not None and name == self._path.name

    def _next(self) -> Changes | None:
        """Return what has changed, after a moment at most; None where the system cannot tell."""
        if time.monotonic() < self._retry_at:
            return None
        try:
            if self._told is None or self._folder_now() != self._folder:
                self._told = self._watch()
            return next(self._told, None)
        except (OSError, RuntimeError) as error:  # too many are watched already, or there is nothing to watch yet
            log.warning("list_not_watched", kind=type(error).__name__, advice="it is looked at instead")
            pause = _RETRY_MISSING_SECONDS if isinstance(error, FileNotFoundError) else _RETRY_SECONDS
            self._told, self._retry_at = None, time.monotonic() + pause
            return None

    def _watch(self) -> Iterator[Changes]:
        assert self._path is not None  # noqa: S101 - there is no watching an address # nosec B101
        self._is_folder_list = self._path.is_dir()
        self._folder = self._folder_now()
        return watchfiles.watch(
            self._path if self._is_folder_list else self._path.parent,
            watch_filter=None,
            step=_QUIET_MILLISECONDS,
            debounce=_GROUPED_MILLISECONDS,
            rust_timeout=_GROUPED_MILLISECONDS,
            yield_on_timeout=True,
            stop_event=self._stopping,
            recursive=False,
        )

    def _folder_now(self) -> tuple[int, int]:
        """Return which folder lies there: one that was put in its place has to be watched anew."""
        assert self._path is not None  # noqa: S101 # nosec B101
        found = (self._path if self._path.is_dir() else self._path.parent).stat()
        return found.st_dev, found.st_ino
