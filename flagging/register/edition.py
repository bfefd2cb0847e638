"""One complete, immutable build of the register, in memory: loaded chunk by chunk, verified, indexed.

An `Edition` exists only if everything the manifest promises was found: nothing half-loaded can be asked.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from flagging.errors import EditionUnverified
from flagging.matching.derived import MATCHING_VERSION
from flagging.matching.index import CandidateIndex
from flagging.record import Record
from flagging.register.chunks import open_chunk, row_digest, unpack_row, unpack_row_record
from flagging.register.manifest import FORMAT, Counts, Manifest
from flagging.sealing import Seal
from flagging.terms import Status

RECORDS_PER_SLICE = 8
"""Records indexed between two pauses, well under a millisecond: a server goes on answering while it loads."""


NOTHING_KNOWN: Mapping[bytes, Record] = {}


@dataclass(frozen=True, slots=True)
class Edition:
    """A verified edition and its index; `by_row` has each record by the digest of the row it was unpacked from."""

    manifest: Manifest
    index: CandidateIndex
    by_row: Mapping[bytes, Record] = field(default_factory=dict)


def load_edition(
    manifest: Manifest,
    read_chunk: Callable[[int], bytes | None],
    seal: Seal,
    pause: Callable[[], None],
    known: Mapping[bytes, Record] = NOTHING_KNOWN,
) -> Edition:
    """Load the edition a manifest describes.

    Verified are format and matching version, every chunk's digest and seal, the digest of all records together,
    the counts by status, that no reference occurs twice, and that each canary is retrieved by its own identity.
    Raises EditionUnverified on the first that fails; `pause` is called after every slice. A record whose row,
    byte for byte, is `known` by its digest is taken over: most are the same in the edition before, and two editions
    are held for as long as one takes the other's place.
    """
    if manifest.matching_version != MATCHING_VERSION:
        raise EditionUnverified(
            f"edition {manifest.number}: matching version {manifest.matching_version}, "
            f"this version reads {MATCHING_VERSION}"
        )
    index, by_row = CandidateIndex(), dict[bytes, Record]()
    for row in verified_rows(manifest, read_chunk, seal):
        digest = row_digest(row)
        record, derived = unpack_row(row, known.get(digest))
        by_row[digest] = record
        index.add(record, derived)
        if len(index) % RECORDS_PER_SLICE == 0:
            pause()
    _verify_counts(manifest, index.records)
    _ask_canaries(manifest, index)
    index.hold_as_one(manifest.overlaps)
    return Edition(manifest, index, by_row)


def load_records(manifest: Manifest, read_chunk: Callable[[int], bytes | None], seal: Seal) -> dict[str, Record]:
    """Return the verified records of an edition by reference, whichever version of matching it was built for."""
    records = [unpack_row_record(row) for row in verified_rows(manifest, read_chunk, seal)]
    _verify_counts(manifest, records)
    return {record.ppo_ref: record for record in records}


def verified_rows(manifest: Manifest, read_chunk: Callable[[int], bytes | None], seal: Seal) -> Iterator[bytes]:
    """Yield an edition's packed records in order; raises EditionUnverified, for their digest only at the end."""
    if manifest.format != FORMAT:
        raise EditionUnverified(f"edition {manifest.number}: format {manifest.format}, this version reads {FORMAT}")
    whole = sha256()
    for position in range(len(manifest.chunk_digests)):
        for row in open_chunk(read_chunk(position), manifest, position, seal):
            whole.update(row)
            yield row
    if whole.hexdigest() != manifest.content_digest:
        raise EditionUnverified(f"edition {manifest.number}: the digest of its records is another")


def _verify_counts(manifest: Manifest, records: list[Record]) -> None:
    is_unique = len({record.ppo_ref for record in records}) == len(records)
    if not is_unique or count(records) != manifest.counts:
        raise EditionUnverified(f"edition {manifest.number}: the count of its records is another")


def count(records: Sequence[Record]) -> Counts:
    active = sum(record.status is Status.ACTIVE for record in records)
    missing = sum(record.missing_since is not None for record in records)
    return Counts(active=active, former=len(records) - active, missing=missing)


def _ask_canaries(manifest: Manifest, index: CandidateIndex) -> None:
    canaries = [record for record in index.records if record.ppo_ref in manifest.canaries]
    for record in canaries:
        if not any(index.records[row] is record for row in index.retrieve(record.identity, lambda: False)):
            raise EditionUnverified(f"edition {manifest.number}: a canary is not found by its own identity")
    if len(canaries) != len(manifest.canaries):
        raise EditionUnverified(f"edition {manifest.number}: a canary is missing")
