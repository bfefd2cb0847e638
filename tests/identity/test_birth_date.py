"""Dates of birth and the side of 18."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flagging.identity.birth_date import born_about, parse_birth_date, side_of_18
from flagging.identity.person import BirthDate
from flagging.identity.reading import BLANK, PLACEHOLDER, TOO_LONG, Unusable
from flagging.terms import Age

TODAY = date(2026, 3, 15)


@pytest.mark.parametrize(
    ("text", "born"),
    [
        ("1983-02-01", BirthDate(1983, 2, 1)),
        ("1983-2-1", BirthDate(1983, 2, 1)),
        ("1983/02/01", BirthDate(1983, 2, 1)),
        ("1983-02", BirthDate(1983, 2)),
        ("1983", BirthDate(1983)),
        ("1983-02-00", BirthDate(1983, 2)),
        ("1983-00-00", BirthDate(1983)),
        (" 1983-02-01 ", BirthDate(1983, 2, 1)),
        ("1983\N{EN DASH}02\N{EN DASH}01", BirthDate(1983, 2, 1)),
        ("\uff11983-02-01", BirthDate(1983, 2, 1)),
        ("1983-02-01T00:00:00Z", BirthDate(1983, 2, 1)),
        ("1983-02-01 00:00:00", BirthDate(1983, 2, 1)),
        ("2000-02-29", BirthDate(2000, 2, 29)),
        ("1970-01-02", BirthDate(1970, 1, 2)),
        ("2026-03-15", BirthDate(2026, 3, 15)),
        ("2026", BirthDate(2026)),
        ("1906-03-15", BirthDate(1906, 3, 15)),
        ("1905", BirthDate(1905)),
    ],
)
def test_date_is_read_whole_or_in_part(text, born):
    assert parse_birth_date(text, TODAY) == born


@pytest.mark.parametrize(
    "text",
    [
        "1900-01-01",
        "1900",
        "1900-01",
        "0000-00-00",
        "0001-01-01",
        "1111-11-11",
        "9999-12-31",
        "1899-12-30",
        "unknown",
        "N/K",
    ],
)
def test_date_that_systems_write_for_not_known_is_a_placeholder(text):
    assert parse_birth_date(text, TODAY) == PLACEHOLDER


@pytest.mark.parametrize("text", ["1983-02-30", "1983-13-01", "1901-02-29", "1983-00-12", "1983-04-31", "1983-99"])
def test_impossible_date_is_no_date(text):
    assert parse_birth_date(text, TODAY) == Unusable("no such date")


@pytest.mark.parametrize("text", ["2026-03-16", "2026-04", "2027", "3000-01-01"])
def test_future_date_is_unusable(text):
    assert parse_birth_date(text, TODAY) == Unusable("in the future")


@pytest.mark.parametrize("text", ["1905-03-15", "1904", "1900-05-12", "1850-01-01"])
def test_age_over_120_is_unusable(text):
    assert parse_birth_date(text, TODAY) == Unusable("more than 120 years ago")


def test_oldest_age_can_be_raised_for_historic_data():
    assert parse_birth_date("1904-06-08", TODAY, oldest_age=150) == BirthDate(1904, 6, 8)


@pytest.mark.parametrize(
    "text", ["01/02/1983", "83-02-01", "1 Feb 1983", "1983-02-01T23:00:00Z", "19830201", "1983-", "-1983", "NaN"]
)
def test_other_forms_are_refused_and_never_guessed(text):
    assert parse_birth_date(text, TODAY) == Unusable("not an ISO date")


def test_blank_and_overlong_texts_are_refused():
    assert parse_birth_date(" ", TODAY) == BLANK
    assert parse_birth_date("1" * 100_000, TODAY) == TOO_LONG


@given(text=st.text(max_size=45) | st.text(alphabet="0129-/T", max_size=12))
def test_any_text_is_read_or_refused(text):
    assert isinstance(parse_birth_date(text, TODAY), BirthDate | Unusable)


@given(day=st.dates(date(1907, 1, 1), TODAY).filter(lambda day: day != date(1970, 1, 1)))
def test_every_plausible_day_but_the_first_one_of_unix_is_read(day):
    assert parse_birth_date(day.isoformat(), TODAY) == BirthDate(day.year, day.month, day.day)


# -- ages ----------------------------------------------------------------------------------------------------------------


@given(age=st.integers(0, 110), on=st.dates(date(2020, 1, 1), date(2040, 12, 31)), days=st.integers(0, 364))
def test_stated_age_two_years_off_is_still_within_the_spread(age, on, days):
    born = born_about(age, on)
    for years_off in (-2, 0, 2):
        truly = on - timedelta(days=int((age + years_off) * 365.2425) + days)
        assert abs(truly.year - born.year) <= born.year_spread


@pytest.mark.parametrize(
    ("born", "on", "side"),
    [
        pytest.param(None, TODAY, Age.UNKNOWN, id="no date"),
        pytest.param(BirthDate(2008, 3, 15), TODAY, Age.ADULT, id="eighteenth birthday"),
        pytest.param(BirthDate(2008, 3, 16), TODAY, Age.UNDER_18, id="the day before it"),
        pytest.param(BirthDate(2008, 3), TODAY, Age.UNKNOWN, id="month of the birthday"),
        pytest.param(BirthDate(2008, 2), TODAY, Age.ADULT, id="month before"),
        pytest.param(BirthDate(2008, 4), TODAY, Age.UNDER_18, id="month after"),
        pytest.param(BirthDate(2008), TODAY, Age.UNKNOWN, id="year that straddles 18"),
        pytest.param(BirthDate(2007), TODAY, Age.ADULT, id="year before"),
        pytest.param(BirthDate(2009), TODAY, Age.UNDER_18, id="year after"),
        pytest.param(BirthDate(2008), date(2026, 12, 31), Age.ADULT, id="last day of the year"),
        pytest.param(BirthDate(2008, 2, 29), date(2026, 2, 28), Age.UNDER_18, id="leap day, 28 February"),
        pytest.param(BirthDate(2008, 2, 29), date(2026, 3, 1), Age.ADULT, id="leap day, 1 March"),
        pytest.param(BirthDate(2008, 2), date(2026, 2, 28), Age.UNKNOWN, id="leap February, 28 February"),
        pytest.param(BirthDate(2030, 1, 1), TODAY, Age.UNDER_18, id="not yet born"),
    ],
)
def test_side_of_18(born, on, side):
    assert side_of_18(born, on) is side


@pytest.mark.parametrize(("age", "side"), [(17, Age.UNDER_18), (18, Age.ADULT), (10, Age.UNDER_18), (40, Age.ADULT)])
@pytest.mark.parametrize("on", [date(2026, 1, 1), TODAY, date(2026, 12, 31)], ids=str)
def test_approximate_age_counts_on_its_number(age, side, on):
    assert side_of_18(born_about(age, on), on) is side


@given(
    year=st.integers(2000, 2015),
    on=st.dates(date(2018, 1, 1), date(2033, 12, 31)),
    month=st.none() | st.integers(1, 12),
)
def test_partial_date_tells_a_side_only_when_every_day_of_it_agrees(year, on, month):
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]
    sides = {
        side_of_18(BirthDate(day.year, day.month, day.day), on) for day in days if month is None or day.month == month
    }
    if month == 2 and year % 4 == 0:
        sides.add(side_of_18(BirthDate(year, 2, 29), on))
    assert side_of_18(BirthDate(year, month), on) is (sides.pop() if len(sides) == 1 else Age.UNKNOWN)
