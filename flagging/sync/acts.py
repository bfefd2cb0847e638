"""Acts that change the register otherwise than the list says: each is recorded in the spool first, or not done.

Owns what such an entry holds: the act, when, who, why, the edition that comes of it, whom and what it concerns.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson

from flagging.entries import EntryKind, begin_entry
from flagging.errors import RegisterChangeRefused, SpoolUnwritable
from flagging.register.manifest import Manifest
from flagging.spool import Spool
from flagging.sync.report import SyncReport

TIME_IS_UP = "former for longer than such people are kept"


@dataclass(frozen=True, slots=True)
class Act:
    """One act. `reason` is in the words of whoever ordered it, None where none was given.

    `refs` are people it concerns; `guards` those overridden for the list of this name.
    """

    kind: EntryKind
    reason: str | None
    refs: Sequence[str] = ()
    list_name: str | None = None
    guards: Sequence[str] = ()


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Recorder:
    """Records acts of one process: `caller` is its account, `operator` the person at it, where one was named."""

    spool: Spool | None
    caller: str
    operator: str | None = None
    now: Callable[[], datetime] = field(default=_now)

    def record(self, act: Act, edition: int) -> None:
        """Record an act that is about to be done; raise SpoolUnwritable when it cannot be, for it not to be done."""
        if self.spool is None:
            raise SpoolUnwritable("this process has no spool to record it in")
        entry = begin_entry(act.kind) | {
            "at": self.now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "caller": self.caller,
            "operator": self.operator,
            "reason": act.reason,
            "edition": edition,
            "refs": list(act.refs),
            "list_name": act.list_name,
            "guards": list(act.guards),
        }
        self.spool.append(orjson.dumps(entry))

    def record_ordered(self, act: Act, edition: int) -> None:
        """Record what somebody ordered; raise RegisterChangeRefused, to be told to them, when it cannot be."""
        try:
            self.record(act, edition)
        except SpoolUnwritable:
            raise RegisterChangeRefused(
                "this cannot be recorded, so nothing was changed: see the spool's disk"
            ) from None


def record_sync(recorder: Recorder, report: SyncReport, manifest: Manifest) -> None:
    """Record what a sync does besides following its list, before it is done: a list forced, people erased.

    Raises RegisterChangeRefused for a forced list and SpoolUnwritable for an erasure that cannot be recorded.
    """
    if report.forced:
        forced = Act(EntryKind.LIST_FORCED, report.reason, list_name=report.source, guards=report.forced)
        recorder.record_ordered(forced, manifest.number)
    if report.erased:
        recorder.record(Act(EntryKind.ERASURE, TIME_IS_UP, refs=report.erased), manifest.number)
