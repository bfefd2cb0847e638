"""Keeps this host's replica file like what a server process holds; several processes share one file."""

import threading
from dataclasses import dataclass

from flagging import metrics
from flagging.register.freshness import Vouched
from flagging.register.live import LiveRegister
from flagging.register.manifest import Pointer
from flagging.register.replica import ReplicaFile


@dataclass(slots=True)
class ReplicaKeeper:
    """Looks, in the background, whether the file is behind, and writes what is missing in a thread of its own.

    A file that cannot be written is tried again at every look: until it holds the edition held, it may hold people who
    were erased from that one.
    """

    file: ReplicaFile
    register: LiveRegister
    _kept: Pointer | None = None
    _noted: Vouched | None = None
    _writer: threading.Thread | None = None

    @property
    def is_behind(self) -> bool:
        """True while the file does not hold the edition that this process has from Redis."""
        copy = self.register.to_keep
        return copy is not None and copy.pointer != self._kept

    def look(self) -> None:
        """Start writing if there is something to write and nothing is being written."""
        metrics.REPLICA_FILE_IS_BEHIND.set(self.is_behind)
        if (self._writer is None or not self._writer.is_alive()) and (self.is_behind or self._has_news()):
            self._writer = threading.Thread(target=self.write, name="replica-writer", daemon=True)
            self._writer.start()

    def write(self) -> None:
        """Write what is missing now."""
        copy = self.register.to_keep
        if copy is not None and copy.pointer != self._kept and self.file.write(copy):
            self._kept, self._noted = copy.pointer, copy.vouched
            self.register.kept(copy)
        held = self.register.held
        pointer, vouched = held.pointer, held.vouched
        if pointer is not None and vouched is not None and self._has_news() and self.file.note(pointer, vouched):
            self._noted = vouched

    def _has_news(self) -> bool:
        """Tell whether something was heard of the edition held that is not noted yet, unless it is yet to be kept.

        Not only by a later time: what was noted may be a heartbeat from the future. Whether the file holds this edition
        is for the file to say: a process that began with it has kept nothing itself.
        """
        held = self.register.held
        if held.vouched is None or self.is_behind:
            return False
        return self._noted is None or held.vouched.checked_at != self._noted.checked_at
