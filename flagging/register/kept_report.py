"""The report of a sync as it is kept and shown: JSON made by `sync.report`, here cut down, cleared and put in words.

It tells `result`, `source`, times, `edition`, `guard`, `reason`, `forced`, `counts`, references, `rejected` rows,
`warnings` and their kinds, `overlaps`, `caveats`; a kept one also its `id`, and `times` and `first_at` where it was
given several times in a row.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

Report = dict[str, Any]

REFERENCES = ("added", "changed", "removed", "erased", "missing")
_SUMMARY = ("id", "result", "source", "finished_at", "first_at", "times", "list_dated", "edition", "guard", "reason")


def forget(report: Report, refs: Collection[str]) -> Report:
    """Return a report that names none of these people any more; the counts stay."""
    gone = frozenset(refs)
    return report | {
        **{name: [ref for ref in report.get(name, ()) if ref not in gone] for name in REFERENCES},
        "rejected": [_unnamed(row, gone) for row in report.get("rejected", ())],
        "warnings": [_unnamed(row, gone) for row in report.get("warnings", ())],
        "overlaps": [each for each in report.get("overlaps", ()) if gone.isdisjoint(each.get("refs", ()))],
    }


def _unnamed(row: dict[str, Any], gone: frozenset[str]) -> dict[str, Any]:
    return row | {"ppo_ref": None} if row["ppo_ref"] in gone else row


def summary(report: Report) -> dict[str, Any]:
    """Return what a list of kept reports tells of each: all but who and what it concerns."""
    return {name: report.get(name) for name in (*_SUMMARY, "forced", "counts")}


# -- in words ----------------------------------------------------------------------------------------------------------


def in_words(report: Report, most: int = 20) -> str:
    """Return a report for a reader; of each list as many as `most` says, and how many more there are."""
    return "\n".join(_lines(report, most))


def _lines(report: Report, most: int) -> Iterator[str]:
    edition = f", edition {report['edition']}" if report["edition"] is not None else ""
    dated = f" of {report['list_dated'][:16].replace('T', ' ')}" if report["list_dated"] else ""
    yield f"{report['result']}{edition}: {report['source']}{dated}"
    if report["reason"]:
        yield f"  {report['guard'] + ': ' if report['guard'] else ''}{report['reason']}"
    if report["forced"]:
        yield f"  forced past: {', '.join(report['forced'])}"
    counts = report["counts"]
    if counts["rows"]:
        yield "  " + ", ".join(f"{number} {name}" for name, number in counts.items())
    for name in REFERENCES:
        if report[name]:
            yield f"  {name}: {_listed(report[name], counts[name], most)}"
    for row in report["rejected"][:most]:
        yield f"  rejected: {_place(row)}: {row['field']} {row['reason']} ({row['value_class']})"
    if counts["rejected"] > most:
        yield f"  rejected: and {counts['rejected'] - most} more"
    for kind in report["warning_kinds"]:
        rows = [row for row in report["warnings"] if (row["field"], row["reason"]) == (kind["field"], kind["reason"])]
        yield f"  warning: {kind['field']} {kind['reason']}{_places(rows, kind['count'], most)}"
    yield from (f"  overlap: {overlap_in_words(each)}" for each in report["overlaps"][:most])
    if counts["overlaps"] > most:
        yield f"  overlap: and {counts['overlaps'] - most} more"
    yield from (f"  caveat: {caveat}" for caveat in report["caveats"])


def overlap_in_words(overlap: Mapping[str, Any]) -> str:
    """Return one pair of records that is, or may well be, one person."""
    sure = "one person" if overlap["one_person"] else f"{overlap['strength']}, to be looked into"
    because = f"; {overlap['because']}" if overlap["because"] else ""
    return f"{' and '.join(overlap['refs'])}: {sure}{because}"


def _listed(items: list[str], count: int, most: int) -> str:
    more = f" and {count - most} more" if count > most else ""
    return f"{', '.join(items[:most])}{more}"


def _place(row: Mapping[str, Any]) -> str:
    file = f"{row['file']}, " if row["file"] else ""
    line = f"line {row['line']}" if row["line"] else "no line"
    return f"{file}{line} ({row['ppo_ref'] or 'no reference'})"


def _places(rows: list[dict[str, Any]], count: int, most: int) -> str:
    places = [_place(row) for row in rows if row["line"] or row["file"] or row["ppo_ref"]]
    return f", {count} times: {_listed(places, count, most)}" if places else ""
