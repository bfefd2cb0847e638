"""People held twice, as a sync finds and reports them: under two references, in two OCUs or in one.

Owns what is told of each pair, and what of it stays with an edition. Names references, OCUs and evidence; never what a
record says.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flagging.matching.held_twice import Pair, find_held_twice
from flagging.matching.model import Model
from flagging.policy.managers import OcuOf, order_held_twice
from flagging.record import Record
from flagging.register.manifest import Manifest
from flagging.register.store import EditionStore
from flagging.sync.progress import COMPARING, Progress, untold
from flagging.sync.report import SyncReport
from flagging.sync.rows import ListWarning
from flagging.terms import Field, Status

Overlap = Mapping[str, Any]
"""A pair of records as reports tell it: `refs`, the one that leads first; `strength`; `one_person`, whether names and
dates speak for it as well; `because`, why it leads, None unless both are active; `evidence`, `warnings`, `records`."""


def with_overlaps(
    report: SyncReport, records: Sequence[Record], model: Model, leads: Sequence[OcuOf], progress: Progress = untold
) -> SyncReport:
    """Return the report with everybody held twice among the records of the edition that is to be."""
    held = find_held_twice(records, model, lambda done: progress(COMPARING, done, len(records)))
    warnings = report.warnings
    if held.uncompared:
        crowd = f"{held.uncompared} records share one with too many others: overlaps among them may be missing"
        warnings += (ListWarning(None, None, "identifier or date of birth", crowd),)
    return replace(report, overlaps=tuple(_told(pair, leads) for pair in held.pairs), warnings=warnings)


def pairs_of_one_person(found: Iterable[Overlap]) -> tuple[tuple[str, str], ...]:
    """Return the pairs that an edition holds as one person: what is definite and contradicted by nothing."""
    return tuple((overlap["refs"][0], overlap["refs"][1]) for overlap in found if overlap["one_person"])


def pairs_among(pairs: Iterable[tuple[str, str]], staying: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Return the pairs of which both are still held."""
    return tuple(pair for pair in pairs if pair[0] in staying and pair[1] in staying)


def overlaps_kept(store: EditionStore, manifest: Manifest, staying: Collection[str]) -> tuple[Overlap, ...]:
    """Return the overlaps that an edition's own report tells, of people still held: for one that follows it unread."""
    report = store.edition_report(manifest.number) or {}
    return tuple(each for each in report.get("overlaps", ()) if all(ref in staying for ref in each["refs"]))


def _told(pair: Pair, leads: Sequence[OcuOf]) -> Overlap:
    records, because = (pair.record, pair.match.record), None
    if all(record.status is Status.ACTIVE for record in records):
        order = order_held_twice(records, leads)
        records, because = (order.records[0], order.records[1]), order.because
    elif records[0].status is Status.FORMER:
        records = (records[1], records[0])
    return {
        "refs": [record.ppo_ref for record in records],
        "strength": pair.match.strength.value,
        "one_person": pair.is_one_person,
        "because": because,
        "evidence": [
            {"field": line.field.value, "level": line.level.value, "detail": line.detail}
            for line in pair.match.evidence
            if line.field is not Field.POSTCODE  # for matching alone, never disclosed
        ],
        "warnings": list(pair.match.warnings),
        "records": [
            {
                "ppo_ref": record.ppo_ref,
                "status": record.status.value,
                "scheme": record.scheme.value,
                "home_ocu": record.home_ocu,
                "offending_ocu": record.offending_ocu,
            }
            for record in records
        ],
    }
