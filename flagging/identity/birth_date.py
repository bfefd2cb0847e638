"""Dates of birth, whole, partial or guessed from an age, and which side of 18 they put somebody on.

Owns no clock: the day to reckon from is always given.
"""

import re
from calendar import monthrange
from datetime import date
from typing import Final

from flagging.identity.pasted_text import plain
from flagging.identity.person import BirthDate
from flagging.identity.reading import BLANK, PLACEHOLDER, TOO_LONG, Unusable
from flagging.terms import Age

OLDEST_AGE: Final = 120
ADULT_AGE: Final = 18
# Somebody who looks 25 may well be 23 or 27, and was born one calendar year earlier still if the birthday is to come.
APPROXIMATE_YEARS: Final = 3

_LONGEST: Final = 40
_MIDNIGHT: Final = r"(?:[T ]00:00(?::00(?:\.0{1,9})?)?(?:Z|\+00:?00)?)?"
_ISO: Final = re.compile(rf"([0-9]{{4}})(?:[-/.]([0-9]{{1,2}})(?:[-/.]([0-9]{{1,2}}){_MIDNIGHT})?)?")
# Years and days that systems write where they know nothing; a month or day of 0 is one not known.
_PLACEHOLDER_YEARS: Final = frozenset({0, 1, 1111, 1753, 1800, 2222, 9999})
_PLACEHOLDER_DAYS: Final = frozenset(
    {(1899, 12, 30), (1899, 12, 31), (1900, 0, 0), (1900, 1, 0), (1900, 1, 1), (1970, 1, 1)}
)
_PLACEHOLDER_WORDS: Final = frozenset(
    {"unknown", "not known", "not given", "refused", "n/k", "nk", "n/a", "na", "none", "null", "tbc", "-", "?"}
)


def parse_birth_date(text: str, today: date, oldest_age: int = OLDEST_AGE) -> BirthDate | Unusable:
    """Read `1983`, `1983-02` or `1983-02-01`; a month or day of 00 is one not known.

    Unusable are impossible dates, dates after `today`, ages above `oldest_age` and the dates that systems write for
    "not known". Of a partial date, the reading that favours the person counts.
    """
    born = _read(text)
    if isinstance(born, Unusable):
        return born
    years = today.year - born.year
    if 0 < years < oldest_age:
        # As nearly all are: neither may be, whatever day it is.
        return born
    if _earliest(born) > (today.year, today.month, today.day):
        return Unusable("in the future")
    if _age_on(today, _latest(born)) > oldest_age:
        return Unusable(f"more than {oldest_age} years ago")
    return born


def born_about(age: int, on: date) -> BirthDate:
    """Return the birth date of somebody who states, or appears to be of, an age of 0 to 120 `on` that day."""
    return BirthDate(on.year - age, year_spread=APPROXIMATE_YEARS)


def side_of_18(born: BirthDate | None, on: date) -> Age:
    """Tell on which side of 18 somebody stands on a day; unknown where a partial date leaves both open.

    An age is attained at the start of the anniversary of the birth (Family Law Reform Act 1969, section 9); somebody
    born on 29 February attains it on 1 March of a year without that day. An approximate age counts on its number,
    as anyone who appears to be under 18 is treated so (PACE Code C, 1.5).
    """
    if born is None:
        return Age.UNKNOWN
    if born.year_spread:
        return _side(on.year - born.year)
    if born.day is not None:
        return _side(_age_on(on, _earliest(born)))
    at_youngest, at_oldest = _side(_age_on(on, _latest(born))), _side(_age_on(on, _earliest(born)))
    return at_youngest if at_youngest is at_oldest else Age.UNKNOWN


def _read(text: str) -> BirthDate | Unusable:
    if len(text) > _LONGEST:
        return TOO_LONG
    written = plain(text).strip()
    match = _ISO.fullmatch(written)
    if match is None:
        return _why_unreadable(written)
    year, month, day = int(match[1]), int(match[2] or 0), int(match[3] or 0)
    if year in _PLACEHOLDER_YEARS or (year, month, day) in _PLACEHOLDER_DAYS:
        return PLACEHOLDER
    return BirthDate(year, month or None, day or None) if _exists(year, month, day) else Unusable("no such date")


def _why_unreadable(written: str) -> Unusable:
    if not written:
        return BLANK
    return PLACEHOLDER if written.casefold() in _PLACEHOLDER_WORDS else Unusable("not an ISO date")


def _exists(year: int, month: int, day: int) -> bool:
    if month == 0:
        return day == 0
    if month > 12 or day > 31:  # noqa: PLR2004 months of a year, days of a month
        return False
    return day <= 28 or day <= monthrange(year, month)[1]  # noqa: PLR2004 which every month has


def _earliest(born: BirthDate) -> tuple[int, int, int]:
    return born.year, born.month or 1, born.day or 1


def _latest(born: BirthDate) -> tuple[int, int, int]:
    if born.month and born.day:
        return born.year, born.month, born.day
    month = born.month or 12
    return born.year, month, monthrange(born.year, month)[1]


def _age_on(on: date, born: tuple[int, int, int]) -> int:
    return on.year - born[0] - ((on.month, on.day) < born[1:])


def _side(age: int) -> Age:
    return Age.UNDER_18 if age < ADULT_AGE else Age.ADULT
