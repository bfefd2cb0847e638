"""Evidence from two dates of birth."""

from functools import lru_cache
from math import log2

from rapidfuzz.distance import OSA, Hamming

from flagging.identity.person import BirthDate
from flagging.matching.model import DateLevel, DateWeight, Model
from flagging.matching.population import Population
from flagging.terms import Level

NEAR_YEARS = 5
# Years beyond what was stated that an incomplete date or a guessed age may be out by.
PARTIAL_MARGIN = 1
_DAYS_IN_YEAR = 365.25
_TWO = 2
_FIRST_OF_JANUARY = (1, 1)
_REMEMBERED_DATES = 1 << 14

PUBLIC_LEVEL = {
    DateLevel.EXACT: Level.AGREES,
    DateLevel.PARTIAL: Level.AGREES,
    DateLevel.SWAPPED: Level.CLOSE,
    DateLevel.TRANSPOSED: Level.CLOSE,
    DateLevel.ONE_DIGIT: Level.CLOSE,
    DateLevel.PLACEHOLDER: Level.CLOSE,
    DateLevel.SAME_DAY_AND_MONTH: Level.CLOSE,
    DateLevel.TWO_DIGITS: Level.CLOSE,
    DateLevel.PARTIAL_NEAR: Level.CLOSE,
    DateLevel.SAME_YEAR: Level.DIFFERS,
    DateLevel.NEAR: Level.DIFFERS,
    DateLevel.DIFFERENT: Level.DIFFERS,
}
DETAIL = {
    DateLevel.EXACT: "date of birth agrees",
    DateLevel.PARTIAL: "date of birth agrees as far as it is known",
    DateLevel.SWAPPED: "day and month swapped",
    DateLevel.TRANSPOSED: "two digits of the date of birth transposed",
    DateLevel.ONE_DIGIT: "one digit of the date of birth differs",
    DateLevel.PLACEHOLDER: "year of birth agrees, one side says 1 January",
    DateLevel.SAME_DAY_AND_MONTH: "day and month of birth agree, the year differs",
    DateLevel.TWO_DIGITS: "two digits of the date of birth differ",
    DateLevel.PARTIAL_NEAR: "date of birth is near what was stated",
    DateLevel.SAME_YEAR: "only the year of birth agrees",
    DateLevel.NEAR: "dates of birth are some years apart",
    DateLevel.DIFFERENT: "date of birth differs",
}


def compare_dates(asked: BirthDate, recorded: BirthDate) -> DateLevel:
    """Return the nearest level at which two dates of birth stand; what either leaves open counts as agreeing."""
    if asked.day is None or recorded.day is None:
        return _compare_partial(asked, recorded)
    if asked == recorded:
        return DateLevel.EXACT
    return _compare_whole(asked, recorded)


def weigh_date(level: DateLevel, asked: BirthDate, model: Model, population: Population) -> float:
    """Return the bits of evidence of two dates standing at this level."""
    weight = model.date_of_birth[level]
    return log2(weight.m / min(_share_at(level, weight, asked, population), 1.0))


def _share_at(level: DateLevel, weight: DateWeight, asked: BirthDate, population: Population) -> float:
    if level is DateLevel.DIFFERENT:
        return 1.0
    if level is DateLevel.SAME_DAY_AND_MONTH:
        return population.day_and_month_share(asked)
    year = population.years_share(asked)
    if level is DateLevel.EXACT:
        return year * population.day_and_month_share(asked)
    if level is DateLevel.PARTIAL and asked.month is not None and not asked.is_complete:
        return year / 12
    return year * (weight.years + weight.dates / _DAYS_IN_YEAR)


def _compare_partial(asked: BirthDate, recorded: BirthDate) -> DateLevel:
    apart = abs(asked.year - recorded.year) - asked.year_spread - recorded.year_spread
    if apart > PARTIAL_MARGIN:
        return DateLevel.DIFFERENT
    if apart > 0:
        return DateLevel.PARTIAL_NEAR
    both_months = asked.month is not None and recorded.month is not None
    return DateLevel.PARTIAL_NEAR if both_months and asked.month != recorded.month else DateLevel.PARTIAL


def _compare_whole(asked: BirthDate, recorded: BirthDate) -> DateLevel:
    """Compare two different whole dates: the slip of a pen first, then what may still be no coincidence."""
    same_year = asked.year == recorded.year
    same_birthday = asked.month == recorded.month and asked.day == recorded.day
    level = _slip(asked, recorded)
    if level in (None, DateLevel.TWO_DIGITS):
        if same_year and _FIRST_OF_JANUARY in ((asked.month, asked.day), (recorded.month, recorded.day)):
            level = DateLevel.PLACEHOLDER
        elif same_birthday:
            level = DateLevel.SAME_DAY_AND_MONTH
    if level is not None:
        return level
    if same_year:
        return DateLevel.SAME_YEAR
    return DateLevel.NEAR if abs(asked.year - recorded.year) <= NEAR_YEARS else DateLevel.DIFFERENT


def _slip(asked: BirthDate, recorded: BirthDate) -> DateLevel | None:
    if asked.year == recorded.year and asked.month == recorded.day and asked.day == recorded.month:
        return DateLevel.SWAPPED
    ours, theirs = _digits(asked), _digits(recorded)
    wrong = Hamming.distance(ours, theirs, score_cutoff=_TWO)
    if wrong == 1:
        return DateLevel.ONE_DIGIT
    if wrong == _TWO:
        return DateLevel.TRANSPOSED if OSA.distance(ours, theirs) == 1 else DateLevel.TWO_DIGITS
    return None


@lru_cache(maxsize=_REMEMBERED_DATES)
def _digits(born: BirthDate) -> str:
    return f"{born.day:02}{born.month:02}{born.year:04}"
