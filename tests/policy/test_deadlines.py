from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from flagging.policy.deadlines import ClockHours, WorkingDays, due_by

LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def calendar(action_table):
    return action_table.calendar


@pytest.mark.parametrize(
    ("asked", "days", "due"),
    [
        ("2026-01-14", 1, "2026-01-15"),
        ("2026-01-16", 1, "2026-01-19"),
        ("2026-01-17", 1, "2026-01-19"),
        ("2026-01-18", 1, "2026-01-19"),
        ("2026-01-15", 3, "2026-01-20"),
        ("2026-04-02", 1, "2026-04-07"),
        ("2026-04-02", 3, "2026-04-09"),
        ("2026-05-01", 1, "2026-05-05"),
        ("2026-05-22", 1, "2026-05-26"),
        ("2026-08-28", 3, "2026-09-03"),
        ("2026-12-24", 1, "2026-12-29"),
        ("2026-12-24", 3, "2026-12-31"),
        ("2026-12-31", 1, "2027-01-04"),
        ("2027-12-24", 1, "2027-12-29"),
        ("2022-09-16", 1, "2022-09-20"),
    ],
    ids=[
        "midweek", "over the weekend", "on Saturday", "on Sunday", "three days over the weekend", "over Easter",
        "three days over Easter", "early May", "late May", "August", "Christmas with Boxing Day in lieu",
        "three days over Christmas", "New Year", "Christmas and Boxing Day in lieu", "state funeral",
    ],
)  # fmt: skip
def test_working_days_skip_weekends_and_bank_holidays(asked, days, due, calendar):
    asked_at = datetime.fromisoformat(f"{asked}T18:00").replace(tzinfo=LONDON)
    assert due_by(WorkingDays(days), asked_at, calendar) == due


def test_scottish_and_irish_holidays_are_worked(calendar):
    assert calendar.is_working_day(date(2026, 3, 17))
    assert calendar.is_working_day(date(2026, 8, 3))


@pytest.mark.parametrize(
    ("asked_at", "due"),
    [
        (datetime(2026, 1, 16, 22, 30, tzinfo=UTC), "2026-01-18T22:30:00+00:00"),
        (datetime(2026, 3, 28, 12, 0, tzinfo=UTC), "2026-03-30T13:00:00+01:00"),
        (datetime(2026, 10, 24, 12, 0, tzinfo=LONDON), "2026-10-26T11:00:00+00:00"),
        (datetime(2026, 7, 1, 12, 0, 5, 999_999, tzinfo=UTC), "2026-07-03T13:00:05+01:00"),
    ],
    ids=["over a weekend", "clocks go forward", "clocks go back", "never a moment later than it is"],
)
def test_hours_run_by_the_clock_and_are_told_in_local_time(asked_at, due, calendar):
    assert due_by(ClockHours(48), asked_at, calendar) == due


def test_the_day_of_asking_is_the_local_one(calendar):
    half_past_midnight_in_london = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    assert due_by(WorkingDays(1), half_past_midnight_in_london, calendar) == "2026-07-03"


def test_words_stay_words(calendar):
    assert due_by("at once", datetime(2026, 7, 1, tzinfo=UTC), calendar) == "at once"


@pytest.mark.parametrize("deadline", [WorkingDays(1), ClockHours(48)])
def test_a_moment_without_time_zone_is_refused(deadline, calendar):
    with pytest.raises(ValueError, match="without time zone"):
        due_by(deadline, datetime(2026, 7, 1), calendar)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("local", "is_open"),
    [
        ("2026-01-14T08:59", False),
        ("2026-01-14T09:00", True),
        ("2026-01-14T16:59", True),
        ("2026-01-14T17:00", False),
        ("2026-01-17T12:00", False),
        ("2026-05-04T12:00", False),
        ("2026-07-01T09:30", True),
    ],
    ids=["before", "opening", "closing soon", "closed", "Saturday", "bank holiday", "summer time"],
)
def test_offices_are_open_in_their_hours_on_working_days(local, is_open, calendar):
    asked_at = datetime.fromisoformat(local).replace(tzinfo=LONDON).astimezone(UTC)
    assert calendar.is_office_hours(asked_at) is is_open
