"""Reading the segments of the spool, whose form is described in `spool`: by those who drain, prove and rotate keys."""

import contextlib
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag

from flagging.errors import FormatUnknown, SealBroken
from flagging.sealing import TAG_BYTES, Keyring
from flagging.spool import LENGTH, MARK, NONCE, SEGMENT_ID_BYTES


def keys_needed(directory: Path) -> Counter[str]:
    """Count the segments in the spool by the key that each is sealed with."""
    needed: Counter[str] = Counter()
    for path in directory.glob("*.spool"):
        with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
            head = file.read(len(MARK) + 1 + 255)
            if len(head) > len(MARK):
                needed[_key_id_in(head)] += 1
    return needed


@dataclass(frozen=True, slots=True)
class Place:
    """How far into a segment: the bytes, header included, and the entries before it."""

    offset: int = 0
    entries: int = 0


@dataclass(frozen=True, slots=True)
class Head:
    """What a segment begins with: the key it is sealed with and its name; the first entry lies at `end`."""

    key_id: str
    name: bytes
    end: int


def read_head(path: Path) -> Head | None:
    """Return how a segment begins, None as long as its header is not whole; SealBroken for what is no segment."""
    with path.open("rb") as file:
        start = file.read(len(MARK) + 1 + 255 + SEGMENT_ID_BYTES)
    if start[: len(MARK)] != MARK[: len(start)]:
        if start.startswith(MARK[:-1]):
            raise FormatUnknown(f"{path.name}: a spool segment of a later version, left for that one to drain")
        raise SealBroken(f"{path.name}: not a spool segment")
    end = len(MARK) + 1 + (start[len(MARK)] if len(start) > len(MARK) else 0) + SEGMENT_ID_BYTES
    return None if len(start) < end else Head(_key_id_in(start), start[end - SEGMENT_ID_BYTES : end], end)


def read_on(path: Path, keyring: Keyring, place: Place) -> Iterator[tuple[bytes | None, Place]]:
    """Yield the entries of a segment from a place on, each with the place behind it; None for one that does not open.

    A last frame, or a header, cut short by the end of its process is where reading stops: no answer left after it.
    """
    head = read_head(path)
    if head is None:
        return
    cipher = keyring.spool_cipher(head.key_id, head.name)
    with path.open("rb") as file:
        place = Place(max(place.offset, head.end), place.entries)
        file.seek(place.offset)
        while len(measured := file.read(LENGTH.size)) == LENGTH.size:
            (length,) = LENGTH.unpack(measured)
            if not TAG_BYTES <= length <= os.fstat(file.fileno()).st_size - file.tell():
                return
            try:
                entry = cipher.decrypt(NONCE.pack(0, place.entries), file.read(length), head.name)
            except InvalidTag:
                entry = None
            place = Place(place.offset + LENGTH.size + length, place.entries + 1)
            yield entry, place


def read_segment(path: Path, keyring: Keyring) -> Iterator[bytes]:
    """Yield the entries of one segment in order; raise SealBroken for a frame that does not open."""
    for entry, place in read_on(path, keyring, Place()):
        if entry is None:
            raise SealBroken(f"{path.name}: entry {place.entries} does not open")
        yield entry


def _key_id_in(content: bytes) -> str:
    start = len(MARK) + 1
    return content[start : start + content[len(MARK)]].decode("ascii", "replace")
