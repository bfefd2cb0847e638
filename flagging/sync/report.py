"""What one sync did, for the administrator: as JSON for the register page and `--json`, as text for a terminal.

Names references, lines, fields and reasons; never what a row says.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from flagging.sync.rows import ListWarning, Rejected

MOST_LISTED = 1000
"""Rejected rows and warnings that a report lists one by one; all of them are counted."""
_MOST_PRINTED = 20


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

    `forced` names the guards that an administrator overrode, with the reason that was given.
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
    row_count: int = 0
    listed_count: int = 0
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    erased: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    warnings: tuple[ListWarning, ...] = ()
    caveats: tuple[str, ...] = ()
    ethnicity: Mapping[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON; times in ISO form, at most `MOST_LISTED` rejected rows and warnings each."""
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
            **{name: list(getattr(self, name)) for name in _REFERENCES},
            "rejected": [_rejected_row(row) for row in self.rejected[:MOST_LISTED]],
            "warnings": [_warning_row(warning) for warning in self.warnings[:MOST_LISTED]],
            "caveats": list(self.caveats),
            "ethnicity": dict(self.ethnicity),
        }

    def counts(self) -> dict[str, int]:
        """Return how many of everything."""
        lists = (*_REFERENCES, "rejected", "warnings")
        return {"rows": self.row_count, "listed": self.listed_count} | {
            name: len(getattr(self, name)) for name in lists
        }

    def as_text(self) -> str:
        """Return the report for a reader; warnings are counted by field and reason."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        edition = f", edition {self.edition}" if self.edition is not None else ""
        dated = f" of {self.list_dated:%Y-%m-%d %H:%M}" if self.list_dated else ""
        yield f"{self.result.value}{edition}: {self.source}{dated}"
        if self.reason:
            yield f"  {self.guard + ': ' if self.guard else ''}{self.reason}"
        if self.forced:
            yield f"  forced past: {', '.join(self.forced)}"
        if self.row_count:
            yield "  " + ", ".join(f"{number} {name}" for name, number in self.counts().items())
        for name in _REFERENCES:
            refs = getattr(self, name)
            if refs:
                yield f"  {name}: {', '.join(refs[:_MOST_PRINTED])}{_more(refs)}"
        for row in self.rejected[:_MOST_PRINTED]:
            yield f"  line {row.line} ({row.ppo_ref or 'no reference'}) rejected: {row.field} {row.reason}"
        for text, number in _grouped(self.warnings):
            yield f"  warning, {number} times: {text}" if number > 1 else f"  warning: {text}"
        yield from (f"  caveat: {caveat}" for caveat in self.caveats)


_REFERENCES = ("added", "changed", "removed", "erased", "missing")


def _more(items: tuple[Any, ...]) -> str:
    return f" and {len(items) - _MOST_PRINTED} more" if len(items) > _MOST_PRINTED else ""


def _grouped(warnings: Iterable[ListWarning]) -> list[tuple[str, int]]:
    return Counter(f"{warning.field} {warning.reason}" for warning in warnings).most_common(_MOST_PRINTED)


def _rejected_row(row: Rejected) -> dict[str, Any]:
    return {
        "line": row.line,
        "ppo_ref": row.ppo_ref,
        "field": row.field,
        "value_class": row.value_class,
        "reason": row.reason,
    }


def _warning_row(warning: ListWarning) -> dict[str, Any]:
    return {"line": warning.line, "ppo_ref": warning.ppo_ref, "field": warning.field, "reason": warning.reason}
