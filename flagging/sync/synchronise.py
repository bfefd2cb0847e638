"""One sync: the list as it lies there becomes the register, or leaves it as it is and says why."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from flagging.configuration.master_list import MasterListFormat
from flagging.errors import EditionUnverified, SourceUnreadable
from flagging.matching.derived import MATCHING_VERSION
from flagging.record import Record
from flagging.register.edition import load_records
from flagging.register.manifest import FORMAT, Heartbeat, Manifest, Pointer
from flagging.register.replica import ReplicaFile
from flagging.register.store import EditionStore, Sighting
from flagging.sync.guards import CurrentList, Guards, Recognisable, tripped_by_outcome, tripped_guards
from flagging.sync.merge import Merged, merge
from flagging.sync.publish import ROLLED_BACK, Draft, Publisher
from flagging.sync.reading import ReadList, count_ethnicity, read_list
from flagging.sync.report import Result, SyncReport
from flagging.sync.source import MasterList, read_source
from flagging.terms import Scheme, Status

LONDON = ZoneInfo("Europe/London")

log = structlog.get_logger(__name__)


def london_today() -> date:
    return datetime.now(LONDON).date()


@dataclass(frozen=True, slots=True)
class Known:
    """An edition that the next one is built on: what it says of itself, and its records by reference."""

    manifest: Manifest
    records: dict[str, Record]


@dataclass(frozen=True, slots=True)
class Current:
    """What stands in Redis and what to build on.

    `known` is the current edition or, where Redis has lost it, the best there is in its place; `is_held` tells that
    Redis points to this very edition and holds it whole.
    """

    sighting: Sighting
    known: Known | None
    is_held: bool


@dataclass(slots=True)
class Synchroniser:
    """Syncs one source.

    `last` is the last edition seen, to build on should Redis lose it; `replica` keeps it past the end of the process.
    `generation` is the highest seen: a pointer below it comes from an old copy of Redis, and counts as lost.
    """

    publisher: Publisher
    form: MasterListFormat
    known_ocus: frozenset[str]
    guards: Guards
    former_days: int
    flag_schemes: frozenset[Scheme] = frozenset({Scheme.PPO})
    today: Callable[[], date] = london_today
    replica: ReplicaFile | None = None
    last: Known | None = None
    generation: int = 0

    def __post_init__(self) -> None:
        kept = self.replica.load() if self.replica else None
        if kept is not None and self.last is None:
            manifest, records, self.generation = kept
            self.last = Known(manifest, records)

    @property
    def store(self) -> EditionStore:
        return self.publisher.store

    def run(self, where: str, *, force_reason: str | None = None, is_dry: bool = False) -> SyncReport:
        """Sync once and say how it went, in Redis too unless it is a dry run.

        `force_reason` is an administrator's word that a list which the guards refuse is right after all. A refused or
        unreadable list is a report that says so. Raises StoreUnreachable, PublishConflict or EditionUnverified when
        nothing could be found out or published.
        """
        report = SyncReport(
            result=Result.UNREADABLE,
            source=where.rsplit("/", 1)[-1],
            started_at=datetime.now(UTC),
            finished_at=datetime.now(UTC),
        )
        source: MasterList | None = None
        try:
            source = read_source(where, self.form, self.known_ocus)
            report = replace(report, source=source.name, list_dated=source.dated)
            settled = None if is_dry else self._settle(source)
            if settled is not None:
                report = replace(report, result=Result.UNCHANGED, edition=settled)
            else:
                report = self._work_through(source, report, force_reason, is_dry=is_dry)
        except SourceUnreadable as error:
            report = replace(report, reason=str(error))
        report = replace(report, finished_at=datetime.now(UTC))
        if not is_dry:
            self._note(report, source)
        return report

    def remember(self) -> None:
        """Hold the current edition, so that a Redis that forgets it costs nobody their place on the register."""
        pointer = self._followed(self.store.look())
        known = self._load(pointer.edition) if pointer else None
        if pointer is not None and known is not None:
            self._keep(known, pointer.generation)

    def has_lost_register(self) -> bool:
        """Tell whether Redis points to nothing, or to what was current before the edition last seen."""
        return self._followed(self.store.look()) is None

    def _followed(self, sighting: Sighting) -> Pointer | None:
        """Return the pointer, unless it is from before the one last seen: then Redis has lost what came since."""
        pointer = sighting.pointer
        return pointer if pointer and pointer.generation >= self.generation else None

    def _keep(self, known: Known, generation: int) -> None:
        if self.replica and (
            self.last is None or (self.last.manifest, self.generation) != (known.manifest, generation)
        ):
            self.replica.keep(known.manifest, generation)
        self.last, self.generation = known, generation

    def _settle(self, source: MasterList) -> int | None:
        """Return the number of the current edition if all there is to do is to say that the list was checked.

        That is so of a list accepted before, once a day excepted, as former people come of age to be forgotten. While
        an administrator has gone back to an earlier edition it holds from day to day, until another list arrives.
        """
        sighting = self.store.look()
        pointer, accepted = self._followed(sighting), _accepted(sighting)
        if pointer is None or accepted.get("digest") != source.digest:
            return None
        is_gone_back = pointer.because == ROLLED_BACK
        settled = {"digest": source.digest, "edition": pointer.edition, "day": self.today().isoformat()}
        if accepted != settled and not is_gone_back:
            return None
        try:
            manifest = self.store.manifest(pointer.edition)
        except EditionUnverified:
            return None
        if not self._is_served(manifest) or not self.store.is_whole(manifest):
            return None
        self._beat(sighting, pointer.edition, manifest.list_dated if is_gone_back else source.dated.timestamp())
        return pointer.edition

    def _work_through(
        self, source: MasterList, report: SyncReport, force_reason: str | None, *, is_dry: bool
    ) -> SyncReport:
        read = read_list(source, self.form, self.known_ocus, self.today())
        current = self._current()
        known = current.known
        merged = merge(read, known.records if known else {}, self.today(), self.former_days)
        report = _filled_in(report, read, merged)
        tripped = self._tripped(read, source, current, merged)
        if tripped and not force_reason:
            return replace(report, result=Result.REFUSED, guard=tripped[0][0], reason=tripped[0][1])
        report = replace(report, forced=tuple(guard for guard, _ in tripped), reason=force_reason if tripped else None)
        if is_dry:
            return replace(report, result=Result.DRY_RUN)
        if known and merged.is_unchanged and not tripped and self._is_as_served(current, merged):
            self._beat(current.sighting, known.manifest.number, source.dated.timestamp())
            return replace(report, result=Result.UNCHANGED, edition=known.manifest.number)
        report = replace(report, result=Result.PUBLISHED)
        manifest = self.publisher.publish(
            replace(_draft(source, read, merged, report, known), generation=self.generation)
        )
        pointer = self.store.look().pointer
        if pointer is not None and pointer.edition == manifest.number:
            self._keep(Known(manifest, {record.ppo_ref: record for record in merged.records}), pointer.generation)
        return replace(report, edition=manifest.number)

    def _tripped(self, read: ReadList, source: MasterList, current: Current, merged: Merged) -> list[tuple[str, str]]:
        """Return guards and reasons; none for a list that guards, or an administrator against them, have let pass."""
        if current.known is None:
            return list(tripped_guards(read, source.dated, None, self.guards))
        manifest, heartbeat = current.known.manifest, current.sighting.heartbeat
        if source.digest in (manifest.list_digest, _accepted(current.sighting).get("digest")):
            return []
        dated = manifest.list_dated
        if heartbeat is not None and heartbeat.edition == manifest.number:
            dated = max(dated, heartbeat.list_dated)
        last_list = CurrentList(manifest.listed_count, datetime.fromtimestamp(dated, UTC))
        before = self._recognisable(current.known.records.values())
        after = self._recognisable(merged.records)
        return [
            *tripped_guards(read, source.dated, last_list, self.guards),
            *tripped_by_outcome(before, after, self.guards),
        ]

    def _recognisable(self, records: Iterable[Record]) -> Recognisable:
        counted = list(records)
        return Recognisable(
            flagged=sum(each.status is Status.ACTIVE and each.scheme in self.flag_schemes for each in counted),
            with_identifier=sum(bool(each.identity.identifiers) for each in counted),
            with_birth_date=sum(any(persona.born for persona in each.identity.personas) for each in counted),
        )

    def _current(self) -> Current:
        sighting = self.store.look()
        if sighting.altered:
            log.error("altered_in_redis", keys=sighting.altered)
        pointer = self._followed(sighting)
        known = self._load(pointer.edition) if pointer else None
        return Current(sighting, known or self.last or self._newest_kept(), is_held=known is not None)

    def _newest_kept(self) -> Known | None:
        loaded = (self._load(number) for number in reversed(self.store.kept()))
        return next((known for known in loaded if known), None)

    def _load(self, number: int) -> Known | None:
        """Return an edition as it stands in Redis, whole; None when it does not verify."""
        try:
            manifest = self.store.manifest(number)
            if self.last and self.last.manifest == manifest and self.store.is_whole(manifest):
                return self.last
            return Known(manifest, load_records(manifest, lambda at: self.store.chunk(number, at), self.store.seal))
        except EditionUnverified as error:
            log.error("edition_unreadable", edition=number, reason=str(error))  # noqa: TRY400
            return None

    def _is_served(self, manifest: Manifest) -> bool:
        """Tell whether servers of this version read the edition, sealed with the newest key."""
        versions = (manifest.format, manifest.matching_version, manifest.key_id)
        return versions == (FORMAT, MATCHING_VERSION, self.store.seal.key_id)

    def _is_as_served(self, current: Current, merged: Merged) -> bool:
        manifest = current.known.manifest if current.known and current.is_held else None
        return manifest is not None and self._is_served(manifest) and manifest.caveats == merged.caveats

    def _beat(self, sighting: Sighting, edition: int, list_dated: float) -> None:
        self.store.beat(Heartbeat(edition, sighting.now, min(list_dated, sighting.now)))

    def _note(self, report: SyncReport, source: MasterList | None) -> None:
        """Keep how the sync ended; which list was last accepted is remembered past refusals."""
        sighting = self.store.look()
        before, accepted = sighting.last_sync or {}, _accepted(sighting)
        if source is not None and report.result in (Result.PUBLISHED, Result.UNCHANGED):
            accepted = {"digest": source.digest, "edition": report.edition, "day": self.today().isoformat()}
        is_news = report.result is not Result.UNCHANGED
        note = {
            "result": report.result.value,
            "at": report.finished_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "guard": report.guard,
            "reason": report.reason,
            "counts": report.counts() if is_news else before.get("counts"),
            "accepted": accepted,
        }
        self.store.note_sync(note, report.as_dict() if is_news else None)


def _accepted(sighting: Sighting) -> dict[str, Any]:
    """Return the list last accepted: its digest, for which edition, and the day it was last worked through."""
    return (sighting.last_sync or {}).get("accepted") or {}


def _filled_in(report: SyncReport, read: ReadList, merged: Merged) -> SyncReport:
    return replace(
        report,
        row_count=read.row_count,
        listed_count=read.listed_count,
        added=merged.added,
        changed=merged.changed,
        removed=merged.removed,
        erased=merged.erased,
        missing=merged.missing,
        rejected=read.rejected,
        warnings=merged.warnings,
        caveats=merged.caveats,
        ethnicity=count_ethnicity(read.accepted),
    )


def _draft(source: MasterList, read: ReadList, merged: Merged, report: SyncReport, known: Known | None) -> Draft:
    return Draft(
        records=merged.records,
        caveats=merged.caveats,
        list_name=source.name,
        list_digest=source.digest,
        list_dated=source.dated.timestamp(),
        listed_count=read.listed_count,
        report=lambda number: replace(report, edition=number, finished_at=datetime.now(UTC)).as_dict(),
        follows=known.manifest.number if known else 0,
    )
