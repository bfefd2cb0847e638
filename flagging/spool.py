"""The spool: the record of every lookup, on disk before its answer leaves.

Each process appends to segments of its own in the spool directory. A segment is a header and sealed frames:

    FSP1 | key id length, key id | 16 random bytes naming the segment | frames
    frame: length (4 bytes, big endian) | sealed entry

Each segment has its own key, so the nonce simply counts frames; a frame that was altered, removed or put elsewhere
does not open. Once there is a newer key, the next entry begins a segment under it. A segment is locked for as long as
its process may write to it: whoever can lock it knows that nothing comes after what stands there. `append` returns once
the operating system has the bytes: they survive the end of the process. They are forced to the disk every SYNC_SECONDS,
so a power cut can cost that much. Segments are read by `ledger.segments`.
"""

import contextlib
import fcntl
import os
import struct
import threading
from pathlib import Path
from typing import Final

import structlog
from ulid import ULID

from flagging import metrics
from flagging.errors import SpoolUnwritable
from flagging.sealing import Keyring

SPOOL: Final = "spool"
"""The folder of a host's segments in its state directory."""
MARK: Final = b"FSP1"
SEGMENT_ID_BYTES: Final = 16
SYNC_SECONDS: Final = 0.1
SEGMENT_BYTES: Final = 64 * 1024 * 1024
LENGTH: Final = struct.Struct(">I")
NONCE: Final = struct.Struct(">IQ")

log = structlog.get_logger(__name__)


class Spool:
    """Appends entries for one process. Thread-safe. Open it after forking."""

    def __init__(self, directory: Path, keyring: Keyring, segment_bytes: int = SEGMENT_BYTES) -> None:
        self._directory = directory
        self._keyring = keyring
        self._segment_bytes = segment_bytes
        self._lock = threading.Lock()
        self._segment: _Segment | None = None
        self._stopping = threading.Event()
        self._syncer = threading.Thread(target=self._sync_regularly, name="spool-sync", daemon=True)
        self._syncer.start()

    def append(self, entry: bytes) -> None:
        """Write one entry; raises SpoolUnwritable when it cannot be written whole."""
        with self._lock:
            try:
                segment = self._segment
                if segment is None or segment.size >= self._segment_bytes or segment.key_id != self._keyring.key_id:
                    segment = self._open_next()
                segment.append(entry)
            except OSError as error:
                self._give_up(error)
                raise SpoolUnwritable("the lookup could not be recorded") from None

    def is_writable(self) -> bool:
        """Tell whether a lookup could be recorded now, by opening a segment where none is open."""
        with self._lock:
            try:
                if self._segment is None:
                    self._open_next()
            except OSError:
                return False
            return True

    def close(self) -> None:
        self._stopping.set()
        self._syncer.join()
        with self._lock:
            if self._segment is not None:
                with contextlib.suppress(OSError):
                    self._segment.sync()
                self._segment.close()
                self._segment = None

    def _open_next(self) -> "_Segment":
        if self._segment is not None:
            self._segment.sync()
            self._segment.close()
            self._segment = None
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._segment = _Segment(self._directory / f"{ULID()}-{os.getpid()}.spool", self._keyring)
        return self._segment

    def _give_up(self, error: OSError) -> None:
        """Leave a segment that failed behind: what stands in it stays, the next entry starts another."""
        metrics.SPOOL_FAILURES.inc()
        log.error("spool_unwritable", reason=error.strerror)
        if self._segment is not None:
            self._segment.close()
            self._segment = None

    def _sync_regularly(self) -> None:
        while not self._stopping.wait(SYNC_SECONDS):
            segment = self._segment
            if segment is None:
                continue
            try:
                segment.sync()
            except OSError as error:
                with self._lock:
                    if segment is self._segment:
                        self._give_up(error)


class _Segment:
    """One open segment file."""

    def __init__(self, path: Path, keyring: Keyring) -> None:
        name = os.urandom(SEGMENT_ID_BYTES)
        self._path = path
        self.key_id = keyring.key_id
        self._cipher = keyring.spool_cipher(self.key_id, name)
        self._name = name
        self._frames = 0
        self._synced_size = self.size = 0
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            self._write(MARK + bytes([len(self.key_id)]) + self.key_id.encode() + name)
        except OSError:
            self.close()
            path.unlink(missing_ok=True)  # or a full disk would gather an empty segment for every lookup
            raise

    def append(self, entry: bytes) -> None:
        nonce = NONCE.pack(0, self._frames)
        sealed = self._cipher.encrypt(nonce, entry, self._name)
        self._frames += 1  # also when writing fails: no nonce is ever used for two entries
        self._write(LENGTH.pack(len(sealed)) + sealed)

    def sync(self) -> None:
        """Force what was written to the disk. Raises OSError, also when somebody removed the file."""
        if os.fstat(self._file).st_nlink == 0:
            raise FileNotFoundError(2, "the spool segment was removed")
        size = self.size
        if size > self._synced_size:
            os.fdatasync(self._file)
            if not self._synced_size:
                _sync_directory(self._path.parent)
            self._synced_size = size

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self._file)

    def _write(self, content: bytes) -> None:
        written = os.write(self._file, content)
        if written != len(content):
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self.size)
            raise OSError(28, "no space left for a whole entry")
        self.size += written


def _sync_directory(directory: Path) -> None:
    """Force the name of a new file to the disk: without it, what stands in the file is lost with the power."""
    opened = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
