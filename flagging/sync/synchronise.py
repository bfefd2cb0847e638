"""One sync: the list as it lies there becomes the register, or leaves it as it is and says why."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

import structlog

from flagging.configuration.master_list import MasterListFormat
from flagging.errors import EditionUnverified, SourceUnreadable, SpoolUnwritable
from flagging.matching.derived import MATCHING_VERSION
from flagging.policy.managers import HOME_FIRST, OcuOf
from flagging.register.manifest import FORMAT, Heartbeat, Manifest, Pointer
from flagging.register.replica import ReplicaFile
from flagging.register.store import EditionStore, Sighting
from flagging.sync.acts import Recorder, record_sync
from flagging.sync.amend import amended
from flagging.sync.drafting import Arrival, draft_of_list, filled_in, list_dated, tripped_guards
from flagging.sync.guards import Guards
from flagging.sync.memory import Basis, Known, Memory
from flagging.sync.merge import Merged, has_expired, merge
from flagging.sync.note import Notes, accepted_list, told_afresh
from flagging.sync.overlaps import overlaps_kept, pairs_of_one_person, with_overlaps
from flagging.sync.progress import Progress, SyncEnded, ending, untold
from flagging.sync.publish import Publisher
from flagging.sync.reading import ReadList, how_read, read_list
from flagging.sync.report import Result, SyncReport
from flagging.sync.row_memory import RowMemory
from flagging.sync.sources.master_list import MasterList
from flagging.sync.sources.read import read_source, source_name
from flagging.sync.sources.web import Fetcher
from flagging.sync.uncollected import uncollected
from flagging.terms import Scheme

T = TypeVar("T")
LONDON = ZoneInfo("Europe/London")

log = structlog.get_logger(__name__)
WORKER = Recorder(spool=None, caller="worker")


def london_today() -> date:
    return datetime.now(LONDON).date()


@dataclass(slots=True)
class Synchroniser:
    """Syncs one source.

    `recorder` writes down forced lists and erasures, neither of which happens without; `replica` keeps the last
    edition past the end of the process; `fetcher` fetches a list that lies at an address; `leads`
    names the OCU that leads of somebody held twice.
    """

    publisher: Publisher
    form: MasterListFormat
    known_ocus: frozenset[str]
    guards: Guards
    former_days: int
    flag_schemes: frozenset[Scheme] = frozenset({Scheme.PPO})
    today: Callable[[], date] = london_today
    replica: ReplicaFile | None = None
    recorder: Recorder = WORKER
    keep_reports: int = 20
    fetcher: Fetcher = field(default_factory=Fetcher)
    progress: Progress = untold
    rows: RowMemory = field(default_factory=RowMemory)
    leads: tuple[OcuOf, ...] = HOME_FIRST
    _unread: MasterList | None = field(init=False, default=None)
    memory: Memory = field(init=False)
    notes: Notes = field(init=False)

    def __post_init__(self) -> None:
        self.memory = Memory(self.store, self.replica)
        self.notes = Notes(self.store, self.keep_reports)

    @property
    def store(self) -> EditionStore:
        return self.publisher.store

    @property
    def last(self) -> Known | None:
        """The last edition seen."""
        return self.memory.last

    def remember(self) -> None:
        """Hold the current edition, so that a Redis that forgets it costs nobody their place on the register."""
        self.memory.refresh()
        if self.last is not None:
            self.publisher.packing.forget_all_but(self.last.records)

    def read_ahead(self, is_stopping: Callable[[], bool]) -> None:
        """Read a list accepted without reading it, and pack its edition: its next change is then worked through alone.

        It has been vouched for: whatever comes of this is no news of the list, and being told to stop ends it.
        """
        source, self._unread = self._unread, None
        if source is None or self.rows.is_for(how_read(self.form, self.known_ocus, self.today())):
            return

        try:
            with uncollected():
                self._read(source, ending(is_stopping))
                if self.last is not None:
                    self.publisher.packing.pack_ahead(self.last.records.values(), is_stopping)
        except SyncEnded:
            return
        except Exception:
            log.exception("list_not_read_ahead", advice="the list stays accepted; its next change is read anew")

    def has_lost_register(self) -> bool:
        return self.memory.has_lost_register()

    def run(
        self, where: str, *, force_reason: str | None = None, is_dry: bool = False, ends_hold: bool = False
    ) -> SyncReport:
        """Sync once and say how it went, in Redis too unless it is a dry run.

        `force_reason` is an administrator's word that a list which the guards refuse is right after all, `ends_hold`
        that the list is to replace an edition gone back to. A refused or unreadable list is a report that says so.
        Raises StoreUnreachable, PublishConflict or EditionUnverified when nothing could be found out or published,
        RegisterChangeRefused when a forced list could not be recorded, and what `progress` raises to end it.
        """
        now = datetime.now(UTC)
        report = SyncReport(result=Result.UNREADABLE, source=source_name(where), started_at=now, finished_at=now)
        if not is_dry and self.store.look().erasing:
            self.publisher.finish_erasure()
        try:
            source = read_source(where, self.form, self.known_ocus, fetcher=self.fetcher)
            report = replace(report, source=source.name, list_dated=source.dated)
            settled = None if is_dry else self._settle(source, report, ends_hold=ends_hold)
            with uncollected():
                self._unread = source if settled else None
                return settled or self._work_through(source, report, force_reason, is_dry=is_dry)
        except SourceUnreadable as error:
            report = _finished(replace(report, reason=str(error)))
        if not is_dry:
            self.notes.refused(report, self.store.look())
        return report

    # -- nothing new -------------------------------------------------------------------------------------------------

    def _settle(self, source: MasterList, report: SyncReport, *, ends_hold: bool) -> SyncReport | None:
        """Return the report if all there is to do is to say that the list was checked.

        That is so of a list accepted before, once a day excepted, as former people come of age to be forgotten; and
        while an edition that an administrator went back to holds against this very list.
        """
        sighting = self.store.look()
        pointer, accepted = self.memory.followed(sighting), accepted_list(sighting)
        held = pointer or self.memory.pointer  # it holds though Redis may have lost it
        if held is not None and held.hold is not None:
            return self._hold(held, report) if held.hold == source.digest and not ends_hold else None
        if pointer is None:
            return None
        settled = (source.digest, pointer.fingerprint, self.today().isoformat())
        if accepted is None or (accepted.digest, accepted.fingerprint, accepted.day) != settled:
            return None
        try:
            manifest = self.store.pointed(pointer)
        except EditionUnverified:
            return None
        if not self._is_served(manifest) or not self.store.is_whole(manifest):
            return None
        self._beat(sighting, pointer, list_dated(source, sighting))
        return self._settled(report, sighting, pointer.edition)

    def _settled(self, report: SyncReport, sighting: Sighting, edition: int) -> SyncReport:
        report = _finished(replace(report, result=Result.UNCHANGED, edition=edition))
        self.notes.settled(report, sighting)
        return report

    def _hold(self, pointer: Pointer, report: SyncReport) -> SyncReport | None:
        """Vouch for an edition gone back to, which is as old as its own list; None where it is lost."""
        basis = self.memory.basis()
        known = basis.known
        if basis.pointer not in (None, pointer) or known is None or known.manifest.fingerprint != pointer.fingerprint:
            return None
        number = _recordably(lambda erases: self._vouch_for_held(known, basis, pointer, erases=erases))
        reason = f"edition {number} was gone back to, and holds until another list arrives"
        return self._settled(replace(report, reason=reason), self.store.look(), number)

    def _vouch_for_held(self, known: Known, basis: Basis, pointer: Pointer, *, erases: bool) -> int:
        """Return the number of the edition vouched for: a new one where Redis has lost part of it, its version or
        key is another, or somebody's time on the register is up, who is erased though the edition holds.
        """
        today, records = self.today(), known.records
        due = [ref for ref in sorted(records) if erases and has_expired(records[ref], today, self.former_days)]
        if basis.is_held and not due and self._is_served(known.manifest):
            self._beat(basis.sighting, pointer, known.manifest.list_dated)
            return known.manifest.number
        now = datetime.now(UTC)
        report = SyncReport(
            result=Result.PUBLISHED,
            source=known.manifest.list_name,
            started_at=now,
            finished_at=now,
            erased=tuple(due),
            overlaps=overlaps_kept(self.store, known.manifest, records.keys() - set(due)),
        )
        staying = {ref: record for ref, record in records.items() if ref not in due}
        lost = pointer if basis.pointer is None else None
        tell = partial(self.notes.amended, report)
        told = told_afresh(tell) if lost else tell
        draft = amended(known, basis.sighting, staying.values(), report, told, lost)
        draft = replace(draft, record=partial(record_sync, self.recorder, report))
        manifest, pointer = self.publisher.publish(draft, self.progress)
        self.memory.keep(Known(manifest, staying), pointer)
        return manifest.number

    # -- a list to be worked through ---------------------------------------------------------------------------------

    def _work_through(
        self, source: MasterList, report: SyncReport, force_reason: str | None, *, is_dry: bool
    ) -> SyncReport:
        arrival = Arrival(source, self._read(source, self.progress), self.memory.basis(), report)
        return _recordably(lambda erases: self._weigh(arrival, force_reason, is_dry=is_dry, erases=erases))

    def _read(self, source: MasterList, progress: Progress) -> ReadList:
        return read_list(source, self.form, self.known_ocus, self.today(), progress, self.rows)

    def _weigh(self, arrival: Arrival, force_reason: str | None, *, is_dry: bool, erases: bool) -> SyncReport:
        basis = arrival.basis
        previous = basis.known.records if basis.known else {}
        merged = merge(arrival.read, previous, self.today(), self.former_days, erases=erases)
        report = filled_in(arrival.report, arrival.read, merged)
        tripped = list(tripped_guards(arrival, merged, self.guards, self.flag_schemes))
        if tripped and not force_reason:
            reason = "; ".join(reason for _, reason in tripped)
            report = _finished(replace(report, result=Result.REFUSED, guard=tripped[0][0], reason=reason))
            if not is_dry:
                self.notes.refused(report, basis.sighting)
            return report
        if tripped:
            report = replace(report, forced=tuple(guard for guard, _ in tripped), reason=force_reason)
        report = with_overlaps(report, merged.records, self.publisher.model, self.leads, self.progress)
        if is_dry:
            return _finished(replace(report, result=Result.DRY_RUN))
        pointer = None if tripped or not merged.is_unchanged else self._as_served(basis, report)
        if pointer is not None:
            return self._accept(arrival, report, pointer)
        return self._publish(arrival, merged, replace(report, result=Result.PUBLISHED))

    def _as_served(self, basis: Basis, report: SyncReport) -> Pointer | None:
        """Return the pointer if it leads to an edition that servers read and that says what the list says."""
        if basis.pointer is None or basis.pointer.hold or not basis.is_held or basis.known is None:
            return None
        manifest = basis.known.manifest
        is_said = (manifest.caveats, manifest.overlaps) == (report.caveats, pairs_of_one_person(report.overlaps))
        return basis.pointer if self._is_served(manifest) and is_said else None

    def _accept(self, arrival: Arrival, report: SyncReport, pointer: Pointer) -> SyncReport:
        source, sighting = arrival.source, arrival.basis.sighting
        self._beat(sighting, pointer, list_dated(source, sighting))
        report = _finished(replace(report, result=Result.UNCHANGED, edition=pointer.edition))
        self.notes.accepted(report, sighting, source.digest, pointer, self.today())
        return report

    def _publish(self, arrival: Arrival, merged: Merged, report: SyncReport) -> SyncReport:
        tell = partial(self.notes.published, report, arrival.source.digest, self.today())
        told = told_afresh(tell) if arrival.basis.is_from_memory else tell
        draft = draft_of_list(arrival, merged, report, told, partial(record_sync, self.recorder, report))
        manifest, pointer = self.publisher.publish(replace(draft, generation=self.memory.generation), self.progress)
        self.memory.keep(Known(manifest, {record.ppo_ref: record for record in merged.records}), pointer)
        return _finished(replace(report, edition=manifest.number))

    # -- the register in Redis ---------------------------------------------------------------------------------------

    def _is_served(self, manifest: Manifest) -> bool:
        """Tell whether servers of this version read the edition, sealed with the newest key."""
        versions = (manifest.format, manifest.matching_version, manifest.key_id)
        return versions == (FORMAT, MATCHING_VERSION, self.store.seal.key_id)

    def _beat(self, sighting: Sighting, pointer: Pointer, list_dated: float) -> None:
        dated = min(list_dated, sighting.now)
        self.store.beat(Heartbeat(pointer.edition, pointer.fingerprint, sighting.now, dated), pointer)


def _finished(report: SyncReport) -> SyncReport:
    return replace(report, finished_at=datetime.now(UTC))


def _recordably(attempt: Callable[[bool], T]) -> T:
    """Carry out what may erase people; if that cannot be recorded, again without erasing anybody."""
    try:
        return attempt(True)  # noqa: FBT003 - erases
    except SpoolUnwritable:
        log.error("erasure_not_recorded", advice="nobody is erased until the spool can be written")  # noqa: TRY400
        return attempt(False)  # noqa: FBT003
