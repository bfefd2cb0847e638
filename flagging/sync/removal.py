"""A person absent from the list is really gone: an administrator's word, without which absence is never removal."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial

from flagging.entries import EntryKind
from flagging.errors import EditionUnverified, RegisterChangeRefused
from flagging.record import Record
from flagging.register.edition import load_records
from flagging.register.manifest import Manifest
from flagging.register.store import Sighting
from flagging.sync.acts import Act, Recorder
from flagging.sync.amend import amended
from flagging.sync.memory import Known
from flagging.sync.note import Notes
from flagging.sync.overlaps import overlaps_kept
from flagging.sync.publish import Publisher, confirm_not_behind
from flagging.sync.report import Result, SyncReport
from flagging.terms import Status

SOURCE = "removal confirmed"


@dataclass(frozen=True, slots=True)
class Confirmed:
    """`record` is of somebody who is former now; `edition` that in which they became so, None if they were already."""

    record: Record
    edition: int | None


@dataclass(frozen=True, slots=True)
class Removals:
    """What confirming a removal needs; `seen` is the generation that Redis must not be behind."""

    publisher: Publisher
    notes: Notes
    recorder: Recorder
    seen: int = 0


def confirm_removal(removals: Removals, ref: str, reason: str | None, today: date) -> Confirmed:
    """Make a person who is missing from the list former as of today, once that is recorded.

    Somebody former already stays so. Raises RegisterChangeRefused for a reference that the register does not hold,
    for one that the list still tells of, and where it cannot be recorded; PublishConflict, StoreUnreachable and
    EditionUnverified as publishing does. In each case nothing is changed.
    """
    publisher, notes, recorder = removals.publisher, removals.notes, removals.recorder
    sighting = publisher.store.look()
    confirm_not_behind(sighting, removals.seen)
    known = _current(publisher, sighting)
    record = known.records.get(ref)
    if record is None:
        raise RegisterChangeRefused(f"{ref}: the register holds nobody under this reference")
    if record.status is Status.FORMER:
        return Confirmed(record, None)
    if record.missing_since is None:
        raise RegisterChangeRefused(f"{ref}: the list still tells of this person; a row with status removed ends that")
    former = replace(record, status=Status.FORMER, removed_on=today, missing_since=None)
    now = datetime.now(UTC)
    report = SyncReport(
        result=Result.PUBLISHED,
        source=SOURCE,
        started_at=now,
        finished_at=now,
        reason=reason,
        removed=(ref,),
        overlaps=overlaps_kept(publisher.store, known.manifest, known.records),
    )
    records = (known.records | {ref: former}).values()
    draft = amended(known, sighting, records, report, partial(notes.amended, report))
    ordered = Act(EntryKind.REMOVAL_CONFIRMED, reason, refs=(ref,))

    def record_it(manifest: Manifest) -> None:
        recorder.record_ordered(ordered, manifest.number)

    manifest, _ = publisher.publish(replace(draft, record=record_it))
    return Confirmed(former, manifest.number)


def _current(publisher: Publisher, sighting: Sighting) -> Known:
    store = publisher.store
    if sighting.pointer is None:
        raise EditionUnverified("Redis holds no register: nothing can be changed in it")
    manifest = store.pointed(sighting.pointer)
    return Known(manifest, load_records(manifest, store.chunks_of(manifest), store.seal))
