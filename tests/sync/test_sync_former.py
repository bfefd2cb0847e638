"""Removed people are former for a while and then forgotten, by the day that the list names if it can be believed."""

from datetime import date, timedelta

from listed import DAY, EVERYBODY, everybody_but, removed

from flagging.sync.report import Result
from flagging.sync.synchronise import london_today
from flagging.terms import Status


def test_former_people_are_forgotten_when_the_time_is_up_though_the_list_stays_the_same(site_with_former):
    site = site_with_former
    site.day += timedelta(days=1)
    report = site.sync()
    assert (report.result, report.erased) == (Result.PUBLISHED, ("B00",))
    assert "B00" not in site.records()
    assert site.sync().result is Result.UNCHANGED


def test_the_days_are_a_setting(site):
    site.former_days = 3
    site.restart()
    site.write_and_sync(everybody_but(removed(DAY)))
    for expected in (True, True, True, True, False):
        assert ("B00" in site.records()) is expected
        site.day += timedelta(days=1)
        site.sync()


def test_a_slip_of_the_year_erases_nobody_at_once_and_is_told(site):
    """Held as active until now: former from today, whatever day of years ago the row says."""
    report = site.write_and_sync(everybody_but(removed(date(2015, 2, 1))))
    assert (report.removed, report.erased) == (("B00",), ())
    record = site.records()["B00"]
    assert (record.status, record.removed_on) == (Status.FORMER, DAY)
    assert ("removed_on", 2) in [(warning.field, warning.line) for warning in report.warnings]
    site.day += timedelta(days=365)
    assert site.sync().result is Result.UNCHANGED
    site.day += timedelta(days=1)
    assert site.sync().erased == ("B00",)
    assert site.sync().result is Result.UNCHANGED


def test_an_accepted_list_restored_with_an_older_date_is_not_refused_the_next_day(site):
    for accepted in (EVERYBODY, EVERYBODY[::-1]):
        site.write_and_sync(accepted)
        site.date(later=-3600)
        assert site.sync().result is Result.UNCHANGED
        site.day += timedelta(days=1)
        assert site.sync().result is Result.UNCHANGED
        site.date(later=3600)


def test_the_register_changes_its_day_in_london():
    assert abs(london_today() - date.today()) <= timedelta(days=1)  # noqa: DTZ011
