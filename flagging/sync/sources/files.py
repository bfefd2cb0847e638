"""The master list as a file, or a directory of files: read when nobody is writing it, or not at all."""

import errno
import fcntl
import os
import stat
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flagging.configuration.master_list import MasterListFormat
from flagging.errors import SourceUnreadable
from flagging.sync.sources.master_list import ListFile

SUFFIXES = (".csv", ".jsonl")
_ATTEMPTS = 20
_SETTLING_SECONDS = 0.25
_YOUNG_SECONDS = 2.0

Mark = tuple[int, int, int, int]
"""What changes when a file does: which file it is, its size, when it was written, and when anything of it changed."""


@dataclass(frozen=True, slots=True)
class _Read:
    """The bytes of a file at rest, and when it was last changed (Unix seconds)."""

    path: Path
    content: bytes
    changed: float


class _InUse(Exception):
    """Somebody is writing the file; worth another look before long."""


def read_file(path: Path, form: MasterListFormat, pause: Callable[[float], None]) -> tuple[list[ListFile], datetime]:
    """Return the list in one file, and when it was last changed. Raises SourceUnreadable."""
    (read,) = _read_settled(lambda: [path], form, pause)
    return [ListFile(read.content)], _moment(read.changed)


def read_directory(
    directory: Path, form: MasterListFormat, known_ocus: frozenset[str], pause: Callable[[float], None]
) -> tuple[list[ListFile], datetime]:
    """Return the list in all the files of a directory, by name, and when the oldest of them was last changed.

    One file that cannot be read makes the list unreadable: a part of the register must not go stale unnoticed.
    Raises SourceUnreadable, which names the file.
    """
    reads = _read_settled(lambda: list_files(directory), form, pause)
    files = [ListFile(read.content, read.path.name, _told_by_name(read.path, form, known_ocus)) for read in reads]
    return files, _moment(min(read.changed for read in reads))


def list_files(directory: Path) -> list[Path]:
    """Return the files of a directory that are parts of the list, by name; hidden and lock files are none.

    Raises SourceUnreadable, also where there is no such file.
    """
    try:
        with os.scandir(directory) as entries:
            paths = sorted(Path(entry.path) for entry in entries if is_part(entry.name))
    except OSError as error:
        raise _unreadable(directory, error) from None
    if not paths:
        raise SourceUnreadable(f"{directory.name}: holds no file *.csv or *.jsonl")
    return paths


def is_part(name: str) -> bool:
    """Tell whether a file of this name is a part of a list in a directory."""
    return name.casefold().endswith(SUFFIXES) and not name.startswith((".", "~"))


def mark_of(found: os.stat_result) -> Mark:
    """Return the mark of a file."""
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _told_by_name(path: Path, form: MasterListFormat, known_ocus: frozenset[str]) -> dict[str, str]:
    if form.file_name_field is None:
        return {}
    ocu = path.stem.strip().upper()
    if ocu not in known_ocus:
        raise SourceUnreadable(f"{path.name}: its name is no OCU of the directory (master_list.toml, file_name)")
    return {form.file_name_field: ocu}


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


# -- reading what nobody is writing ----------------------------------------------------------------------------------


def _read_settled(
    look: Callable[[], list[Path]], form: MasterListFormat, pause: Callable[[float], None]
) -> list[_Read]:
    """Read files that are all at rest from before the first to after the last; others are waited for a while."""
    reason = ""
    for attempt in range(_ATTEMPTS):
        if attempt:
            pause(_SETTLING_SECONDS)
        paths = look()
        try:
            return _read_all(paths, look, form.size_limit_mib << 20, pause)
        except _InUse as error:
            reason = str(error)
    raise SourceUnreadable(reason)


def _read_all(
    paths: Sequence[Path], look: Callable[[], list[Path]], limit: int, pause: Callable[[float], None]
) -> list[_Read]:
    before = [_mark(path) for path in paths]
    if any(abs(time.time() - modified / 1e9) < _YOUNG_SECONDS for _, _, modified, _ in before):
        pause(_SETTLING_SECONDS)  # whoever wrote it just now may not have finished
    reads = []
    for path in paths:
        reads.append(_read(path, limit))
        limit -= len(reads[-1].content)
    for path, mark in zip(paths, before, strict=True):
        if _mark(path) != mark:
            raise _InUse(f"{path.name}: kept changing while it was read")
    if look() != paths:
        raise _InUse(f"{paths[0].parent.name}: files kept coming and going while they were read")
    return reads


def _read(path: Path, limit: int) -> _Read:
    """Read a file. Raises _InUse while somebody holds it locked; whether it stayed the same is the caller's to see."""
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise SourceUnreadable(f"{path.name}: is not a file")
            if found.st_size > limit:
                raise SourceUnreadable(f"{path.name}: is larger than size_limit_mib in master_list.toml allows")
            if _is_locked(file.fileno()):
                raise _InUse(f"{path.name}: is locked by whoever writes it")
            content = file.read(limit + 1)
    except OSError as error:
        raise _unreadable(path, error) from None
    # A time of change can be set to anything, the future included; the time of that setting cannot.
    return _Read(path, content, min(found.st_mtime, found.st_ctime))


def _open_at_once(path: str, flags: int) -> int:
    """Open a file; a pipe in its place is not waited for."""
    return os.open(path, flags | os.O_NONBLOCK)


def _mark(path: Path) -> Mark:
    try:
        return mark_of(path.stat())
    except OSError as error:
        raise _unreadable(path, error) from None


def _is_locked(descriptor: int) -> bool:
    """Tell whether somebody holds an exclusive lock; ours, until the file is closed, keeps such a writer out."""
    for lock in (fcntl.flock, fcntl.lockf):
        try:
            lock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EACCES):
                return True  # any other says that this file system knows no locks
    return False


def _unreadable(path: Path, error: OSError) -> SourceUnreadable:
    return SourceUnreadable(f"{path.name}: {error.strerror or 'cannot be read'}")
