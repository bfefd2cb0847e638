"""The register as a worker knows it: what stands in Redis, and what to build on once Redis has lost it.

Owns the rule that nothing from before the edition last seen is ever built on or vouched for.
"""

from dataclasses import dataclass

import structlog

from flagging.errors import EditionUnverified
from flagging.record import Record
from flagging.register.edition import load_records
from flagging.register.manifest import Manifest, Pointer
from flagging.register.replica import ReplicaFile
from flagging.register.store import EditionStore, Sighting

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Known:
    """An edition that the next one is built on: what it says of itself, and its records by reference."""

    manifest: Manifest
    records: dict[str, Record]


@dataclass(frozen=True, slots=True)
class Basis:
    """What stands in Redis and what to build on.

    `known` is the edition that `pointer` leads to or, where Redis has lost it, the best there is in its place;
    `pointer` is None where it is missing or from before the one last seen. `is_held` tells that Redis holds the
    edition it points to, whole; `is_from_memory` that Redis as a whole has lost what is built on.
    """

    sighting: Sighting
    pointer: Pointer | None
    known: Known | None
    is_held: bool
    is_from_memory: bool


class Memory:
    """What one worker remembers: the last edition seen and the pointer to it, on disk too to outlive the process.

    A pointer of a lower generation than that one comes from an old copy of Redis, and counts as lost.
    """

    def __init__(self, store: EditionStore, replica: ReplicaFile | None) -> None:
        self._store = store
        self._replica = replica
        self.last: Known | None = None
        self.pointer: Pointer | None = None
        kept = replica.load() if replica else None
        if kept is not None:
            manifest, records, self.pointer = kept
            self.last = Known(manifest, records)
        self._on_disk = self.pointer

    @property
    def generation(self) -> int:
        """The highest generation seen, 0 before any."""
        return self.pointer.generation if self.pointer else 0

    def refresh(self) -> None:
        """Hold the current edition, so that a Redis that forgets it costs nobody their place on the register."""
        basis = self.basis()
        if basis.is_held and basis.pointer and basis.known:
            self.keep(basis.known, basis.pointer)

    def has_lost_register(self) -> bool:
        """Tell whether Redis points to nothing, or to what was current before the edition last seen."""
        return self.followed(self._store.look()) is None

    def followed(self, sighting: Sighting) -> Pointer | None:
        """Return the pointer, unless it is from before the one last seen: then Redis has lost what came since."""
        pointer = sighting.pointer
        return pointer if pointer and pointer.generation >= self.generation else None

    def keep(self, known: Known, pointer: Pointer) -> None:
        """Hold an edition that has just become current or was found to be."""
        self.last, self.pointer = known, pointer
        if self._replica and self._on_disk != pointer and self._replica.keep(known.manifest, pointer):
            self._on_disk = pointer

    def basis(self) -> Basis:
        """Return what to build on, looking at everything there is."""
        sighting = self._store.look()
        if sighting.altered:
            log.error("altered_in_redis", keys=sighting.altered)
        pointer = self.followed(sighting)
        held = self._load(pointer) if pointer else None
        return Basis(
            sighting=sighting,
            pointer=pointer,
            known=held or self.last or self._newest_kept(),
            is_held=held is not None,
            is_from_memory=pointer is None and self.last is not None,
        )

    def _newest_kept(self) -> Known | None:
        found = (self._load(number) for number in reversed(self._store.kept()))
        return next((known for known in found if known), None)

    def _load(self, which: Pointer | int) -> Known | None:
        """Return an edition as it stands in Redis, whole; None when it does not verify."""
        try:
            manifest = self._store.pointed(which) if isinstance(which, Pointer) else self._store.manifest(which)
            if self.last and self.last.manifest == manifest and self._store.is_whole(manifest):
                return self.last
            return Known(manifest, load_records(manifest, self._store.chunks_of(manifest), self._store.seal))
        except EditionUnverified as error:
            number = which.edition if isinstance(which, Pointer) else which
            log.error("edition_unreadable", edition=number, reason=str(error))  # noqa: TRY400
            return None
