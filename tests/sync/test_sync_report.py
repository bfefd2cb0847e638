"""What an administrator is told of a sync, and what is kept of it."""

import json
from datetime import timedelta

import pytest
from editions import sync_report

from flagging.register.kept_report import in_words
from flagging.sync.reading import count_ethnicity
from flagging.sync.report import MOST_LISTED, Result, keep, to_keep
from flagging.sync.rows import ListWarning, Rejected

REJECTED = Rejected(4, "B4", "status", "blank", "is missing")
REFUSED = sync_report(result=Result.REFUSED, guard="count_drop", reason="the list tells of 2 people", row_count=2)


def missing(field, *lines):
    return tuple(ListWarning(line, f"B{line}", field, "is missing") for line in lines)


# -- as JSON ---------------------------------------------------------------------------------------------------------


def test_a_report_is_json_with_counts_references_and_reasons():
    told = sync_report(
        edition=42, row_count=9, listed_count=8, added=("B1",), rejected=(REJECTED,), ethnicity={"White": 3}
    )
    document = json.loads(json.dumps(told.as_dict()))
    assert document["counts"].items() >= {"rows": 9, "listed": 8, "added": 1, "removed": 0, "overlaps": 0}.items()
    assert document["added"] == ["B1"]
    assert document["rejected"] == [
        {"line": 4, "file": None, "ppo_ref": "B4", "field": "status", "value_class": "blank", "reason": "is missing"}
    ]
    assert (document["edition"], document["ethnicity"]) == (42, {"White": 3})


def test_warnings_come_by_kind_each_with_line_and_reference():
    document = sync_report(warnings=missing("sex", 2, 3) + missing("home_ocu", 2, 5, 7)).as_dict()
    assert document["warning_kinds"] == [
        {"field": "home_ocu", "reason": "is missing", "count": 3},
        {"field": "sex", "reason": "is missing", "count": 2},
    ]
    assert [(row["field"], row["line"], row["ppo_ref"]) for row in document["warnings"]] == [
        ("home_ocu", 2, "B2"), ("home_ocu", 5, "B5"), ("home_ocu", 7, "B7"), ("sex", 2, "B2"), ("sex", 3, "B3"),
    ]  # fmt: skip


def test_overlaps_have_their_place():
    overlap = {"refs": ["B1", "B2"], "evidence": []}
    document = sync_report(overlaps=(overlap,)).as_dict()
    assert (document["overlaps"], document["counts"]["overlaps"]) == ([overlap], 1)


def test_of_every_list_so_many_are_listed_and_all_are_counted():
    lines = range(1, MOST_LISTED + 6)
    refs = tuple(f"B{line}" for line in lines)
    report = sync_report(
        added=refs, rejected=(REJECTED,) * len(refs), warnings=missing("sex", *lines) + missing("crn", 1)
    )
    document = report.as_dict(MOST_LISTED)
    assert len(document["added"]) == len(document["rejected"]) == MOST_LISTED
    assert len(document["warnings"]) == MOST_LISTED + 1, "one kind hides another"
    for name in ("added", "rejected"):
        assert document["counts"][name] == len(refs)
    assert document["warning_kinds"][0]["count"] == len(refs)
    assert len(report.as_dict()["added"]) == len(refs)


# -- in words --------------------------------------------------------------------------------------------------------


def words(**what):
    return in_words(sync_report(**what).as_dict())


def test_it_tells_references_rejections_warnings_and_caveats():
    text = words(
        row_count=9, rejected=(REJECTED,), warnings=missing("sex", 3, 5, 6), caveats=("1 row …",), missing=("B7",)
    )
    assert "rejected: line 4 (B4): status is missing (blank)" in text
    assert "warning: sex is missing, 3 times: line 3 (B3), line 5 (B5), line 6 (B6)" in text
    assert "missing: B7" in text
    assert "caveat: 1 row …" in text
    assert "9 rows" in text


def test_every_kind_of_warning_is_told_however_many_there_are():
    kinds = [f"field_{number}" for number in range(60)]
    text = words(warnings=tuple(warning for kind in kinds for warning in missing(kind, 3)))
    assert all(f"{kind} is missing" in text for kind in kinds)


def test_long_lists_are_cut_off_and_it_is_said():
    refs = tuple(f"B{number}" for number in range(50))
    text = words(added=refs, warnings=missing("sex", *range(1, 51)), rejected=(REJECTED,) * 50)
    assert text.count(" and 30 more") == 3
    assert "B19" in text
    assert "B20," not in text


