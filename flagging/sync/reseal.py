"""Everything that stands sealed in Redis, sealed anew for the keys in use once these have changed.

The current edition is published once more, kept ones are put in their own place, documents are rewritten as they are,
and the access list goes out as a new version, so that every host's copy of it is replaced. At every moment all of it
can be read with any one key that is in use before and after. Doing it again does no harm: one cut short is repeated.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice

import structlog

from flagging.access.live import ACCESS, LiveAccess
from flagging.documents import bytes_of
from flagging.errors import EditionUnverified, PublishConflict, SealBroken, StoreUnreachable
from flagging.key_file import FollowedKeys
from flagging.register.chunks import chunk_key
from flagging.register.edition import load_records
from flagging.register.manifest import Manifest, digest
from flagging.register.publication import Publication, publishing
from flagging.register.store import EditionStore
from flagging.register.transactions import Pipe, Write, redis_errors, write_if_still_so
from flagging.sealing import LONGEST_HEAD, Keyring
from flagging.sync.amend import amended
from flagging.sync.memory import Known
from flagging.sync.note import Notes
from flagging.sync.overlaps import overlaps_kept
from flagging.sync.progress import SEALING, Progress, SyncEnded, told, untold
from flagging.sync.publish import Publisher, confirm_not_behind
from flagging.sync.report import Result, SyncReport

SOURCE = "keys rotated"
ROUNDS = 4
"""Whoever still seals for the keys of before may undo a part of it: it is done over so often, then given up."""
KEYS_AT_ONCE = 500
RETRY_SECONDS = 5.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Resealer:
    """Seals anew what `keyring` says is not sealed for just the keys in use.

    `seen` tells the generation that Redis must not be behind; `elsewhere` seals anew what lies outside Redis;
    `progress` is told how far it has got, and may end it there: what is left is done another time.
    """

    publisher: Publisher
    notes: Notes
    access: LiveAccess
    keyring: Keyring
    seen: Callable[[], int] = lambda: 0
    elsewhere: Callable[[], None] = lambda: None
    progress: Progress = untold

    @property
    def _store(self) -> EditionStore:
        return self.publisher.store

    def run(self) -> int:
        """Seal anew whatever has to be; return how many values in Redis that were.

        What opens with no key in use is lost, whatever is done: it is told in the log and left to whoever writes it
        next. Raises PublishConflict while others publish or keep sealing for other keys, StoreUnreachable, and
        EditionUnverified when the current edition cannot be read. `elsewhere` comes first, and raises what it raises,
        and what `progress` raises to end it.
        """
        self.elsewhere()
        lost: set[str] = set()
        number = 0
        for _ in range(ROUNDS):
            outdated = [key for key in self.outdated() if key not in lost]
            if not outdated:
                return number
            number += len(outdated)
            lost |= self._seal_anew(outdated)
        raise PublishConflict("somebody keeps sealing for other keys: has every host the newest key file?")

    def outdated(self) -> list[str]:
        """Return the keys in Redis of all that is not sealed for just the keys in use.

        What belongs to no kept edition does not count: the next publisher sweeps it away.
        """
        pointer = self._store.look().pointer
        kept = {*self._store.kept(), *([pointer.edition] if pointer else [])}
        return sorted(key for key in self._sealed_otherwise() if _edition_in(key) in {None, *kept})

    def _sealed_otherwise(self) -> Iterator[str]:
        client = self._store.client
        with redis_errors():
            keys = map(bytes_of, client.scan_iter(match="flagging:*", count=1000, _type="string"))
            while some := list(islice(keys, KEYS_AT_ONCE)):
                with client.pipeline(transaction=False) as pipe:
                    for key in some:
                        pipe.getrange(key, 0, LONGEST_HEAD - 1)
                    heads = pipe.execute()
                yield from (key.decode() for key, head in zip(some, heads, strict=True) if not self._is_current(head))

    def _is_current(self, head: bytes) -> bool:
        try:
            return self.keyring.is_current(head)
        except SealBroken:
            return True  # a lock or a number: nothing that is sealed

    def _seal_anew(self, outdated: list[str]) -> set[str]:
        """Seal these anew; return those that do not open."""
        pointer = self._store.look().pointer
        editions = {_edition_in(key) for key in outdated if not _is_document(key)}
        if pointer and pointer.edition in editions:
            self._publish_anew()
        for number in told(editions, SEALING, self.progress, every=1):
            self._replace_kept(number)
        return {key for key in outdated if _is_document(key) and not self._rewrite(key)}

    def _publish_anew(self) -> None:
        """Publish the current edition once more: the same people, the same list, the same hold."""
        store = self._store
        sighting = store.look()
        if sighting.pointer is None:
            raise PublishConflict("the register was lost meanwhile")
        confirm_not_behind(sighting, self.seen())
        manifest = store.pointed(sighting.pointer)
        known = Known(manifest, load_records(manifest, store.chunks_of(manifest), store.seal))
        now = datetime.now(UTC)
        overlaps = overlaps_kept(store, manifest, known.records)
        report = SyncReport(result=Result.PUBLISHED, source=SOURCE, started_at=now, finished_at=now, overlaps=overlaps)
        self.publisher.publish(
            amended(known, sighting, known.records.values(), report, partial(self.notes.amended, report)),
            self.progress,
        )

    def _replace_kept(self, number: int | None) -> None:
        """Put a kept edition in its own place, unless it has become current: pointers name an edition as it stands.

        One that does not verify is no good to go back to, and is deleted.
        """
        with publishing(self._store) as publication:
            kept, pointer = self._store.kept(), self._store.look().pointer
            if number not in kept or (pointer and pointer.edition == number):
                return
            try:
                self._replace(publication, self._store.manifest(number))
            except EditionUnverified as error:
                log.error("kept_edition_deleted", edition=number, reason=str(error))  # noqa: TRY400
                publication.retire([number])
                publication.sweep({*kept} - {number})

    def _replace(self, publication: Publication, manifest: Manifest) -> None:
        seal, chunks = self._store.seal, []
        for position, named in enumerate(manifest.chunk_digests):
            key = chunk_key(manifest.number, position)
            sealed = self._store.chunk(manifest.number, position)
            if sealed is None or digest(sealed) != named:
                raise EditionUnverified(f"{key}: not the chunk the manifest names")
            chunks.append(seal.seal(seal.open(sealed, key), key))
        resealed = replace(manifest, chunk_digests=tuple(map(digest, chunks)), key_id=seal.key_id)
        publication.replace_edition(resealed, chunks, former_chunks=len(chunks))

    def _rewrite(self, key: str) -> bool:
        """Rewrite one document as it is; return False where it does not open."""
        try:
            if key == ACCESS:
                self.access.change(lambda known: known)
            else:
                write_if_still_so(self._store.client, [key], lambda pipe: self._same(pipe, key))
        except SealBroken as error:
            log.error("not_sealed_anew", key=key, reason=str(error))  # noqa: TRY400
            return False
        return True

    def _same(self, pipe: Pipe, key: str) -> Write:
        (sealed,) = pipe.mget(key)
        if sealed is None:
            return lambda _: None
        documents = self._store.documents
        anew = documents.sealed(key, documents.opened(key, sealed))
        return lambda pipe: pipe.set(key, anew)


@dataclass(slots=True)
class KeptSealed:
    """The worker's part: everything is sealed anew at its start, whenever the key file changes, and until it is done.

    `afterwards` is called when anything was.
    """

    keys: FollowedKeys
    resealer: Resealer
    afterwards: Callable[[], None]
    _due: float | None = 0.0

    def look(self) -> None:
        """Take over a key file that has changed, and do what is due; faults of Redis and of the file are waited out."""
        if self.keys.look():
            self._due = 0.0
        if self._due is None or time.monotonic() < self._due:
            return
        try:
            number = self.resealer.run()
            if number:
                log.info("sealed_anew", values=number)
                self.afterwards()
            self._due = None
        except SyncEnded:
            self._due = 0.0
        except (StoreUnreachable, PublishConflict, EditionUnverified) as error:
            log.warning("not_sealed_anew_yet", kind=type(error).__name__, reason=str(error))
            self._due = time.monotonic() + RETRY_SECONDS


def _edition_in(key: str) -> int | None:
    """Return the number of the edition that a key belongs to."""
    parts = key.split(":")
    return int(parts[2]) if parts[1] == "edition" and parts[2].isdigit() else None


def _is_document(key: str) -> bool:
    """Tell a document, which is sealed by itself, from the parts of an edition, which are verified together."""
    return _edition_in(key) is None or key.endswith(":report")
