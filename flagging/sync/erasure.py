"""Erasing people from everything that is kept besides the current edition: earlier editions, and reports.

The current edition is simply published without them. Doing it again does no harm, so that one cut short is repeated.
"""

from collections.abc import Collection
from dataclasses import replace

import structlog

from flagging.errors import EditionUnverified
from flagging.register.chunks import pack_rows, seal_chunk, unpack_row_record
from flagging.register.edition import count, verified_rows
from flagging.register.kept_report import forget
from flagging.register.manifest import Manifest, digest
from flagging.register.publication import Publication
from flagging.register.store import EditionStore
from flagging.sync.canaries import choose_canaries
from flagging.sync.overlaps import pairs_among

ROWS_BETWEEN_RENEWALS = 1000
"""The publishing lock is held on while a long edition is gone through."""

log = structlog.get_logger(__name__)


def erase_from_kept(store: EditionStore, publication: Publication, refs: Collection[str], current: int | None) -> None:
    """Erase people from every kept edition but the `current` one, and from all reports.

    A kept edition that does not verify cannot be cleared of anybody and is no good to go back to: it is deleted.
    Raises PublishConflict and StoreUnreachable; the references stay noted until all is done.
    """
    kept, lost = store.kept(), []
    for number in kept:
        try:
            if number != current:
                _erase_from(store, publication, store.manifest(number), refs)
        except EditionUnverified as error:
            log.error("kept_edition_deleted", edition=number, reason=str(error))  # noqa: TRY400
            lost.append(number)
        report = store.edition_report(number)
        if report is not None:
            publication.replace_report(number, forget(report, refs))
    publication.retire(lost)
    publication.sweep({*kept, *([] if current is None else [current])}.difference(lost))
    publication.revise_reports(lambda reports: [forget(report, refs) for report in reports])
    publication.finish_erasing()


def _erase_from(store: EditionStore, publication: Publication, manifest: Manifest, refs: Collection[str]) -> None:
    """Put an edition without these people in the place of one with them, under the same number."""
    staying, gone = [], frozenset(refs)
    for number, row in enumerate(verified_rows(manifest, store.chunks_of(manifest), store.seal)):
        record = unpack_row_record(row)
        if record.ppo_ref not in gone:
            staying.append((record, row))
        if number % ROWS_BETWEEN_RENEWALS == 0:
            publication.renew()
    if len(staying) == manifest.counts.records:
        return
    packed = pack_rows(row for _, row in staying)
    records = [record for record, _ in staying]
    chunks = [seal_chunk(chunk, manifest.number, at, store.seal) for at, chunk in enumerate(packed.chunks)]
    cleared = replace(
        manifest,
        counts=count(records),
        content_digest=packed.content_digest,
        chunk_digests=tuple(digest(chunk) for chunk in chunks),
        canaries=choose_canaries(records),
        overlaps=pairs_among(manifest.overlaps, {record.ppo_ref for record in records}),
        key_id=store.seal.key_id,
    )
    publication.replace_edition(cleared, chunks, former_chunks=len(manifest.chunk_digests))