def test_a_warning_of_the_whole_list_has_no_place():
    text = words(warnings=(ListWarning(None, None, "header", "unknown columns: nickname"),))
    assert "  warning: header unknown columns: nickname\n" in f"{text}\n"


def test_a_row_of_one_of_several_files_is_told_with_its_file():
    rejected = Rejected(4, None, "ppo_ref", "blank", "is missing", "F1.csv")
    warning = ListWarning(None, None, "file", "has no row", "F2.csv")
    text = words(rejected=(rejected,), warnings=(warning,))
    assert "rejected: F1.csv, line 4 (no reference): ppo_ref is missing" in text
    assert "file has no row, 1 times: F2.csv" in text


def test_a_refusal_names_guard_and_reason():
    assert in_words(REFUSED.as_dict()).splitlines()[:2] == [
        "refused: list.csv", "  count_drop: the list tells of 2 people",
    ]  # fmt: skip


def test_a_forced_list_names_what_was_overridden_and_why():
    text = words(forced=("count_drop", "absent"), reason="two forces were merged", edition=3)
    assert text.splitlines()[:3] == [
        "published, edition 3: list.csv", "  two forces were merged", "  forced past: count_drop, absent",
    ]  # fmt: skip


def test_overlaps_are_told():
    sure = {"refs": ["B1", "B2"], "strength": "definite", "one_person": True, "because": "the home OCU leads"}
    told = words(overlaps=(sure, sure | {"refs": ["B3", "B4"], "one_person": False, "because": None}))
    assert "overlap: B1 and B2: one person; the home OCU leads" in told
    assert "overlap: B3 and B4: definite, to be looked into" in told
    assert "overlap: and 10 more" in words(overlaps=(sure,) * 30)


# -- kept ------------------------------------------------------------------------------------------------------------


def test_a_kept_report_has_an_id_of_its_own():
    first, second = to_keep(sync_report()), to_keep(sync_report())
    assert first["id"] != second["id"]
    assert (first["times"], first["first_at"]) == (1, first["finished_at"])


def test_the_newest_comes_first_and_the_oldest_goes():
    kept = []
    for number in range(5):
        kept = keep(to_keep(sync_report(edition=number)), kept, most=3)
    assert [report["edition"] for report in kept] == [4, 3, 2]


def test_the_same_refusal_again_takes_the_place_of_the_last():
    later = sync_report(
        result=Result.REFUSED, guard="count_drop", reason=REFUSED.reason, row_count=2,
        finished_at=REFUSED.finished_at + timedelta(minutes=1),
    )  # fmt: skip
    first, second = to_keep(REFUSED), to_keep(later)
    (kept,) = keep(second, keep(first, [], most=3), most=3)
    assert (kept["id"], kept["times"]) == (second["id"], 2)
    assert (kept["first_at"], kept["finished_at"]) == (first["finished_at"], second["finished_at"])


@pytest.mark.parametrize(
    "other",
    [
        sync_report(result=Result.UNREADABLE, reason="x"),
        sync_report(result=Result.REFUSED, guard="empty", reason=REFUSED.reason, row_count=2),
        sync_report(result=Result.REFUSED, guard="count_drop", reason=REFUSED.reason, row_count=3),
        sync_report(result=Result.REFUSED, guard="count_drop", reason=REFUSED.reason, row_count=2, source="other.csv"),
    ],
    ids=["other-result", "other-guard", "other-counts", "other-source"],
)
def test_another_refusal_does_not(other):
    assert len(keep(to_keep(other), keep(to_keep(REFUSED), [], most=3), most=3)) == 2


def test_what_was_published_twice_was_published_twice():
    assert len(keep(to_keep(sync_report()), keep(to_keep(sync_report()), [], most=3), most=3)) == 2


# -- ethnicity -------------------------------------------------------------------------------------------------------


def test_ethnicity_is_counted_over_active_people_each_once(read):
    rows = read(
        {"ppo_ref": "B1", "ethnicity": "White"},
        {"ppo_ref": "B1", "ethnicity": "Other"},
        {"ppo_ref": "B2", "ethnicity": ""},
        {"ppo_ref": "B3", "status": "removed", "ethnicity": "White"},
        {"ppo_ref": "B4", "ethnicity": "White"},
    ).accepted
    assert count_ethnicity(rows) == {"White": 2, "not recorded": 1}
