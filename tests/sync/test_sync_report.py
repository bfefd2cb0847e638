"""What an administrator is told of a sync."""

import json
from datetime import UTC, datetime

from flagging.sync.reading import count_ethnicity
from flagging.sync.report import MOST_LISTED, Result, SyncReport
from flagging.sync.rows import ListWarning, Rejected

STARTED = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


def report(**what):
    return SyncReport(result=Result.PUBLISHED, source="list.csv", started_at=STARTED, finished_at=STARTED, **what)


def test_a_report_is_json_with_counts_references_and_reasons():
    rejected = Rejected(4, "B4", "status", "blank", "is missing")
    told = report(edition=42, row_count=9, listed_count=8, added=("B1",), rejected=(rejected,), ethnicity={"White": 3})
    document = json.loads(json.dumps(told.as_dict()))
    assert document["counts"]["added"] == 1
    assert (document["counts"]["rows"], document["counts"]["listed"]) == (9, 8)
    assert document["rejected"] == [
        {"line": 4, "ppo_ref": "B4", "field": "status", "value_class": "blank", "reason": "is missing"}
    ]
    assert (document["edition"], document["ethnicity"]) == (42, {"White": 3})


def test_a_report_lists_a_bounded_number_of_warnings_and_counts_all():
    warnings = tuple(ListWarning(line, None, "sex", "is missing") for line in range(MOST_LISTED + 5))
    document = report(warnings=warnings).as_dict()
    assert len(document["warnings"]) == MOST_LISTED
    assert document["counts"]["warnings"] == MOST_LISTED + 5


def test_the_text_groups_warnings_and_tells_rejections_and_caveats():
    warnings = tuple(ListWarning(line, None, "sex", "is missing") for line in range(3))
    rejected = Rejected(4, None, "ppo_ref", "blank", "is missing")
    text = report(warnings=warnings, rejected=(rejected,), caveats=("1 row …",), missing=("B7",)).as_text()
    assert "warning, 3 times: sex is missing" in text
    assert "line 4 (no reference) rejected: ppo_ref is missing" in text
    assert "missing: B7" in text
    assert "caveat: 1 row …" in text


def test_the_text_of_a_refusal_names_guard_and_reason():
    told = SyncReport(
        result=Result.REFUSED,
        source="list.csv",
        started_at=STARTED,
        finished_at=STARTED,
        guard="empty",
        reason="no row",
    )
    assert told.as_text().splitlines()[:2] == ["refused: list.csv", "  empty: no row"]


def test_ethnicity_is_counted_over_active_people_each_once(read):
    rows = read(
        {"ppo_ref": "B1", "ethnicity": "White"},
        {"ppo_ref": "B1", "ethnicity": "Other"},
        {"ppo_ref": "B2", "ethnicity": ""},
        {"ppo_ref": "B3", "status": "removed", "ethnicity": "White"},
        {"ppo_ref": "B4", "ethnicity": "White"},
    ).accepted
    assert count_ethnicity(rows) == {"White": 2, "not recorded": 1}
