"""The register as retro-alerts need it: what has changed between two editions, and the whole of the current one."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from flagging.errors import EditionUnverified
from flagging.matching.derived import derive
from flagging.matching.index import CandidateIndex
from flagging.record import Record
from flagging.register.edition import Edition, load_edition, load_records
from flagging.register.loading import take_a_break
from flagging.register.manifest import Manifest
from flagging.register.store import EditionStore

KEEP_SECONDS = 60.0
"""How long the whole edition is held after it was needed: it takes memory, and time to load."""


@dataclass(slots=True)
class Editions:
    """Reads editions; holds the records of the current one, to tell what the next one changes.

    `known` gives an edition that this process holds anyway, with its records, if there is one.
    """

    store: EditionStore
    known: Callable[[], tuple[Manifest, Mapping[str, Record]] | None]
    _manifest: Manifest | None = None
    _records: dict[int, Mapping[str, Record]] = field(default_factory=dict)
    _changed: dict[int, Edition | None] = field(default_factory=dict)
    _whole: Edition | None = None
    _needed_at: float = 0.0

    def current(self) -> int | None:
        """Return the number of the current edition; None where there is none.

        Raises StoreUnreachable, or EditionUnverified for one that cannot be read.
        """
        pointer = self.store.look().pointer
        if pointer is None:
            return None
        if self._manifest is None or self._manifest.fingerprint != pointer.fingerprint:
            manifest = self.store.pointed(pointer)
            before = self._records.get(self._manifest.number) if self._manifest else None
            records = {manifest.number: self._load(manifest)}
            if before is not None and self._manifest is not None and self._manifest.number != manifest.number:
                records[self._manifest.number] = before
            self._manifest, self._records, self._whole = manifest, records, None
            self._changed.clear()
        if self._whole is not None and time.monotonic() - self._needed_at > KEEP_SECONDS:
            self._whole = None
        return pointer.edition

    def records(self) -> Mapping[str, Record]:
        """Return the records of the current edition by reference."""
        return self._records[self._manifest.number] if self._manifest else {}

    def changed_since(self, number: int | None) -> Edition | None:
        """Return what is new or other in the current edition than in edition `number`, as an edition of its own.

        All of the current one where that is not kept any more; None where nothing is.
        """
        manifest, before = self._manifest, self._earlier(number)
        if manifest is None:
            return None
        if number is None or before is None:
            return self.whole()
        if number not in self._changed:
            changed = [record for ref, record in self.records().items() if before.get(ref) != record]
            self._changed[number] = Edition(manifest, _indexed(changed, manifest.overlaps)) if changed else None
        return self._changed[number]

    def whole(self) -> Edition:
        """Return the current edition, whole, to be asked as a server would be."""
        manifest = self._manifest
        if manifest is None:
            raise EditionUnverified("no edition is known")
        if self._whole is None:
            chunks = self.store.chunks_of(manifest)
            self._whole = load_edition(manifest, chunks, self.store.seal, take_a_break)
        self._needed_at = time.monotonic()
        return self._whole

    def _earlier(self, number: int | None) -> Mapping[str, Record] | None:
        if number is None:
            return None
        if number not in self._records:
            try:
                self._records[number] = self._load(self.store.manifest(number))
            except EditionUnverified:
                return None
        return self._records[number]

    def _load(self, manifest: Manifest) -> Mapping[str, Record]:
        known = self.known()
        if known is not None and known[0].fingerprint == manifest.fingerprint:
            return known[1]
        return load_records(manifest, self.store.chunks_of(manifest), self.store.seal)


def _indexed(records: Iterable[Record], overlaps: Iterable[tuple[str, str]]) -> CandidateIndex:
    index = CandidateIndex()
    for record in records:
        index.add(record, derive(record.identity))
    held = {record.ppo_ref for record in index.records}
    index.hold_as_one(tuple(pair for pair in overlaps if held.issuperset(pair)))
    return index
