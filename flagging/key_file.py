"""The key file: how it is made, read, followed while it changes, and changed by a rotation.

It holds root keys, newest first. A key goes through three states:

- in use: `id`, `created_at`, `secret`; everything is sealed for all keys in use, the newest signs receipts;
- superseded: `superseded_at` besides; nothing is sealed for it any more, it opens the spool's segments of its time;
- retired: `public` in place of `secret`; receipts of its time still verify, and that is all.

Nothing of what stands in it ever reaches a message.
"""

import base64
import contextlib
import fcntl
import json
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import structlog
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from flagging.errors import KeyFileFault
from flagging.sealing import Keyring, RetiredKey, RootKey

KEY_FILE_FORMAT = 1
ROOT_KEY_BYTES = PUBLIC_KEY_BYTES = 32
KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")  # no dot: it parts the fields of a receipt

Entry = dict[str, Any]

log = structlog.get_logger(__name__)


# -- making and reading ------------------------------------------------------------------------------------------------


def create_key_file(path: Path) -> None:
    """Write a key file with one fresh root key, readable by its owner alone; an existing file is left alone.

    Raises KeyFileFault when it cannot be written; nothing half-written is left behind.
    """
    try:
        if path.exists():
            return
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _written_beside(path, [_fresh_key(datetime.now(UTC))]) as part, contextlib.suppress(FileExistsError):
            os.link(part, path)  # unlike a rename, never replaces a key that another worker has just made
    except OSError as error:
        raise _unwritable(path, error) from None


def load_keyring(path: Path) -> Keyring:
    """Read the key file; raise KeyFileFault naming what is wrong, never what stands in it."""
    return Keyring(*_keys_of(path, read_entries(path)))


