"""Files that the processes of one host share: written by one at a time, and replaced whole or not at all."""

import contextlib
import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(lock: Path) -> Iterator[bool]:
    """Hold a lock among the processes of this host, without waiting; tell whether it is ours.

    It is gone with the process that holds it. Raises OSError.
    """
    lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    opened = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(opened)


def replace_file(path: Path, parts: Iterable[bytes]) -> None:
    """Put new content in the place of a file, on disk when this returns. Raises OSError, then the old one stays."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        _sync_directory(path.parent)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def sweep(path: Path) -> None:
    """Delete what processes that were killed while they wrote left behind: it may hold people erased since.

    Only to be called by who holds the lock under which the file is written.
    """
    for part in path.parent.glob(f".{path.name}.*.part"):
        with contextlib.suppress(OSError):
            part.unlink()


def _sync_directory(directory: Path) -> None:
    opened = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
