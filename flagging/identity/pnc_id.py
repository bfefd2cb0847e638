"""PNC IDs, as the police national computer gives them out: `YYYY/NNNNNNNL`.

Owns every spelling of a PNC ID and what is left open by it. Whether a text is a PNC ID at all or rather something
else is asked in `identifiers`.
"""

from collections.abc import Iterator
from typing import Final

from flagging.identity.check_letter import check_letter
from flagging.identity.identifier_text import compact, why_unusable, written_as
from flagging.identity.person import Identifier, IdentifierKind
from flagging.identity.reading import PLACEHOLDER, Reading, Unusable

_SERIAL_DIGITS: Final = 7
_SHORT_YEAR: Final = 2
_LONG_YEAR: Final = 4
_LAST_YEAR_ASSUMED: Final = 2049

_APART: Final = written_as(IdentifierKind.PNC_ID, "([0-9]{1,2}|(?:19|20)[0-9]{2})/([0-9]{1,7})/?([A-Z]?)")
_TOGETHER: Final = written_as(IdentifierKind.PNC_ID, "([0-9]{3,11})/?([A-Z])")

CENTURY_ASSUMED: Final = "two-digit year, century assumed"
NO_LETTER: Final = "check letter missing"
YEAR_LEFT_OPEN: Final = "no slash: two- and four-digit year both possible, both looked up"


def parse_pnc_id(text: str, born_year: int | None = None, this_year: int | None = None) -> Reading | Unusable:
    """Read a PNC ID in any spelling: two- or four-digit year, with or without slash, zeros dropped, any case.

    `keys` is ("pnc:YY/NNNNNNNL", "pnc-core:YY/NNNNNNN"): the first with the letter as typed, the second without.
    Neither holds the century, so every spelling of one ID meets. Agreement is verified when both sides are
    verified and their first keys are equal; when only the core meets, a letter is wrong or missing on one side.

    Without a slash a leading 19 or 20 may be a two-digit year or half of a four-digit one: the reading whose letter
    is right is taken; when the letter supports both or neither, both are returned and a note says so.

    A two-digit year means the century in which the person, born in `born_year`, was between 0 and 99. Without a
    usable `born_year` it means the latest year it can, and a note says that the century is assumed. Either way it is
    never after `this_year`, nor after 2049 where that is not known.
    """
    compacted = compact(text)
    if apart := _APART.fullmatch(compacted):
        year, serial, letter = apart.groups()
        readings = [(year, int(serial))]
    elif together := _TOGETHER.fullmatch(compacted):
        letter = together[2]
        readings = list(_splits(together[1]))
    else:
        letter, readings = "", []
    if not readings:
        return why_unusable(compacted, "PNC ID")
    readings = _likeliest([reading for reading in readings if reading[1]], letter)
    latest = this_year or _LAST_YEAR_ASSUMED
    return _reading(readings, letter, born_year, latest) if readings else PLACEHOLDER


def _splits(digits: str) -> Iterator[tuple[str, int]]:
    if len(digits) <= _SHORT_YEAR + _SERIAL_DIGITS:
        yield digits[:_SHORT_YEAR], int(digits[_SHORT_YEAR:])
    if len(digits) > _LONG_YEAR and digits.startswith(("19", "20")):
        yield digits[:_LONG_YEAR], int(digits[_LONG_YEAR:])


def _likeliest(readings: list[tuple[str, int]], letter: str) -> list[tuple[str, int]]:
    if len(readings) == 1:
        return readings
    right = [reading for reading in readings if _expected_letter(*reading) == letter]
    return right or readings


def _expected_letter(year: str, serial: int) -> str:
    return check_letter(int(year), serial, _SERIAL_DIGITS)


def _reading(readings: list[tuple[str, int]], letter: str, born_year: int | None, latest: int) -> Reading:
    notes = [] if letter else [NO_LETTER]
    if len(readings) > 1:
        notes.append(YEAR_LEFT_OPEN)
    identifiers = []
    for year, serial in readings:
        full_year, is_settled = _full_year(year, born_year, latest)
        if not is_settled:
            notes.append(CENTURY_ASSUMED)
        verified = letter == _expected_letter(year, serial)
        identifiers.append(_identifier(full_year, f"{serial:07}", letter, verified=verified))
    return Reading(tuple(identifiers), tuple(notes))


def _identifier(year: int, serial: str, letter: str, *, verified: bool) -> Identifier:
    core = f"{year % 100:02}/{serial}"
    keys = (f"pnc:{core}{letter}", f"pnc-core:{core}")
    return Identifier(IdentifierKind.PNC_ID, f"{year}/{serial}{letter}", keys, verified)


def _full_year(year: str, born_year: int | None, latest: int) -> tuple[int, bool]:
    """Return the year in four digits, and whether it is settled: as written so, or by the date of birth."""
    if len(year) == _LONG_YEAR:
        return int(year), True
    possible = [full for full in (2000 + int(year), 1900 + int(year)) if full <= latest]
    in_lifetime = [full for full in possible if born_year is not None and born_year <= full < born_year + 100]
    return (in_lifetime or possible)[0], bool(in_lifetime)
