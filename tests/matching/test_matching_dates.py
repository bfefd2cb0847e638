from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matching_people import born, person, register
from rapidfuzz.distance import OSA

from flagging.identity.person import BirthDate
from flagging.matching.dates import DETAIL, PUBLIC_LEVEL, compare_dates, weigh_date
from flagging.matching.model import DateLevel
from flagging.matching.population import Population

PAIRS = [
    ("1983-02-01", "1983-02-01", DateLevel.EXACT),
    ("1983-02-01", "1983-01-02", DateLevel.SWAPPED),
    ("1983-02-12", "1983-02-21", DateLevel.TRANSPOSED),
    ("1978-05-23", "1987-05-23", DateLevel.TRANSPOSED),
    ("1983-02-14", "1983-02-15", DateLevel.ONE_DIGIT),
    ("1983-02-14", "1993-02-14", DateLevel.ONE_DIGIT),
    ("1983-07-24", "1983-01-01", DateLevel.PLACEHOLDER),
    ("1983-01-01", "1983-10-11", DateLevel.PLACEHOLDER),
    ("1979-07-24", "1991-07-24", DateLevel.SAME_DAY_AND_MONTH),
    ("1983-02-14", "1984-02-15", DateLevel.TWO_DIGITS),
    ("1983-02-14", "1983-10-27", DateLevel.SAME_YEAR),
    ("1983-02-14", "1986-11-27", DateLevel.NEAR),
    ("1983-02-14", "1997-11-28", DateLevel.DIFFERENT),
    ("1983", "1983-02-14", DateLevel.PARTIAL),
    ("1983-02", "1983-02-14", DateLevel.PARTIAL),
    ("1983-03", "1983-02-14", DateLevel.PARTIAL_NEAR),
    ("1984", "1983-02-14", DateLevel.PARTIAL_NEAR),
    ("1990", "1983-02-14", DateLevel.DIFFERENT),
    ("1986", "1983-02-14", DateLevel.NEAR),
    ("1983-05-01", "1983-01-01", DateLevel.ONE_DIGIT),
    ("1977-05-23", "1980-01-01", DateLevel.PLACEHOLDER_YEAR),
    ("1984-01-01", "1991-01-01", DateLevel.PLACEHOLDER_YEAR),
    ("about 1985", "1983-02-14", DateLevel.APPROXIMATE),
    ("about 1986", "1983", DateLevel.APPROXIMATE),
    ("about 1987", "1983-02-14", DateLevel.APPROXIMATE_NEAR),
    ("about 1989", "1983-02-14", DateLevel.APPROXIMATE_NEAR),
    ("about 1990", "1983-02-14", DateLevel.APPROXIMATE_FAR),
    ("about 1995", "1983-02-14", DateLevel.APPROXIMATE_FAR),
    ("about 1996", "1983-02-14", DateLevel.DIFFERENT),
]


@pytest.mark.parametrize(("one", "other", "level"), PAIRS)
def test_two_dates_stand_at_their_nearest_level_whichever_is_asked(one, other, level):
    assert compare_dates(born(one), born(other)) is level
    assert compare_dates(born(other), born(one)) is level


@given(st.dates(date(1900, 1, 1), date(2029, 12, 31)), st.integers(0, 7), st.integers(0, 7))
def test_two_digits_are_transposed_where_they_stand_side_by_side_and_only_there(day, one, other):
    written = f"{day:%d%m%Y}"
    digits = list(written)
    digits[one], digits[other] = digits[other], digits[one]
    changed = "".join(digits)
    level = compare_dates(_read(written), _read(changed))
    assert (level is DateLevel.TRANSPOSED) == (OSA.distance(written, changed) == 1 and level is not DateLevel.SWAPPED)


def _read(ddmmyyyy):
    return BirthDate(int(ddmmyyyy[4:]), int(ddmmyyyy[2:4]), int(ddmmyyyy[:2]))


def test_every_level_has_a_public_level_and_a_sentence():
    assert set(PUBLIC_LEVEL) == set(DETAIL) == set(DateLevel)


def bits(level, model, date="1983-02-01"):
    population = Population(register(strangers=300), model.rarity)
    return weigh_date(level, born(date), model, population)


def test_swapped_day_and_month_is_strong_evidence(model):
    assert bits(DateLevel.SWAPPED, model) > 5


def test_a_different_date_is_strong_evidence_against(model):
    assert bits(DateLevel.DIFFERENT, model) < -5


def test_a_nearer_level_weighs_more(model):
    levels = (DateLevel.EXACT, DateLevel.SWAPPED, DateLevel.ONE_DIGIT, DateLevel.SAME_YEAR, DateLevel.DIFFERENT)
    weights = [bits(level, model) for level in levels]
    assert weights == sorted(weights, reverse=True)


def test_a_guessed_age_weighs_less_than_a_year_and_a_year_less_than_a_month(model):
    age = bits(DateLevel.APPROXIMATE, model, "about 1983")
    weights = [age, *(bits(DateLevel.PARTIAL, model, date) for date in ("1983", "1983-02"))]
    assert weights == sorted(weights)


def test_a_guessed_age_some_years_out_is_no_proof_of_another_person(model):
    near, far = (bits(level, model, "about 1983") for level in (DateLevel.APPROXIMATE_NEAR, DateLevel.APPROXIMATE_FAR))
    assert near > -1
    assert -5 < far < near


def test_another_year_beside_a_first_of_january_speaks_less_against_a_person_than_beside_a_birthday(model):
    assert bits(DateLevel.PLACEHOLDER_YEAR, model) > bits(DateLevel.DIFFERENT, model) + 2


def test_a_first_of_january_everybody_has_weighs_less_than_another_day(model):
    people = [person("Alex", f"Sample{chr(97 + n)}", f"{1960 + n}-01-01") for n in range(26)]
    population = Population(register(*people, strangers=300), model.rarity)
    placeholder = weigh_date(DateLevel.EXACT, born("1985-01-01"), model, population)
    assert placeholder < weigh_date(DateLevel.EXACT, born("1985-05-30"), model, population) - 1


DATES = st.dates().map(lambda day: BirthDate(day.year, day.month, day.day))


@given(DATES, DATES)
def test_dates_compare_alike_from_both_sides(one, other):
    assert compare_dates(one, other) is compare_dates(other, one)
