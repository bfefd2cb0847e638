"""CRO numbers of the Criminal Records Office: `NNNNNN/YYL`, and the SF kind, `SFYY/N...L`.

Owns every spelling of a CRO number. Whether a text is one at all or rather a PNC ID is asked in `identifiers`.
"""

from typing import Final

from flagging.identity.check_letter import check_letter
from flagging.identity.identifier_text import compact, why_unusable, written_as
from flagging.identity.person import Identifier, IdentifierKind
from flagging.identity.reading import PLACEHOLDER, Reading, Unusable

_SERIAL_DIGITS: Final = 6
_SF_PADDINGS = ((0, "unpadded"), (5, "padded to five digits"), (6, "padded to six digits"))

_STANDARD: Final = written_as(IdentifierKind.CRO_NUMBER, "([0-9]{1,6})(?:/([0-9]{2})/?([A-Z]?)|([0-9]{2})/?([A-Z]))")
_SF: Final = written_as(IdentifierKind.CRO_NUMBER, "SF/?([0-9]{2})/?([0-9]{1,6})/?([A-Z]?)")

NO_LETTER: Final = "check letter missing"


def parse_cro_number(text: str) -> Reading | Unusable:
    """Read a CRO number in any spelling: zeros dropped, with or without slash, any case.

    `keys` is ("cro:NNNNNN/YYL", "cro-core:NNNNNN/YY"), or with SF ("cro:SFYY/NL", "cro-core:SFYY/N") without leading
    zeros: the first with the letter, the second without. They are compared as those of a PNC ID are.

    Public systems disagree whether the serial of an SF number enters its letter unpadded or padded to five or six
    digits. A letter right under any of them verifies, and a note says which where they differ; the first key of a
    verified SF number always holds the unpadded one's letter, so that numbers from two such systems meet.
    """
    compacted = compact(text)
    if standard := _STANDARD.fullmatch(compacted):
        serial, year, letter = int(standard[1]), standard[2] or standard[4], standard[3] or standard[5] or ""
        return _read_standard(serial, year, letter) if serial else PLACEHOLDER
    if sf := _SF.fullmatch(compacted):
        return _read_sf(int(sf[2]), sf[1], sf[3]) if int(sf[2]) else PLACEHOLDER
    return why_unusable(compacted, "CRO number")


def _read_standard(serial: int, year: str, letter: str) -> Reading:
    core = f"{serial:06}/{year}"
    verified = letter == check_letter(int(year), serial, _SERIAL_DIGITS)
    keys = (f"cro:{core}{letter}", f"cro-core:{core}")
    return Reading((Identifier(IdentifierKind.CRO_NUMBER, core + letter, keys, verified),), _notes(letter))


def _read_sf(serial: int, year: str, letter: str) -> Reading:
    core = f"SF{year}/{serial}"
    width = len(str(serial))
    letters = {words: check_letter(int(year), serial, max(width, padding)) for padding, words in _SF_PADDINGS}
    right = [words for words, expected in letters.items() if expected == letter]
    keys = (f"cro:{core}{letters['unpadded'] if right else letter}", f"cro-core:{core}")
    identifier = Identifier(IdentifierKind.CRO_NUMBER, core + letter, keys, bool(right))
    if 0 < len(right) < len(letters):
        return Reading((identifier,), (f"SF check letter right with the serial {' or '.join(right)}",))
    return Reading((identifier,), _notes(letter))


def _notes(letter: str) -> tuple[str, ...]:
    return () if letter else (NO_LETTER,)
