"""A list that is not taken over: it is said why, and the register stays; mended, it is as if nothing had been."""

from datetime import timedelta

import pytest
from listed import EVERYBODY, row

from flagging.register.store import HEARTBEAT, POINTER
from flagging.sync.report import Result


def test_a_refused_list_leaves_register_and_heartbeat_and_says_why(site):
    before = {key: site.client.get(key) for key in (POINTER, HEARTBEAT)}
    report = site.write_and_sync(EVERYBODY[:15])
    assert (report.result, report.guard, report.edition) == (Result.REFUSED, "count_drop", None)
    assert {key: site.client.get(key) for key in before} == before
    assert site.store.kept() == [1]
    assert (site.last_sync()["result"], site.last_sync()["guard"]) == ("refused", "count_drop")
    assert site.last_sync()["reason"] == report.reason
    assert site.reports()[0]["result"] == "refused"


def test_every_guard_that_objects_says_why(site):
    report = site.write_and_sync([each | {"police_om_phone": ""} for each in EVERYBODY[:8]])
    assert report.guard == "count_drop"
    for said in ("tells of 8 people", "12 of 20 people are no longer on the list"):
        assert said in report.reason


def test_a_refused_list_is_refused_again_and_never_taken_for_unchanged(site):
    site.write(EVERYBODY[:15])
    beat = site.client.get(HEARTBEAT)
    for _ in range(3):
        assert site.sync().result is Result.REFUSED
    site.restart()
    assert site.sync().result is Result.REFUSED
    assert site.client.get(HEARTBEAT) == beat


def test_the_list_accepted_before_a_refusal_is_still_known_after_it(site):
    accepted = site.last_sync()["accepted"]
    site.write_and_sync(EVERYBODY[:15])
    assert site.last_sync()["accepted"] == accepted
    assert site.write_and_sync(EVERYBODY).result is Result.UNCHANGED


def test_a_list_whose_last_value_may_be_cut_off_is_refused_until_somebody_has_looked(site):
    whole = site.list.read_bytes().rstrip()
    for content in (whole[:-1], whole):
        site.list.write_bytes(content)
        site.date(60)
        report = site.sync()
        assert (report.result, report.guard) == (Result.REFUSED, "cut_short")
    assert site.sync(force_reason="that is how it is written now").result in (Result.PUBLISHED, Result.UNCHANGED)
    site.list.write_bytes(whole.replace(b"Alex", b"Robin"))
    site.date(60)
    assert site.sync().result is Result.PUBLISHED


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_bytes(b"\xff\xfea")])
def test_an_unreadable_list_is_reported_and_leaves_register_and_heartbeat(site, spoil):
    before = {key: site.client.get(key) for key in (POINTER, HEARTBEAT)}
    accepted = site.last_sync()["accepted"]
    spoil(site.list)
    report = site.sync()
    assert report.result is Result.UNREADABLE
    assert report.reason
    assert {key: site.client.get(key) for key in before} == before
    assert (site.last_sync()["result"], site.last_sync()["reason"]) == ("unreadable", report.reason)
    assert site.last_sync()["accepted"] == accepted
    assert site.reports()[0]["result"] == "unreadable"


def test_before_any_edition_an_empty_list_is_refused(bare_site):
    assert bare_site.write_and_sync([]).guard == "empty"
    assert bare_site.pointer() is None


# -- mended ----------------------------------------------------------------------------------------------------------


def spoilt(site):
    site.write(EVERYBODY[:10])


REFUSALS = {"refused": spoilt, "unreadable": lambda site: site.list.unlink()}


@pytest.mark.parametrize("spoil", REFUSALS.values(), ids=REFUSALS)
@pytest.mark.parametrize("mended", [EVERYBODY, EVERYBODY[::-1]], ids=["to-the-letter", "in-another-order"])
def test_once_a_refused_list_is_mended_nothing_is_told_of_it_as_if_it_still_were(site, spoil, mended):
    first = site.last_sync()
    spoil(site)
    site.sync()
    assert site.last_sync()["counts"] != first["counts"]
    assert site.write_and_sync(mended).result is Result.UNCHANGED
    told = site.last_sync()
    assert (told["result"], told["guard"], told["reason"]) == ("unchanged", None, None)
    assert told["counts"]["listed"] == 20
    report = next(report for report in site.reports() if report["id"] == told["report"])
    assert report["result"] in ("published", "unchanged")
    assert report["counts"] == told["counts"]


def test_the_refusal_stays_among_the_kept_reports(site):
    site.write_and_sync(EVERYBODY[:10])
    site.write_and_sync(EVERYBODY)
    assert [report["result"] for report in site.reports()] == ["refused", "published"]
    site.write_and_sync(EVERYBODY[::-1])
    assert [report["result"] for report in site.reports()] == ["unchanged", "refused", "published"]


def test_a_list_refused_again_and_again_pushes_no_other_report_out(site):
    site.write(EVERYBODY[:10])
    for _ in range(30):
        site.sync()
    newest, oldest = site.reports()
    assert (newest["result"], newest["times"]) == ("refused", 30)
    assert newest["first_at"] < newest["finished_at"]
    assert newest["id"] == site.last_sync()["report"]
    assert (oldest["result"], oldest["times"]) == ("published", 1)
    site.write_and_sync(EVERYBODY[:9])
    assert [report["times"] for report in site.reports()] == [1, 30, 1]


def test_so_many_reports_are_kept(site):
    site.keep_reports = 3
    site.restart()
    for number in range(5):
        site.write_and_sync([*EVERYBODY, row(5, ppo_ref="B90", given_names=f"Alex{'x' * number}")])
    assert [report["edition"] for report in site.reports()] == [6, 5, 4]


def test_a_sync_that_finds_nothing_new_makes_no_report(site):
    for _ in range(3):
        site.sync()
        site.day += timedelta(days=1)
    assert len(site.reports()) == 1
