"""The check letter that PNC IDs and CRO numbers end in. Owns the sum, not the ways an identifier is written."""

from typing import Final

_LETTERS: Final = "ZABCDEFGHJKLMNPQRTUVWXY"


def check_letter(year: int, serial: int, width: int) -> str:
    """Return the letter over the two year digits followed by the serial, padded with zeros to `width` digits.

    The number so written, modulo 23, picks one of 23 letters; I, O and S are never check letters. As only two
    digits of the year enter, the letter cannot tell one century from another.
    """
    return _LETTERS[((year % 100) * 10**width + serial) % 23]
