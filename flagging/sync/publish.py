"""Making a new edition current, so that at every moment Redis points to a whole one.

Chunks, then the manifest, then everything is read back and asked as a server would, and only then the one pointer
moves. Whatever is interrupted before that leaves nothing but orphans, which the next publisher sweeps.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from flagging.errors import EditionUnverified, PublishConflict, StoreUnreachable
from flagging.matching.derived import MATCHING_VERSION
from flagging.matching.model import Model
from flagging.matching.search import search
from flagging.record import Record
from flagging.register.chunks import PackedRecords, pack_records, seal_chunk
from flagging.register.edition import Edition, count, load_edition
from flagging.register.manifest import Heartbeat, Manifest, Pointer, digest
from flagging.register.store import EditionStore, Sighting

MOST_CANARIES = 5
PUBLISHED, ROLLED_BACK = "published", "rolled back"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Draft:
    """What an edition is to be built from. `list_dated` in Unix seconds; `report` is told the edition's number.

    `follows` is the number of the edition it was built on, and `generation` the highest seen, which Redis may both
    have forgotten.
    """

    records: tuple[Record, ...]
    caveats: tuple[str, ...]
    list_name: str
    list_digest: str
    list_dated: float
    listed_count: int
    report: Callable[[int], dict[str, Any]]
    follows: int = 0
    generation: int = 0


@dataclass(frozen=True, slots=True)
class Publisher:
    """Publishes editions; `keep` of them, the current one included, stay to go back to."""

    store: EditionStore
    model: Model
    keep: int

    def publish(self, draft: Draft) -> Manifest:
        """Build, write, verify and switch to a new edition.

        Raises PublishConflict when another worker publishes, EditionUnverified when what was read back is not what
        was written, StoreUnreachable. In each case the current edition stays.
        """
        packed = pack_records(draft.records)
        with self.store.publishing() as fence:
            sighting = self.store.look()
            kept = {*self.store.kept(), *([sighting.pointer.edition] if sighting.pointer else [])}
            self.store.sweep(kept, fence)
            number = self.store.next_number(above=max(kept | {draft.follows}))
            sealed = [seal_chunk(chunk, number, at, self.store.seal) for at, chunk in enumerate(packed.chunks)]
            manifest = self._manifest(number, draft, packed, sealed, built_at=sighting.now)
            for at, chunk in enumerate(sealed):
                self.store.write_chunk(number, at, chunk, fence)
            self.store.write_manifest(manifest, draft.report(number), fence)
            self._verify(number, fence)
            self.store.switch(
                _next_pointer(sighting, number, PUBLISHED, draft.generation),
                Heartbeat(number, manifest.built_at, manifest.list_dated),
                fence,
            )
            self._retire(kept, number, fence)
        return manifest

    def roll_back(self, number: int) -> Manifest:
        """Make a kept edition current again. Raises EditionUnverified when it is not kept or does not verify.

        The list was last checked when it was last checked: going back makes the register neither fresher nor staler.
        """
        with self.store.publishing() as fence:
            if number not in self.store.kept():
                raise EditionUnverified(f"edition {number} is not kept")
            manifest = self._verify(number, fence).manifest
            sighting = self.store.look()
            checked_at = sighting.heartbeat.checked_at if sighting.heartbeat else manifest.built_at
            self.store.switch(
                _next_pointer(sighting, number, ROLLED_BACK), Heartbeat(number, checked_at, manifest.list_dated), fence
            )
        return manifest

    def _manifest(
        self, number: int, draft: Draft, packed: PackedRecords, sealed: list[bytes], *, built_at: float
    ) -> Manifest:
        return Manifest(
            number=number,
            built_at=built_at,
            list_name=draft.list_name,
            list_digest=draft.list_digest,
            list_dated=min(draft.list_dated, built_at),
            listed_count=draft.listed_count,
            counts=count(draft.records),
            content_digest=packed.content_digest,
            chunk_digests=tuple(digest(chunk) for chunk in sealed),
            canaries=choose_canaries(draft.records),
            caveats=draft.caveats,
            matching_version=MATCHING_VERSION,
            key_id=self.store.seal.key_id,
        )

    def _verify(self, number: int, fence: int) -> Edition:
        """Load an edition from Redis as a server would, and look its canaries up; the lock is held on meanwhile."""
        manifest = self.store.manifest(number)
        edition = load_edition(
            manifest, lambda at: self.store.chunk(number, at), self.store.seal, lambda: self.store.renew(fence)
        )
        for record in edition.index.records:
            if record.ppo_ref not in manifest.canaries:
                continue
            found = search(record.identity, edition.index, self.model, lambda: False)
            if not found.truncated and all(match.record.ppo_ref != record.ppo_ref for match in found.matches):
                raise EditionUnverified(f"edition {number}: a canary lookup does not find its own record")
        return edition

    def _retire(self, kept: set[int], current: int, fence: int) -> None:
        """Delete the oldest editions. Should that fail, the next publisher sweeps: the new edition is current."""
        surplus = sorted(kept)[: max(0, len(kept) + 1 - self.keep)]
        try:
            self.store.retire(surplus, fence)
            self.store.sweep({*kept, current}.difference(surplus), fence)
        except (PublishConflict, StoreUnreachable) as error:
            log.warning("old_editions_not_swept", reason=str(error))


def _next_pointer(sighting: Sighting, number: int, because: str, seen: int = 0) -> Pointer:
    before = max(seen, sighting.pointer.generation if sighting.pointer else 0)
    # Counting on from the time keeps generations growing even after everybody has forgotten the last one.
    return Pointer(number, max(before + 1, int(sighting.now * 1000)), because)


def choose_canaries(records: tuple[Record, ...]) -> tuple[str, ...]:
    """Choose, spread over the edition, people whom their own identity must find: with a name and a full birth date."""
    fit = [record.ppo_ref for record in records if _is_fit(record)]
    step = max(1, len(fit) // MOST_CANARIES)
    return tuple(fit[::step][:MOST_CANARIES])


def _is_fit(record: Record) -> bool:
    persona = record.identity.personas[0] if record.identity.personas else None
    if persona is None or persona.name is None or persona.born is None:
        return False
    return bool(persona.name.given and persona.name.family and persona.born.is_complete)
