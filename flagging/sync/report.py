"""What one sync did, for the administrator, and how it becomes a report that is kept (`register.kept_report`).

Names references, lines, fields and reasons; never what a row says.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from ulid import ULID

from flagging.register.kept_report import REFERENCES, Report
from flagging.sync.rows import ListWarning, Rejected

MOST_LISTED = 250
"""References, rejected rows and warnings of one kind that a kept report lists one by one; all of them are counted."""

_TOLD_AGAIN = ("result", "source", "guard", "reason", "counts")


class Result(StrEnum):
    """How a sync ended."""

    PUBLISHED = "published"
    UNCHANGED = "unchanged"
    DRY_RUN = "dry_run"
    REFUSED = "refused"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """One sync. References are those of `merge.Merged`; `reason` says why a list was refused or could not be read.

    `forced` names the guards that an administrator overrode, with the reason that was given. `overlaps` are people
    held twice, each with the `refs` it concerns. `is_open_ended` is that of `reading.ReadList`, and told to nobody.
    """

    result: Result
    source: str
    started_at: datetime
    finished_at: datetime
    list_dated: datetime | None = None
    edition: int | None = None
    guard: str | None = None
    reason: str | None = None
    forced: tuple[str, ...] = ()
    is_open_ended: bool = False
    row_count: int = 0
    listed_count: int = 0
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    erased: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    warnings: tuple[ListWarning, ...] = ()
    overlaps: tuple[Mapping[str, Any], ...] = ()
    caveats: tuple[str, ...] = ()
    ethnicity: Mapping[str, int] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """Return how many of everything."""
        lists = (*REFERENCES, "rejected", "warnings", "overlaps")
        return {"rows": self.row_count, "listed": self.listed_count} | {
            name: len(getattr(self, name)) for name in lists
        }

    def as_dict(self, most: int | None = None) -> Report:
        """Return the report for JSON; times in ISO form, of each list (and of each kind of warning) at most `most`.

        A kind of warning is one reason for one field; the most frequent kind comes first.
        """
        kinds = _by_kind(self.warnings)
        return {
            "result": self.result.value,
            "source": self.source,
            "started_at": self.started_at.isoformat(),
            "finished_at": self.finished_at.isoformat(),
            "list_dated": self.list_dated.isoformat() if self.list_dated else None,
            "edition": self.edition,
            "guard": self.guard,
            "reason": self.reason,
            "forced": list(self.forced),
            "counts": self.counts(),
            **{name: list(getattr(self, name)[:most]) for name in REFERENCES},
            "rejected": [_rejected_row(row) for row in self.rejected[:most]],
            "warnings": [_warning_row(warning) for kind in kinds for warning in kind[:most]],
            "warning_kinds": [{"field": kind[0].field, "reason": kind[0].reason, "count": len(kind)} for kind in kinds],
            "overlaps": [dict(each) for each in self.overlaps[:most]],
            "caveats": list(self.caveats),
            "ethnicity": dict(self.ethnicity),
        }


def _rejected_row(row: Rejected) -> dict[str, Any]:
    return {
        "line": row.line,
        "file": row.file,
        "ppo_ref": row.ppo_ref,
        "field": row.field,
        "value_class": row.value_class,
        "reason": row.reason,
    }


def _warning_row(warning: ListWarning) -> dict[str, Any]:
    return {
        "line": warning.line,
        "file": warning.file,
        "ppo_ref": warning.ppo_ref,
        "field": warning.field,
        "reason": warning.reason,
    }


def _by_kind(warnings: Iterable[ListWarning]) -> list[list[ListWarning]]:
    kinds: defaultdict[tuple[str, str], list[ListWarning]] = defaultdict(list)
    for warning in warnings:
        kinds[warning.field, warning.reason].append(warning)
    return sorted(kinds.values(), key=len, reverse=True)


# -- kept reports, newest first: each with an id, how often in a row it was given, and when first ----------------------


def to_keep(report: SyncReport) -> Report:
    """Return a report as it is kept."""
    told = report.as_dict(MOST_LISTED)
    return {"id": str(ULID()), "first_at": told["finished_at"], "times": 1} | told


def keep(told: Report, kept: list[Report], *, most: int) -> list[Report]:
    """Return the kept reports with one more, the newest.

    One that says nothing new (the list refused again, the file still not there) takes the place of the one before, or
    hours of it would push out all that was earlier.
    """
    last = kept[0] if kept else {}
    is_refusal = told["result"] in (Result.REFUSED, Result.UNREADABLE)
    if is_refusal and all(told[name] == last.get(name) for name in _TOLD_AGAIN):
        return [told | {"first_at": last["first_at"], "times": last["times"] + 1}, *kept[1:]]
    return [told, *kept][:most]
