"""Prison (NOMS) numbers: a letter, four digits, two letters, without a check character."""

import re
from typing import Final

from flagging.identity.identifier_text import compact, why_unusable, written_as
from flagging.identity.person import Identifier, IdentifierKind
from flagging.identity.reading import PLACEHOLDER, Reading, Unusable

_PRISON_NUMBER: Final = written_as(IdentifierKind.PRISON_NUMBER, "([A-Z][0-9]{4}[A-Z]{2})")
_BOOKING_NUMBER: Final = re.compile(r"[0-9]{5}[A-Z]|[A-Z][0-9]{5}")
_OLD_NUMBER: Final = re.compile(r"[A-Z]{2}[0-9]{4}")


def parse_prison_number(text: str) -> Reading | Unusable:
    """Read a prison number; `keys` is ("prison:A1234BC",).

    A booking number (five digits and a letter) counts one stay, not a person, and is refused by name. So are the
    prison numbers of former times (two letters, four digits): each period of custody had its own (House of Lords,
    written answers, 9 May 1994).
    """
    compacted = compact(text).replace("/", "")
    if match := _PRISON_NUMBER.fullmatch(compacted):
        number = match[1]
        if number[1:5] == "0000":
            return PLACEHOLDER
        return Reading((Identifier(IdentifierKind.PRISON_NUMBER, number, (f"prison:{number}",), None),))
    if _BOOKING_NUMBER.fullmatch(compacted) and compacted.strip("0Z"):
        return Unusable("a booking number, not a prison number")
    if _OLD_NUMBER.fullmatch(compacted):
        return Unusable("a prison number of the old kind, which stands for one stay")
    return why_unusable(compacted, "prison number")
