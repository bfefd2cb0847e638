"""A list that the guards refuse, on an administrator's word: taken over once the word is on record."""

from datetime import timedelta

import pytest
from listed import DAY, EVERYBODY, FullDisk, row

from flagging.errors import RegisterChangeRefused
from flagging.register.store import POINTER
from flagging.sync.report import Result


def test_a_refused_list_is_published_on_an_administrators_word_and_the_reason_kept(site):
    site.write(EVERYBODY[:15])
    report = site.sync(force_reason="area F3 has left the scheme")
    assert (report.result, report.edition) == (Result.PUBLISHED, 2)
    assert report.forced == ("count_drop",)
    assert site.last_sync()["reason"] == "area F3 has left the scheme"
    kept = site.store.edition_report(2)
    assert (kept["forced"], kept["reason"]) == (["count_drop"], "area F3 has left the scheme")
    assert sum(record.missing_since == DAY for record in site.records().values()) == 5


def test_no_reason_no_force(site):
    site.write(EVERYBODY[:15])
    assert site.sync(force_reason="").result is Result.REFUSED


def test_a_reason_where_no_guard_objects_is_not_kept_as_if_one_had(site):
    report = site.write_and_sync([*EVERYBODY, row(5, ppo_ref="B90")], force_reason="just in case")
    assert (report.result, report.forced, report.reason) == (Result.PUBLISHED, (), None)


def unreadable_rows(number):
    return [row(each, ppo_ref=f"B{each:02}", status="?") for each in range(number)]


def test_a_forced_list_is_not_refused_again_the_next_day(site):
    spoilt = [*unreadable_rows(5), *EVERYBODY[5:]]
    assert site.write_and_sync(spoilt).guard == "reject_rate"
    assert site.sync(force_reason="known, being mended").result is Result.PUBLISHED
    for _ in range(3):
        site.day += timedelta(days=1)
        assert site.sync().result is Result.UNCHANGED
        assert site.sync().result is Result.UNCHANGED


def test_a_forced_list_is_published_again_after_a_flush(site):
    site.write([*unreadable_rows(5), *EVERYBODY[5:]])
    site.sync(force_reason="known, being mended")
    site.client.flushall()
    assert site.sync().result is Result.PUBLISHED
    assert len(site.records()) == 20


def test_a_forced_list_that_changes_nobody_is_an_edition_all_the_same(site):
    site.write(EVERYBODY[::-1], later=-60)
    assert site.sync().guard == "list_date"
    report = site.sync(force_reason="restored from the copy of last night")
    assert (report.result, report.edition) == (Result.PUBLISHED, 2)
    site.day += timedelta(days=1)
    assert site.sync().result is Result.UNCHANGED


def test_the_guards_go_on_watching_after_a_forced_list(site):
    site.write(EVERYBODY[:15])
    site.sync(force_reason="area F3 has left the scheme")
    assert site.write_and_sync(EVERYBODY[:10]).guard == "count_drop"


# -- on record -------------------------------------------------------------------------------------------------------


def test_a_forced_list_is_on_record_before_it_is_current(site):
    site.write(EVERYBODY[:15])
    site.sync(force_reason="area F3 has left the scheme")
    (entry,) = site.entries()
    assert entry.items() >= {
        "kind": "list_forced", "caller": "worker", "operator": None, "reason": "area F3 has left the scheme",
        "edition": 2, "list_name": "list.csv", "guards": ["count_drop"], "refs": [],
    }.items()  # fmt: skip
    assert entry["at"].endswith("Z")


def test_a_list_that_needs_no_force_is_not_on_record_as_forced(site):
    site.write_and_sync([*EVERYBODY, row(5, ppo_ref="B90")], force_reason="just in case")
    assert site.entries() == []


@pytest.mark.parametrize("spool", [FullDisk(), None], ids=["full-disk", "no-spool"])
def test_what_cannot_be_recorded_is_not_forced(site, spool):
    site.spool, closed = spool, site.spool
    site.restart()
    site.write(EVERYBODY[:15])
    before = site.client.get(POINTER)
    with pytest.raises(RegisterChangeRefused, match="cannot be recorded"):
        site.sync(force_reason="area F3 has left the scheme")
    assert site.client.get(POINTER) == before
    assert site.store.kept() == [1]
    assert site.sync().result is Result.REFUSED
    assert site.write_and_sync([*EVERYBODY, row(5, ppo_ref="B90")]).result is Result.PUBLISHED
    site.spool = closed


def test_all_guards_that_were_overridden_are_named(site):
    site.write([each | {"status": "removed", "police_om_phone": ""} for each in EVERYBODY[:12]], later=-60)
    report = site.sync(force_reason="the scheme has ended")
    assert report.forced == ("count_drop", "list_date", "unflagged", "blanked")
