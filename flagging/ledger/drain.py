"""From the spool of this host into the ledger: every entry once, in the order in which its process wrote it.

How far a segment has been drained is written in the transaction that drains it: whatever is killed when, what was
committed is not drained again, and what was not is. A segment is removed once all of it is in the ledger and its
process cannot write to it any more. Several workers may drain at once; they queue.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import orjson
import structlog
from sqlalchemy import Connection, insert, select, update

from flagging.entries import EntryKind, begin_entry
from flagging.errors import SealBroken
from flagging.ledger.append import Appender
from flagging.ledger.chain import Link
from flagging.ledger.database import LedgerDatabase
from flagging.ledger.segments import Head, Place, read_head, read_on
from flagging.ledger.tables import SEGMENTS

MOST_ENTRIES = 500
MOST_BYTES = 4 * 1024 * 1024
"""What one transaction holds at most: others wait for it, and all of it is in memory."""
BEING_BEGUN = 60.0
"""Seconds for which a segment without entries is left alone: its process may not have locked it yet."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Drained:
    """What one pass came to: how many entries, how many bytes are left, why some could not be drained, the end.

    `is_cut_short` is one that was told to stop before all was drained.
    """

    entries: int = 0
    waiting: int = 0
    trouble: str | None = None
    last: Link | None = None
    is_cut_short: bool = False


@dataclass(slots=True)
class Drain:
    """Drains one spool; keeps in mind how far each segment was drained, so that a quiet one costs nothing."""

    spool_dir: Path
    database: LedgerDatabase
    appender: Appender
    _places: dict[Path, Place] = field(default_factory=dict)
    _damaged: set[Path] = field(default_factory=set)
    _told: set[Path] = field(default_factory=set)

    def run(self, should_stop: Callable[[], bool] = lambda: False) -> Drained:
        """Drain what there is, or until told to stop, which is asked before each batch: the rest stays in the spool.

        Raises LedgerUnreachable, with whatever was drained before that in the ledger.
        """
        drained = Drained()
        for path in sorted(self.spool_dir.glob("*.spool")):
            try:
                self._drain(path, drained, should_stop)
            except FileNotFoundError:
                continue  # another worker was faster
            except (SealBroken, OSError) as error:
                drained.trouble = str(error) if isinstance(error, SealBroken) else f"{path.name}: {error.strerror}"
                if path not in self._told:
                    self._told.add(path)
                    log.error("segment_not_drained", reason=drained.trouble)  # noqa: TRY400
        self._forget()
        return drained

    def _drain(self, path: Path, drained: Drained, should_stop: Callable[[], bool]) -> None:
        head = read_head(path)
        if head is not None:
            self._places.setdefault(path, Place(head.end))
            while (left := path.stat().st_size - self._places[path].offset) > 0:
                if should_stop():
                    drained.is_cut_short, drained.waiting = True, drained.waiting + left
                    return
                number, last = self._drain_batch(path, head)
                if last is None:
                    break
                drained.entries, drained.last = drained.entries + number, last
        drained.waiting += self._finish(path, head)

    def _drain_batch(self, path: Path, head: Head) -> tuple[int, Link | None]:
        """Drain some entries; return how many, and the end of the chain if there were any."""
        last = None
        with self.database.writing() as connection:
            known = _place(connection, head)
            entries, place = self._read(path, known or self._places[path])
            if entries:
                last = self.appender.append(connection, entries, head.key_id)
                _set_place(connection, head, place, is_known=known is not None)
        self._places[path] = place
        return len(entries), last

    def _read(self, path: Path, place: Place) -> tuple[list[bytes], Place]:
        entries: list[bytes] = []
        size = 0
        for opened, behind in read_on(path, self.appender.keyring, place):
            if opened is None:
                self._damaged.add(path)
            entry = damage(path.name, behind.entries, "does not open") if opened is None else opened
            entries.append(entry)
            size, place = size + len(entry), behind
            if len(entries) >= MOST_ENTRIES or size >= MOST_BYTES:
                break
        return entries, place

    def _finish(self, path: Path, head: Head | None) -> int:
        """Remove a segment that nothing will be added to once it is drained; return the bytes left to be drained."""
        place = self._places.get(path, Place())
        with _locked(path) as is_free:
            found = path.stat()
            left = found.st_size - place.offset
            is_new = not place.entries and time.time() - found.st_mtime < BEING_BEGUN
            if not is_free or is_new:
                return left if head else 0
            if head and left and next(read_on(path, self.appender.keyring, place), None):
                return left  # written since, and just before its process ended
            if head and left:
                self._record_rest(path, place, left)
            if (head and left) or path in self._damaged:
                path.rename(path.with_suffix(".damaged"))
                log.error("segment_set_aside", segment=path.name)
            else:
                path.unlink()
        return 0

    def _record_rest(self, path: Path, place: Place, left: int) -> None:
        """Record that the end of a segment is not to be read: an entry cut short, or one whose length is spoilt."""
        with self.database.writing() as connection:
            rest = damage(path.name, place.entries + 1, f"is cut short, or spoilt with all after it: {left} bytes")
            self.appender.append(connection, [rest])

    def _forget(self) -> None:
        for path in [path for path in self._places if not path.exists()]:
            del self._places[path]


def damage(segment: str, entry: int, what: str) -> bytes:
    """Return the entry which says that one of a segment could not be read."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return orjson.dumps(
        begin_entry(EntryKind.SPOOL_DAMAGED)
        | {"at": at, "caller": "worker", "segment": segment, "reason": f"entry {entry} {what}"}
    )


@contextmanager
def _locked(path: Path) -> Iterator[bool]:
    """Tell whether no process may write to a segment any more."""
    opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        is_free = False
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_free = True
        yield is_free
    finally:
        os.close(opened)


def _place(connection: Connection, head: Head) -> Place | None:
    row = connection.execute(
        select(SEGMENTS.c.offset, SEGMENTS.c.entries).where(SEGMENTS.c.segment == head.name)
    ).one_or_none()
    return None if row is None else Place(row.offset, row.entries)


def _set_place(connection: Connection, head: Head, place: Place, *, is_known: bool) -> None:
    values = {"offset": place.offset, "entries": place.entries}
    if is_known:
        connection.execute(update(SEGMENTS).where(SEGMENTS.c.segment == head.name).values(values))
    else:
        connection.execute(insert(SEGMENTS).values(segment=head.name, **values))
