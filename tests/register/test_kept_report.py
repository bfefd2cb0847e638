"""A kept report: cleared of people erased, and told in short."""

import json

from editions import sync_report

from flagging.register.kept_report import REFERENCES, forget, in_words, summary
from flagging.sync.report import to_keep
from flagging.sync.rows import ListWarning, Rejected


def overlap(*refs):
    return {"refs": list(refs), "strength": "definite", "one_person": True, "because": None}


REPORT = to_keep(
    sync_report(
        row_count=9,
        **dict.fromkeys(REFERENCES, ("B1", "B2", "B3")),
        rejected=(
            Rejected(4, "B1", "status", "blank", "is missing"),
            Rejected(5, "B2", "status", "blank", "is missing"),
        ),
        warnings=(ListWarning(6, "B1", "sex", "is missing"), ListWarning(7, "B2", "sex", "is missing")),
        overlaps=(overlap("B1", "B9"), overlap("B2", "B9")),
    )
)


def test_whoever_is_forgotten_is_named_nowhere_in_it():
    told = forget(REPORT, ["B1", "B3"])
    assert '"B1"' not in json.dumps(told)
    assert '"B3"' not in json.dumps(told)
    assert "B1" not in in_words(told)


def test_everything_else_stays_and_so_do_the_counts():
    told = forget(REPORT, ["B1"])
    assert {name: told[name] for name in REFERENCES} == {name: ["B2", "B3"] for name in REFERENCES}
    assert [row["line"] for row in told["rejected"]] == [4, 5]
    assert [row["line"] for row in told["warnings"]] == [6, 7]
    assert told["overlaps"] == [overlap("B2", "B9")]
    assert told["counts"] == REPORT["counts"]
    assert told.keys() == REPORT.keys()


def test_to_forget_nobody_or_twice_changes_nothing():
    assert forget(REPORT, []) == REPORT
    assert forget(forget(REPORT, ["B1"]), ["B1"]) == forget(REPORT, ["B1"])


def test_a_report_of_a_version_that_told_less_can_still_be_cleared():
    assert forget({"added": ["B1"]}, ["B1"])["added"] == []


def test_a_summary_names_nobody():
    told = summary(REPORT)
    assert '"B1"' not in json.dumps(told)
    assert told["id"] == REPORT["id"]
    assert told["counts"]["rows"] == 9
