"""How a sync ended, said where every server and the next sync find it: the note, and the reports kept with it.

Owns which list counts as the one last accepted, by which an unchanged list is known from a new one.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from flagging.register.kept_report import Report
from flagging.register.manifest import Manifest, Pointer
from flagging.register.store import EditionStore, Sighting
from flagging.register.sync_log import Told
from flagging.sync.merge import NOT_ERASED
from flagging.sync.report import SyncReport, keep, to_keep


@dataclass(frozen=True, slots=True)
class AcceptedList:
    """The list last accepted, for which edition, and the day (ISO, in London) it was last worked through.

    `counts` and `report` (its id) are of the report that told what the list says, `is_open_ended` is that
    of `reading.ReadList`, None where it was not noted. Remembered past refusals.
    """

    digest: str
    edition: int
    fingerprint: str
    day: str
    counts: dict[str, int]
    report: str
    is_open_ended: bool | None = None


def accepted_list(sighting: Sighting) -> AcceptedList | None:
    """Return the list last accepted, as far as Redis remembers one."""
    try:
        return AcceptedList(**(sighting.last_sync or {})["accepted"])
    except (KeyError, TypeError):
        return None


@dataclass(frozen=True, slots=True)
class Notes:
    """Writes notes and reports; `keep_reports` of these are kept."""

    store: EditionStore
    keep_reports: int

    def refused(self, report: SyncReport, sighting: Sighting) -> None:
        """Say that a list was refused or could not be read; the one accepted before stays in mind."""
        told = to_keep(report)
        self.store.tell(Told(_note(report, told, accepted_list(sighting)), self._kept(told)), sighting.pointer)

    def settled(self, report: SyncReport, sighting: Sighting) -> None:
        """Say that a list accepted before was found unchanged, with the counts and the report it had then."""
        self.store.tell(Told(_note(report, None, accepted_list(sighting))), sighting.pointer)

    def accepted(self, report: SyncReport, sighting: Sighting, digest: str, pointer: Pointer, today: date) -> None:
        """Say that a list was worked through and changes nothing.

        That is news if another one was accepted before, or if somebody should have been erased and could not be.
        """
        before = accepted_list(sighting)
        is_due = any(warning.field == NOT_ERASED for warning in report.warnings)
        if before is not None and before.digest == digest and not is_due:
            again = replace(before, edition=pointer.edition, fingerprint=pointer.fingerprint, day=today.isoformat())
            self.store.tell(Told(_note(report, None, again)), sighting.pointer)
        else:
            self.store.tell(self._accepted(report, digest, today, pointer.fingerprint), sighting.pointer)

    def published(self, report: SyncReport, digest: str, today: date, manifest: Manifest) -> Told:
        """Return what is said of a list that became an edition."""
        return self._accepted(_of_edition(report, manifest), digest, today, manifest.fingerprint)

    def amended(self, report: SyncReport, manifest: Manifest) -> Told:
        """Return what is said of an edition that was changed without a list."""
        return Told(revise=self._kept(to_keep(_of_edition(report, manifest))))

    def _accepted(self, report: SyncReport, digest: str, today: date, fingerprint: str) -> Told:
        told = to_keep(report)
        accepted = AcceptedList(
            digest, told["edition"], fingerprint, today.isoformat(), told["counts"], told["id"], report.is_open_ended
        )
        return Told(_note(report, told, accepted), self._kept(told))

    def _kept(self, told: Report) -> Callable[[list[Report]], list[Report]]:
        return partial(keep, told, most=self.keep_reports)


def told_afresh(tell: Callable[[Manifest], Told]) -> Callable[[Manifest], Told]:
    """Return what says the same of an edition that replaces an old copy of Redis, and drops the reports in that."""

    def told(manifest: Manifest) -> Told:
        said = tell(manifest)
        revise = said.revise
        return replace(said, revise=revise and (lambda _: revise([])))

    return told


def _of_edition(report: SyncReport, manifest: Manifest) -> SyncReport:
    return replace(report, edition=manifest.number, finished_at=datetime.now(UTC))


def _note(report: SyncReport, told: Report | None, accepted: AcceptedList | None) -> dict[str, Any]:
    """Return the note of a sync; where there was no news, counts and report are those of the list accepted."""
    counts, named = (
        (told["counts"], told["id"]) if told else (accepted and accepted.counts, accepted and accepted.report)
    )
    return {
        "result": report.result.value,
        "at": report.finished_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "guard": report.guard,
        "reason": report.reason,
        "forced": list(report.forced),
        "counts": counts,
        "report": named,
        "accepted": accepted and asdict(accepted),
    }