def read_entries(path: Path) -> list[Entry]:
    """Return the entries of the key file as they stand there, newest first; raise KeyFileFault as `load_keyring`."""
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise KeyFileFault(f"{path}: others than its owner may read it; chmod 600 it")
            content = json.load(file)
    except OSError as error:
        raise KeyFileFault(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise KeyFileFault(f"{path}: not JSON") from None
    if not isinstance(content, dict) or content.get("format") != KEY_FILE_FORMAT:
        raise KeyFileFault(f"{path}: not a key file of format {KEY_FILE_FORMAT}")
    entries = content.get("keys")
    if not isinstance(entries, list):
        raise KeyFileFault(f"{path}: its keys are malformed")
    _keys_of(path, entries)
    return entries


def _keys_of(path: Path, entries: list[Entry]) -> tuple[tuple[RootKey, ...], tuple[RetiredKey, ...]]:
    keys: list[RootKey] = []
    retired: list[RetiredKey] = []
    for number, entry in enumerate(entries, start=1):
        key = _key_of(path, number, entry)
        if key.key_id in {other.key_id for other in keys} | {other.key_id for other in retired}:
            raise KeyFileFault(f"{path}: the id of key {number} is another key's")
        if isinstance(key, RootKey):
            keys.append(key)
        else:
            retired.append(key)
    if not any(not key.is_superseded for key in keys):
        raise KeyFileFault(f"{path}: holds no key in use")
    return tuple(keys), tuple(retired)


def _key_of(path: Path, number: int, entry: Entry) -> RootKey | RetiredKey:
    try:
        key_id, is_retired = entry["id"], "public" in entry and "secret" not in entry
        held = base64.b64decode(entry["public" if is_retired else "secret"], validate=True)
        is_id = KEY_ID.fullmatch(key_id)
    except (KeyError, TypeError, ValueError):
        raise KeyFileFault(f"{path}: key {number} is malformed") from None
    if not is_id:
        raise KeyFileFault(f"{path}: the id of key {number} is not one: letters, digits, _ and -")
    if len(held) != (PUBLIC_KEY_BYTES if is_retired else ROOT_KEY_BYTES):
        raise KeyFileFault(f"{path}: key {number} is not {ROOT_KEY_BYTES} bytes long")
    return RetiredKey(key_id, held) if is_retired else RootKey(key_id, held, "superseded_at" in entry)


# -- following ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class FollowedKeys:
    """A keyring that is kept like its file: `look` takes over a file that has changed.

    A file that cannot be read, or that shares no key with the one before, changes nothing; `trouble` says why.
    """

    path: Path
    keyring: Keyring = field(init=False)
    trouble: str | None = None
    _seen: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        self._seen = self._mark()
        self.keyring = load_keyring(self.path)

    def look(self) -> bool:
        """Take over the keys of a file that has changed; tell whether it has. Never raises."""
        mark = self._mark()
        if mark is not None and mark == self._seen:
            return False
        try:
            keys, retired = _keys_of(self.path, read_entries(self.path))
        except KeyFileFault as error:
            return self._refuse(str(error))
        if {key.key_id for key in keys}.isdisjoint(self.keyring.key_ids):
            return self._refuse(f"{self.path}: holds none of the keys that were in it: not taken over")
        self._seen, self.trouble = mark, None
        self.keyring.hold(keys, retired)
        log.info("key_file_taken_over", newest=self.keyring.key_id, in_use=len(self.keyring.in_use))
        return True

    def _refuse(self, trouble: str) -> bool:
        if trouble != self.trouble:
            log.error("key_file_not_taken_over", reason=trouble)
        self.trouble = trouble
        return False

    def _mark(self) -> tuple[int, ...] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_mode


# -- changing ----------------------------------------------------------------------------------------------------------


def add_key(path: Path, at: datetime) -> str:
    """Put a fresh key first, which is in use from now on beside those that were; return its id."""
    with _changing(path) as entries:
        entries.insert(0, _fresh_key(at))
    return str(entries[0]["id"])


def supersede_older_keys(path: Path, at: datetime) -> tuple[str, ...]:
    """Let the newest key alone be in use; return the ids of those that were besides."""
    with _changing(path) as entries:
        older = [entry for entry in entries[1:] if "secret" in entry and "superseded_at" not in entry]
        for entry in older:
            entry["superseded_at"] = at.isoformat(timespec="milliseconds")
    return tuple(entry["id"] for entry in older)


def retire_key(path: Path, key_id: str) -> None:
    """Drop the secret of a superseded key for good; of what it verifies, receipts alone are left."""
    with _changing(path) as entries:
        for entry in entries:
            if entry["id"] == key_id and "superseded_at" in entry and "secret" in entry:
                signer = RootKey(key_id, base64.b64decode(entry.pop("secret"))).signer()
                public = signer.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
                entry["public"] = base64.b64encode(public).decode()


@contextlib.contextmanager
def _changing(path: Path) -> Iterator[list[Entry]]:
    """Hand out the entries to be changed, and put the file with the changes in the old one's place at once.

    One change at a time, whoever makes it. The file stays whose it was, with the mode that it had.
    """
    place = path.resolve()  # where it is a link, what it leads to is replaced
    try:
        directory = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        entries = read_entries(path)
        yield entries
        with _written_beside(place, entries) as part:
            was = place.stat()
            if (was.st_uid, was.st_gid) != (os.geteuid(), os.getegid()):
                os.chown(part, was.st_uid, was.st_gid)
            part.chmod(stat.S_IMODE(was.st_mode))
            part.replace(place)
        os.fsync(directory)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        os.close(directory)


@contextlib.contextmanager
def _written_beside(path: Path, entries: list[Entry]) -> Iterator[Path]:
    """Write a whole key file beside its place, for its owner alone; it is gone afterwards unless it was moved."""
    opened, part = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(opened, "w", encoding="ascii") as file:
            json.dump({"format": KEY_FILE_FORMAT, "keys": entries}, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        yield Path(part)
    finally:
        Path(part).unlink(missing_ok=True)


def _fresh_key(at: datetime) -> Entry:
    secret = os.urandom(ROOT_KEY_BYTES)
    return {
        "id": f"k-{sha256(b'flagging key id' + secret).hexdigest()[:12]}",
        "created_at": at.isoformat(timespec="milliseconds"),
        "secret": base64.b64encode(secret).decode(),
    }


def _unwritable(path: Path, error: OSError) -> KeyFileFault:
    return KeyFileFault(f"{path}: cannot be written: {error.strerror}")
