"""Making an edition current, so that at every moment Redis points to a whole one.

Chunks, then the manifest, then everything is read back and asked as a server would, what has to be recorded is, and
only then the one pointer moves. Whatever is interrupted before that leaves nothing but orphans, which the next
publisher sweeps.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count as count_from

import structlog

from flagging.errors import EditionUnverified, PublishConflict, StoreUnreachable
from flagging.matching.derived import MATCHING_VERSION
from flagging.matching.model import Model
from flagging.record import Record
from flagging.register.chunks import PackedRecords, pack_rows, seal_chunk
from flagging.register.edition import RECORDS_PER_SLICE, Edition, count, load_edition
from flagging.register.manifest import Heartbeat, Manifest, Pointer, digest
from flagging.register.publication import Publication, publishing
from flagging.register.rehearsal import rehearse
from flagging.register.store import EditionStore, Sighting
from flagging.register.sync_log import Told
from flagging.sync.canaries import choose_canaries
from flagging.sync.erasure import erase_from_kept
from flagging.sync.note import accepted_list
from flagging.sync.packing import Packing
from flagging.sync.progress import PACKING, VERIFYING, Progress, told, untold
from flagging.sync.report import MOST_LISTED, SyncReport

PUBLISHED, ROLLED_BACK = "published", "rolled back"
_SLICES_BETWEEN_RENEWALS = 32  # some tens of milliseconds of work; each renewal asks Redis

log = structlog.get_logger(__name__)


def _nothing(_: Manifest) -> None:
    """Record nothing: the list itself says all that the edition does."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What an edition is to be built from. Times in Unix seconds; `checked_at` where the list was not read just now.

    `seen` is the pointer it was built on: should another have taken its place meanwhile, the draft is void. `follows`
    is the number of the edition it was built on, and `generation` the highest seen, which Redis may both have
    forgotten. `because` and `hold` go into the pointer. `erased` are people it no longer holds and no kept edition
    may; with `is_afresh` no kept edition may be gone back to, as they come from an old copy of Redis. `record` writes
    down what must not happen unrecorded, or raises; `report` goes with the edition; `told` is what is said of it in
    the write that makes it current.
    """

    records: tuple[Record, ...]
    caveats: tuple[str, ...]
    list_name: str
    list_digest: str
    list_dated: float
    listed_count: int
    report: SyncReport
    told: Callable[[Manifest], Told]
    seen: Pointer | None
    list_files: tuple[str, ...] = ()
    overlaps: tuple[tuple[str, str], ...] = ()
    checked_at: float | None = None
    follows: int = 0
    generation: int = 0
    because: str = PUBLISHED
    hold: str | None = None
    erased: tuple[str, ...] = ()
    is_afresh: bool = False
    record: Callable[[Manifest], None] = field(default=_nothing)


@dataclass(frozen=True, slots=True)
class Publisher:
    """Publishes editions; `keep` of them, the current one included, stay to go back to."""

    store: EditionStore
    model: Model
    keep: int
    packing: Packing = field(default_factory=Packing)

    def publish(self, draft: Draft, progress: Progress = untold) -> tuple[Manifest, Pointer]:
        """Build, write, verify and switch to a new edition; return its manifest and the pointer that leads to it.

        Raises PublishConflict when another worker publishes or has published, EditionUnverified when what was read
        back is not what was written, StoreUnreachable, or what `draft.record` raises. In each case the current
        edition stays.
        """
        rows = [self.packing.row_of(record) for record in told(draft.records, PACKING, progress)]
        packed = pack_rows(rows)
        with publishing(self.store) as publication:
            sighting = self._begin(publication)
            if sighting.pointer != draft.seen:
                raise PublishConflict("another worker has made another edition current")
            kept = self._kept(sighting)
            publication.sweep(kept)
            number = publication.next_number(above=max(kept | {draft.follows}))
            manifest = self._write(publication, draft, packed, number, sighting.now)
            verified = self._verify(manifest, publication, progress)
            self.packing.hold(draft.records, rows, verified)
            draft.record(manifest)
            pointer = _next_pointer(sighting, manifest, draft.because, draft.hold, draft.generation)
            heartbeat = Heartbeat(number, manifest.fingerprint, manifest.checked_at, manifest.list_dated)
            publication.switch(pointer, heartbeat, draft.told(manifest), erased=draft.erased, is_afresh=draft.is_afresh)
            self._tidy(publication, set() if draft.is_afresh else kept, number, draft.erased)
        return manifest, pointer

    def roll_back(self, number: int, record: Callable[[Manifest], None], seen: int = 0) -> Manifest:
        """Make a kept edition current again.

        Raises EditionUnverified when it is not kept or does not verify, or Redis is an old copy: what it points to is
        from before generation `seen`.

        The list was last checked when it was last checked: going back makes the register neither fresher nor staler.
        It holds until another list than the one last accepted arrives; going forward to the edition which that list
        was accepted for holds nothing up any more. `record` writes it down first, or raises.
        """
        with publishing(self.store) as publication:
            sighting = self._begin(publication)
            confirm_not_behind(sighting, seen)
            if number not in self.store.kept():
                raise EditionUnverified(f"edition {number} is not kept")
            manifest = self.store.manifest(number)
            self._verify(manifest, publication, untold)
            record(manifest)
            checked_at = sighting.heartbeat.checked_at if sighting.heartbeat else manifest.checked_at
            publication.switch(
                _next_pointer(sighting, manifest, ROLLED_BACK, self._held_off(sighting, number)),
                Heartbeat(number, manifest.fingerprint, checked_at, manifest.list_dated),
                Told(),
            )
        return manifest

    def finish_erasure(self) -> None:
        """Finish an erasure that was cut short; see `Sighting.erasing`."""
        with publishing(self.store) as publication:
            self._begin(publication)

    def _begin(self, publication: Publication) -> Sighting:
        """Look, having done first what the last publisher may have left undone: nobody erased can come back by it."""
        sighting = self.store.look()
        if sighting.erasing:
            current = sighting.pointer.edition if sighting.pointer else None
            erase_from_kept(self.store, publication, sighting.erasing, current)
        return sighting

    def _kept(self, sighting: Sighting) -> set[int]:
        return {*self.store.kept(), *([sighting.pointer.edition] if sighting.pointer else [])}

    def _held_off(self, sighting: Sighting, number: int) -> str | None:
        """Return the digest of the list that an edition gone back to is to hold off: the one last accepted."""
        accepted = accepted_list(sighting)
        if accepted is not None:
            return None if accepted.edition == number else accepted.digest
        pointer = sighting.pointer
        with suppress(EditionUnverified):
            return pointer.hold or self.store.pointed(pointer).list_digest if pointer else None
        return None

    def _write(
        self, publication: Publication, draft: Draft, packed: PackedRecords, number: int, now: float
    ) -> Manifest:
        sealed = [seal_chunk(chunk, number, at, self.store.seal) for at, chunk in enumerate(packed.chunks)]
        checked_at = now if draft.checked_at is None else min(draft.checked_at, now)
        manifest = Manifest(
            number=number,
            built_at=now,
            checked_at=checked_at,
            list_name=draft.list_name,
            list_digest=draft.list_digest,
            list_dated=min(draft.list_dated, now),
            listed_count=draft.listed_count,
            list_files=draft.list_files,
            overlaps=draft.overlaps,
            counts=count(draft.records),
            content_digest=packed.content_digest,
            chunk_digests=tuple(digest(chunk) for chunk in sealed),
            canaries=choose_canaries(draft.records),
            caveats=draft.caveats,
            matching_version=MATCHING_VERSION,
            key_id=self.store.seal.key_id,
        )
        for at, chunk in enumerate(sealed):
            publication.write_chunk(number, at, chunk)
        publication.write_manifest(manifest, replace(draft.report, edition=number).as_dict(MOST_LISTED))
        return manifest

    def _verify(self, expected: Manifest, publication: Publication, progress: Progress) -> Edition:
        """Load an edition from Redis as a server would, and look its canaries up; the lock is held on meanwhile."""
        number = expected.number
        manifest = self.store.manifest(number)
        if manifest != expected:
            raise EditionUnverified(f"edition {number}: another manifest than was written")
        slices = count_from(1)

        def pause() -> None:
            done = next(slices)
            if done % _SLICES_BETWEEN_RENEWALS == 1:
                publication.renew()
                progress(VERIFYING, done * RECORDS_PER_SLICE, manifest.counts.records)

        chunks = self.store.chunks_of(manifest)
        edition = load_edition(manifest, chunks, self.store.seal, pause, self.packing.known)
        rehearse(edition, self.model)
        progress(VERIFYING, manifest.counts.records, manifest.counts.records)
        publication.renew()
        return edition

    def _tidy(self, publication: Publication, kept: set[int], current: int, erased: tuple[str, ...]) -> None:
        """Delete the oldest editions and clear the others of people erased.

        Should that fail, the new edition is current all the same, and the next publisher does what is left.
        """
        surplus = sorted(kept)[: max(0, len(kept) + 1 - self.keep)]
        try:
            publication.retire(surplus)
            publication.sweep({*kept, current}.difference(surplus))
            if erased:
                erase_from_kept(self.store, publication, erased, current)
        except (PublishConflict, StoreUnreachable) as error:
            log.warning("old_editions_not_tidied", reason=str(error))


def confirm_not_behind(sighting: Sighting, seen: int) -> None:
    """Raise EditionUnverified if Redis points to an edition from before generation `seen`: it must be mended first."""
    if sighting.pointer is not None and sighting.pointer.generation < seen:
        raise EditionUnverified("Redis is an old copy of what it was: nothing can be changed until the worker mends it")


def _next_pointer(sighting: Sighting, manifest: Manifest, because: str, hold: str | None, seen: int = 0) -> Pointer:
    before = max(seen, sighting.pointer.generation if sighting.pointer else 0)
    # Counting on from the time keeps generations growing even after everybody has forgotten the last one.
    generation = max(before + 1, int(sighting.now * 1000))
    return Pointer(manifest.number, manifest.fingerprint, generation, because, hold)
