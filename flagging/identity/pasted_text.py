"""Characters as they come out of web pages, documents and forms, made the ones a keyboard gives."""

import unicodedata
from typing import Final

_SLASHES: Final = frozenset("\N{FRACTION SLASH}\N{DIVISION SLASH}\N{BIG SOLIDUS}")
_MINUS: Final = "\N{MINUS SIGN}"


def plain(text: str) -> str:
    """Return the text with any script's digits as 0-9, every dash as `-`, every slash as `/`, every space as one.

    Control and invisible characters fall away. Full-width letters become plain; other letters stay what they are.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_plain_character, unicodedata.normalize("NFKC", text)))


def _plain_character(character: str) -> str:
    if character in _SLASHES:
        return "/"
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Pd" or character == _MINUS:
        return "-"
    if category[0] == "Z" or character in "\t\n\r":
        return " "
    return "" if category[0] == "C" else character
