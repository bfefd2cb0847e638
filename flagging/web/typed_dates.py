"""Dates of birth as people type them, day first, brought into the form a question takes. Owns no clock.

Whether a date can be somebody's date of birth is not decided here: that is what reading the question is for.
"""

import re
from dataclasses import dataclass

from flagging.identity.pasted_text import plain

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PARTS = re.compile(r"[0-9]+|[a-z]+")
_ORDINAL = re.compile(r"(?<=[0-9])(?:st|nd|rd|th)\b")
_YEAR_DIGITS = 4
_MOST_MONTHS = 12
_MOST_DAYS = 31
_LONGEST = 40

NO_YEAR = "needs a year of four digits, like 1983"
NO_MONTH = "needs a month as well as a day, as a number or a name"
NO_DATE = "needs to be a date like 27 3 1983, or only a year"


@dataclass(frozen=True, slots=True)
class DateFault:
    """What is wrong with a typed date, and which part of it is to be mended: `day`, `month` or `year`."""

    part: str
    reason: str


def typed_date(day: str, month: str, year: str) -> str | DateFault | None:
    """Return `1983`, `1983-02` or `1983-02-01` for what stands in three boxes; None where nothing does.

    Month and day may be left out together, or the day alone. A whole date pasted into one box is read as one.
    """
    boxes = [plain(box).strip() for box in (day, month, year)]
    filled = [box for box in boxes if box]
    if not filled:
        return None
    if len(filled) == 1 and len(_PARTS.findall(filled[0])) > 1:
        return date_in_one(filled[0])
    return _read(*boxes)


def _read(day: str, month: str, year: str) -> str | DateFault:
    read_day, read_month, read_year = _number(day), _month(month), _number(year)
    if len(year) != _YEAR_DIGITS or read_year is None:
        return DateFault("year", NO_YEAR)
    if month and read_month is None:
        return DateFault("month", "needs to be a month from 1 to 12, or its name")
    if day and (read_day is None or not 1 <= read_day <= _MOST_DAYS):
        return DateFault("day", "needs to be a day from 1 to 31")
    if day and not month:
        return DateFault("month", NO_MONTH)
    return _iso(read_year, read_month, read_day)


def date_in_one(text: str) -> str | DateFault | None:
    """Return the same for a date in one cell: `1983-02-01`, `1/2/1983`, `1 Feb 1983`, `Feb 1983`, `1983`."""
    written = _ORDINAL.sub("", plain(text[: _LONGEST + 1]).strip().casefold())
    if not written:
        return None
    parts = [part for part in _PARTS.findall(written) if part not in ("of", "t", "z")]
    if len(written) > _LONGEST or not parts:
        return DateFault("year", NO_DATE)
    if len(parts[0]) == _YEAR_DIGITS and parts[0].isdigit():
        year, month, day, *behind = [*parts, "", ""]
        if any(part.strip("0") for part in behind):  # a time of day that is not midnight
            return DateFault("year", NO_DATE)
        return typed_date(day, month, year)
    if len(parts) > 3 and not "".join(parts[3:]).strip("0"):  # noqa: PLR2004 day, month, year, and midnight
        parts = parts[:3]
    if len(parts) > 3:  # noqa: PLR2004
        return DateFault("year", NO_DATE)
    day, month, year = ["", "", *parts][-3:]
    if month.isdigit() and not day.isdigit() and day:  # February 1 1983
        day, month = month, day
    return typed_date(day, month, year)


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() and len(text) <= _YEAR_DIGITS else None


def _month(text: str) -> int | None:
    number = _number(text)
    if number is not None:
        return number if 1 <= number <= _MOST_MONTHS else None
    start = text.casefold()[:3]
    return _MONTHS.index(start) + 1 if start in _MONTHS else None


def _iso(year: int, month: int | None, day: int | None) -> str:
    known = [f"{year:04}", *(f"{part:02}" for part in (month, day) if part is not None)]
    return "-".join(known)
