"""From a list that has arrived to the draft of the edition it makes: what guards say of it, and what is reported."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from flagging.register.manifest import Manifest
from flagging.register.store import Sighting
from flagging.register.sync_log import Told
from flagging.sync.guards import CurrentList, Guards, tripped_by_list, tripped_by_outcome
from flagging.sync.memory import Basis
from flagging.sync.merge import Merged
from flagging.sync.note import accepted_list
from flagging.sync.overlaps import pairs_of_one_person
from flagging.sync.publish import Draft
from flagging.sync.reading import ReadList, count_ethnicity
from flagging.sync.report import SyncReport
from flagging.sync.sources.master_list import MasterList
from flagging.terms import Scheme


@dataclass(frozen=True, slots=True)
class Arrival:
    """A list that has arrived, what was read of it, and what it meets."""

    source: MasterList
    read: ReadList
    basis: Basis
    report: SyncReport


def filled_in(report: SyncReport, read: ReadList, merged: Merged) -> SyncReport:
    """Return the report with all that was read of the list and what comes of it."""
    return replace(
        report,
        row_count=read.row_count,
        is_open_ended=read.is_open_ended,
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


def tripped_guards(
    arrival: Arrival, merged: Merged, guards: Guards, flag_schemes: frozenset[Scheme]
) -> Iterator[tuple[str, str]]:
    """Yield guards and reasons; none for a list that guards, or an administrator against them, have let pass."""
    source, known, sighting = arrival.source, arrival.basis.known, arrival.basis.sighting
    if known is None:
        yield from tripped_by_list(arrival.read, source.dated, None, guards)
        return
    accepted = accepted_list(sighting)
    if source.digest in (known.manifest.list_digest, accepted and accepted.digest):
        return
    last_dated = datetime.fromtimestamp(last_list_dated(arrival.basis), UTC)
    is_open_ended = accepted.is_open_ended if accepted else None
    last_list = CurrentList(known.manifest.listed_count, last_dated, known.manifest.list_files, is_open_ended)
    yield from tripped_by_list(arrival.read, source.dated, last_list, guards)
    after = {record.ppo_ref: record for record in merged.records}
    yield from tripped_by_outcome(known.records, after, flag_schemes, guards)


def last_list_dated(basis: Basis) -> float:
    """Return the date (Unix seconds) of the list behind what is built on, 0 where there is nothing."""
    if basis.known is None:
        return 0.0
    manifest = basis.known.manifest
    heartbeat = basis.sighting.heartbeat_of(manifest.fingerprint)
    return max(manifest.list_dated, heartbeat.list_dated if heartbeat else 0.0)


def list_dated(source: MasterList, sighting: Sighting) -> float:
    """Return the date of a list (Unix seconds): that on which it was first seen where nothing says another."""
    if source.dated is not None:
        return source.dated.timestamp()
    accepted, heartbeat = accepted_list(sighting), sighting.heartbeat
    is_known = accepted is not None and accepted.digest == source.digest
    return heartbeat.list_dated if is_known and heartbeat is not None else sighting.now


def draft_of_list(
    arrival: Arrival,
    merged: Merged,
    report: SyncReport,
    told: Callable[[Manifest], Told],
    record: Callable[[Manifest], None],
) -> Draft:
    """Return the draft of the edition that a list makes, built on what it met."""
    known = arrival.basis.known
    return Draft(
        records=merged.records,
        caveats=merged.caveats,
        list_name=arrival.source.name,
        list_digest=arrival.source.digest,
        list_dated=list_dated(arrival.source, arrival.basis.sighting),
        listed_count=arrival.read.listed_count,
        list_files=arrival.read.file_names,
        overlaps=pairs_of_one_person(report.overlaps),
        report=report,
        told=told,
        seen=arrival.basis.sighting.pointer,
        follows=known.manifest.number if known else 0,
        erased=merged.erased,
        is_afresh=arrival.basis.is_from_memory,
        record=record,
    )
