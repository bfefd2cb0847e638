"""Evidence from two dates of birth."""

from math import log2
from typing import Final

from flagging.identity.person import BirthDate
from flagging.matching.model import DateLevel, DateWeight, Model
from flagging.matching.population import Population
from flagging.matching.whole_dates import NEAR_YEARS, compare_whole, digits_of
from flagging.terms import Level

# Years beyond what was stated that an incomplete date may be out by.
PARTIAL_MARGIN: Final = 1
_DAYS_IN_YEAR: Final = 365.25
_HARDLY_RARER_THAN_ALL: Final = frozenset({DateLevel.PLACEHOLDER_YEAR, DateLevel.APPROXIMATE_FAR, DateLevel.DIFFERENT})

PUBLIC_LEVEL: Final = {
    DateLevel.EXACT: Level.AGREES,
    DateLevel.PARTIAL: Level.AGREES,
    DateLevel.APPROXIMATE: Level.AGREES,
    DateLevel.SWAPPED: Level.CLOSE,
    DateLevel.TRANSPOSED: Level.CLOSE,
    DateLevel.ONE_DIGIT: Level.CLOSE,
    DateLevel.PLACEHOLDER: Level.CLOSE,
    DateLevel.SAME_DAY_AND_MONTH: Level.CLOSE,
    DateLevel.TWO_DIGITS: Level.CLOSE,
    DateLevel.PARTIAL_NEAR: Level.CLOSE,
    DateLevel.APPROXIMATE_NEAR: Level.CLOSE,
    DateLevel.PLACEHOLDER_YEAR: Level.DIFFERS,
    DateLevel.APPROXIMATE_FAR: Level.DIFFERS,
    DateLevel.SAME_YEAR: Level.DIFFERS,
    DateLevel.NEAR: Level.DIFFERS,
    DateLevel.DIFFERENT: Level.DIFFERS,
}
DETAIL: Final = {
    DateLevel.EXACT: "date of birth agrees",
    DateLevel.PARTIAL: "date of birth agrees as far as it is known",
    DateLevel.SWAPPED: "day and month swapped",
    DateLevel.TRANSPOSED: "two digits of the date of birth transposed",
    DateLevel.ONE_DIGIT: "one digit of the date of birth differs",
    DateLevel.PLACEHOLDER: "year of birth agrees, one side says 1 January",
    DateLevel.PLACEHOLDER_YEAR: "year of birth differs, but one side says 1 January",
    DateLevel.APPROXIMATE: "date of birth agrees with the approximate age",
    DateLevel.APPROXIMATE_NEAR: "date of birth is near the approximate age",
    DateLevel.APPROXIMATE_FAR: "date of birth is far from the approximate age",
    DateLevel.SAME_DAY_AND_MONTH: "day and month of birth agree, the year differs",
    DateLevel.TWO_DIGITS: "two digits of the date of birth differ",
    DateLevel.PARTIAL_NEAR: "date of birth is near what was stated",
    DateLevel.SAME_YEAR: "only the year of birth agrees",
    DateLevel.NEAR: "dates of birth are some years apart",
    DateLevel.DIFFERENT: "date of birth differs",
}


def compare_dates(asked: BirthDate, recorded: BirthDate) -> DateLevel:
    """Return the nearest level at which two dates of birth stand; what either leaves open counts as agreeing."""
    if asked.year_spread or recorded.year_spread:
        return _compare_approximate(asked, recorded)
    if asked.day is None or recorded.day is None:
        return _compare_partial(asked, recorded)
    return compare_whole(digits_of(asked), digits_of(recorded))


OF_BIRTHDAY: Final = frozenset({DateLevel.EXACT, DateLevel.SAME_DAY_AND_MONTH, DateLevel.PARTIAL})
"""The levels whose bits depend on more of the date asked about than its year, and what that may be out by."""


def weigh_date(level: DateLevel, asked: BirthDate, model: Model, population: Population) -> float:
    """Return the bits of evidence of two dates standing at this level."""
    weight = model.date_of_birth[level]
    return log2(weight.m / min(_share_at(level, weight, asked, population), 1.0))


def _share_at(level: DateLevel, weight: DateWeight, asked: BirthDate, population: Population) -> float:
    if level in _HARDLY_RARER_THAN_ALL:
        return 1.0
    if level is DateLevel.SAME_DAY_AND_MONTH:
        return population.day_and_month_share(asked)
    year = population.years_share(asked)
    if level is DateLevel.EXACT:
        return year * population.day_and_month_share(asked)
    if level is DateLevel.PARTIAL and asked.month is not None and not asked.is_complete:
        return year / 12
    return year * (weight.years + weight.dates / _DAYS_IN_YEAR)


def _compare_approximate(asked: BirthDate, recorded: BirthDate) -> DateLevel:
    """Compare with somebody's guess at an age, which is out by more than it allows for often enough."""
    spread = asked.year_spread + recorded.year_spread
    apart = abs(asked.year - recorded.year)
    if apart <= spread:
        return DateLevel.APPROXIMATE
    if apart <= 2 * spread:
        return DateLevel.APPROXIMATE_NEAR
    return DateLevel.APPROXIMATE_FAR if apart <= 4 * spread else DateLevel.DIFFERENT


def _compare_partial(asked: BirthDate, recorded: BirthDate) -> DateLevel:
    apart = abs(asked.year - recorded.year)
    if apart > PARTIAL_MARGIN:
        return DateLevel.NEAR if apart <= NEAR_YEARS else DateLevel.DIFFERENT
    if apart > 0:
        return DateLevel.PARTIAL_NEAR
    both_months = asked.month is not None and recorded.month is not None
    return DateLevel.PARTIAL_NEAR if both_months and asked.month != recorded.month else DateLevel.PARTIAL
