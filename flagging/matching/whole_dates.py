"""Two whole dates of birth: how near they stand. Says nothing about how rare either is.

A whole date is a number here, one hexadecimal digit for each of YYYYMMDD: it is compared with many at a time.
"""

from typing import Final

from flagging.identity.person import BirthDate
from flagging.matching.model import DateLevel

NEAR_YEARS: Final = 5
_TWO: Final = 2
_TWO_DIGITS: Final = 0xFF
# How many of two digits, and of four, differ: by the exclusive or of them.
_WRONG_OF_TWO: Final = bytes((apart >> 4 > 0) + (apart & 0xF > 0) for apart in range(1 << 8))
_WRONG: Final = bytes(first + last for first in _WRONG_OF_TWO for last in _WRONG_OF_TWO)
# Most years there are to read.
_YEARS: Final = {int(str(year), 16): year for year in range(1900, 2100)}
_FIRST_OF_JANUARY: Final = 0x0101


def digits_of(born: BirthDate) -> int:
    """Return a whole date of birth as a number, one hexadecimal digit for each of YYYYMMDD."""
    year, month, day = born.year, born.month or 0, born.day or 0
    of_year = year // 1000 << 12 | year // 100 % 10 << 8 | year // 10 % 10 << 4 | year % 10
    return of_year << 16 | month // 10 << 12 | month % 10 << 8 | day // 10 << 4 | day % 10


def compare_whole(asked: int, recorded: int) -> DateLevel:  # noqa: PLR0911 one return a level
    """Return the nearest level at which two whole dates stand, both as `digits_of` has them.

    The slip of a pen first, then what may still be no coincidence.
    """
    apart = asked ^ recorded
    if apart == 0:
        return DateLevel.EXACT
    is_same_year = apart < 1 << 16
    if is_same_year and _is_swapped(asked, recorded):
        return DateLevel.SWAPPED
    wrong = _WRONG[apart & 0xFFFF] + _WRONG[apart >> 16]
    if wrong == 1:
        return DateLevel.ONE_DIGIT
    if wrong == _TWO and _is_transposed(asked, recorded):
        return DateLevel.TRANSPOSED
    if asked & 0xFFFF == _FIRST_OF_JANUARY or recorded & 0xFFFF == _FIRST_OF_JANUARY:
        # Whoever writes 1 January for a birthday not known does not always know the year.
        return DateLevel.PLACEHOLDER if is_same_year else DateLevel.PLACEHOLDER_YEAR
    if not apart & 0xFFFF:
        return DateLevel.SAME_DAY_AND_MONTH
    if wrong == _TWO:
        return DateLevel.TWO_DIGITS
    if is_same_year:
        return DateLevel.SAME_YEAR
    return DateLevel.NEAR if abs(_year_of(asked) - _year_of(recorded)) <= NEAR_YEARS else DateLevel.DIFFERENT


def _is_swapped(asked: int, recorded: int) -> bool:
    """Tell whether day and month of one are month and day of the other."""
    return asked >> 8 & 0xFF == recorded & 0xFF and asked & 0xFF == recorded >> 8 & 0xFF


def _is_transposed(asked: int, recorded: int) -> bool:
    """Tell whether two digits that differ stand side by side in DDMMYYYY, and are each other's."""
    ours, theirs = _day_first(asked), _day_first(recorded)
    apart = ours ^ theirs
    # Four bits are a digit: of the two that differ this is the last.
    last = (apart & -apart).bit_length() - 1 >> 2 << 2
    if apart >> last > _TWO_DIGITS:
        return False
    pair = ours >> last & _TWO_DIGITS
    return theirs >> last & _TWO_DIGITS == pair >> 4 | (pair & 0xF) << 4


def _day_first(digits: int) -> int:
    return (digits & 0xFF) << 24 | (digits >> 8 & 0xFF) << 16 | digits >> 16


def _year_of(digits: int) -> int:
    of_year = digits >> 16
    return _YEARS.get(of_year) or int(f"{of_year:x}")
