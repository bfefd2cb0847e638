"""Records ⇄ sealed chunks: what `publish` writes and what every server process reads and verifies."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b, sha256
from itertools import islice

import msgpack

from flagging.errors import EditionUnverified
from flagging.matching.derived import Derived, derive, pack_derived, unpack_derived
from flagging.record import Record
from flagging.register.manifest import Manifest, digest
from flagging.register.wire import pack_record, unpack_record
from flagging.sealing import Seal

RECORDS_PER_CHUNK = 250
# A tenth more than at zlib's own default, in a third of the time, which is a tenth of all that a sync takes.
_COMPRESSION = 1
_UNREADABLE = (ValueError, TypeError, LookupError, msgpack.UnpackException)


@dataclass(frozen=True, slots=True)
class PackedRecords:
    """Packed records of a whole edition, in order, before they are sealed under an edition's number."""

    chunks: tuple[bytes, ...]
    content_digest: str


def manifest_key(number: int) -> str:
    return f"flagging:edition:{number}"


def chunk_key(number: int, position: int) -> str:
    return f"flagging:edition:{number}:chunk:{position}"


def report_key(number: int) -> str:
    return f"flagging:edition:{number}:report"


def pack_row(record: Record) -> bytes:
    """Pack a record with what matching derives from it (phonetic codes, blocking keys): computed here, once."""
    packed: bytes = msgpack.packb([pack_record(record), pack_derived(derive(record.identity))])
    return packed


def pack_rows(rows: Iterable[bytes]) -> PackedRecords:
    """Divide packed records, in order, into chunks."""
    whole, left = sha256(), iter(rows)
    chunks = []
    while part := list(islice(left, RECORDS_PER_CHUNK)):
        whole.update(b"".join(part))
        chunks.append(zlib.compress(msgpack.packb(part), level=_COMPRESSION))
    return PackedRecords(tuple(chunks), whole.hexdigest())


def seal_chunk(chunk: bytes, number: int, position: int, seal: Seal) -> bytes:
    return seal.seal(chunk, chunk_key(number, position))


def open_chunk(sealed: bytes | None, manifest: Manifest, position: int, seal: Seal) -> list[bytes]:
    """Return the packed rows of one chunk; raise EditionUnverified unless it is exactly the one the manifest names."""
    key = chunk_key(manifest.number, position)
    if sealed is None:
        raise EditionUnverified(f"{key}: missing")
    if digest(sealed) != manifest.chunk_digests[position]:
        raise EditionUnverified(f"{key}: not the chunk the manifest names")
    try:
        rows = msgpack.unpackb(zlib.decompress(seal.open(sealed, key)))
    except (zlib.error, msgpack.UnpackException, ValueError):
        raise EditionUnverified(f"{key}: sealed, but not a chunk of this format") from None
    if not isinstance(rows, list) or not all(isinstance(row, bytes) for row in rows):
        raise EditionUnverified(f"{key}: sealed, but not a chunk of this format")
    return rows


def row_digest(row: bytes) -> bytes:
    """Return what tells a packed row from every other: the same digest, the same record."""
    return blake2b(row, digest_size=16).digest()


def unpack_row(row: bytes, known: Record | None = None) -> tuple[Record, Derived]:
    """Return what a row says; its record is `known` if that was unpacked from the very same row before.

    Raises EditionUnverified for a row this version cannot read.
    """
    try:
        record, derived = msgpack.unpackb(row)
        return known or unpack_record(record), unpack_derived(derived)
    except _UNREADABLE:
        raise EditionUnverified("a record is not in this version's form") from None


def unpack_row_record(row: bytes) -> Record:
    """Return the record alone, whichever version of matching the row was written for."""
    try:
        return unpack_record(msgpack.unpackb(row)[0])
    except _UNREADABLE:
        raise EditionUnverified("a record is not in this version's form") from None
