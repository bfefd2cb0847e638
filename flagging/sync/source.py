"""Where the master list comes from: its bytes, its date, and a digest by which an unchanged list is recognised.

Owns the fetching. Must not look into the list; nothing it says of a fault repeats any of it.
"""

import hashlib
import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flagging.configuration.master_list import MasterListFormat
from flagging.errors import SourceUnreadable

_ATTEMPTS = 5
_SETTLING_SECONDS = 0.25
_YOUNG_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class MasterList:
    """One complete copy of the list. `dated` (UTC) is never in the future; `name` says where it came from."""

    name: str
    content: bytes
    dated: datetime
    digest: str


def read_source(
    where: str,
    form: MasterListFormat,
    known_ocus: frozenset[str] = frozenset(),
    *,
    pause: Callable[[float], None] = time.sleep,
) -> MasterList:
    """Return the list that lies at a path.

    The list is dated by the file's modification time, or now where that is in the future. The digest is SHA-256
    over the bytes and over what decides how they are read, so that a change of either makes the list a new one.
    Raises SourceUnreadable.
    """
    if "://" in where:
        raise SourceUnreadable("the master list is an address, which is not supported yet: give the path of a file")
    path = Path(where)
    content, modified = _read_settled(path, form.size_limit_mib << 20, pause)
    dated = min(datetime.fromtimestamp(modified, UTC), datetime.now(UTC))
    return MasterList(path.name, content, dated, _digest(content, form, known_ocus))


def _read_settled(path: Path, size_limit: int, pause: Callable[[float], None]) -> tuple[bytes, float]:
    """Read a file that nobody is writing; a file that changes meanwhile is read again, some times over."""
    try:
        for _ in range(_ATTEMPTS):
            before = _regular(path, size_limit)
            content = path.read_bytes()
            if abs(time.time() - before.st_mtime) < _YOUNG_SECONDS:
                pause(_SETTLING_SECONDS)  # whoever wrote it just now may not have finished
            if _mark(path.stat()) == _mark(before) and len(content) == before.st_size:
                return content, before.st_mtime
    except OSError as error:
        raise SourceUnreadable(f"{path.name}: {error.strerror or 'cannot be read'}") from None
    raise SourceUnreadable(f"{path.name}: kept changing while it was read")


def _regular(path: Path, size_limit: int) -> os.stat_result:
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise SourceUnreadable(f"{path.name}: is not a file")
    if found.st_size > size_limit:
        raise SourceUnreadable(f"{path.name}: is larger than {size_limit >> 20} MiB (master_list.toml, size_limit_mib)")
    return found


def _mark(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns


def _digest(content: bytes, form: MasterListFormat, known_ocus: frozenset[str]) -> str:
    digest = hashlib.sha256(form.fingerprint())
    digest.update("\n".join(sorted(known_ocus)).encode())
    digest.update(b"\0")
    digest.update(content)
    return digest.hexdigest()
