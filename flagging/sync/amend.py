"""The current edition once more with some of its people changed or erased, though no list was read for it."""

from collections.abc import Callable, Iterable

from flagging.record import Record
from flagging.register.manifest import Manifest, Pointer
from flagging.register.store import Sighting
from flagging.register.sync_log import Told
from flagging.sync.memory import Known
from flagging.sync.overlaps import pairs_among
from flagging.sync.publish import PUBLISHED, Draft
from flagging.sync.report import SyncReport


def amended(
    known: Known,
    sighting: Sighting,
    records: Iterable[Record],
    report: SyncReport,
    told: Callable[[Manifest], Told],
    lost: Pointer | None = None,
) -> Draft:
    """Return the draft of the same edition with these records; who is not among them any more is erased.

    The list, its date and when it was last checked stay as they are, and so does an administrator's hold. `lost` is
    the pointer that led to the edition, if it is not in Redis any more.
    """
    manifest, pointer = known.manifest, lost or sighting.pointer
    heartbeat = sighting.heartbeat_of(manifest.fingerprint)
    staying = {record.ppo_ref: record for record in records}
    return Draft(
        records=tuple(staying[ref] for ref in sorted(staying)),
        caveats=manifest.caveats,
        list_name=manifest.list_name,
        list_digest=manifest.list_digest,
        list_dated=heartbeat.list_dated if heartbeat else manifest.list_dated,
        listed_count=manifest.listed_count,
        list_files=manifest.list_files,
        overlaps=pairs_among(manifest.overlaps, staying),
        report=report,
        told=told,
        seen=sighting.pointer,
        checked_at=heartbeat.checked_at if heartbeat else manifest.checked_at,
        follows=manifest.number,
        generation=pointer.generation if pointer else 0,
        because=pointer.because if pointer else PUBLISHED,
        hold=pointer.hold if pointer else None,
        is_afresh=lost is not None,
        erased=tuple(ref for ref in known.records if ref not in staying),
    )
