"""Text as people and programs write it, brought down to lower-case Latin letters and digits, words parted by spaces.

Owns single characters: case, accents, apostrophes, punctuation, letters that only look Latin. What a word of another
script says is `other_scripts`' business, what a word means is `names`'.
"""

import re
import unicodedata
from typing import Final

from flagging.identity.other_scripts import latin_word

_APOSTROPHES: Final = (
    "'`\N{ACUTE ACCENT}\N{PRIME}\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}"
    "\N{SINGLE HIGH-REVERSED-9 QUOTATION MARK}\N{MODIFIER LETTER APOSTROPHE}\N{MODIFIER LETTER TURNED COMMA}"
    "\N{MODIFIER LETTER PRIME}\N{MODIFIER LETTER LEFT HALF RING}\N{MODIFIER LETTER RIGHT HALF RING}"
    "\N{FULLWIDTH APOSTROPHE}\N{HEBREW PUNCTUATION GERESH}"
)
# Letters to Unicode, though nobody sees them.
_FILLERS: Final = "\N{HANGUL CHOSEONG FILLER}\N{HANGUL JUNGSEONG FILLER}\N{HANGUL FILLER}\N{HALFWIDTH HANGUL FILLER}"
_DROPPED: Final = str.maketrans(dict.fromkeys(_APOSTROPHES + _FILLERS, ""))
_ASCII_WORDS: Final = {code: " " for code in range(128) if not chr(code).isalnum()} | {ord("'"): None, ord("`"): None}
# Canonical combining classes of accents (200 and up), Hebrew and Arabic vowel points (10 to 36) and overlays (1).
_ACCENTS: Final = frozenset({1, *range(10, 37), *range(200, 241)})

# Cyrillic and Greek letters that cannot be told from the Latin ones beside them; read so only inside a Latin word.
_LOOK_ALIKES: Final = dict(
    zip(
        "АВЕЅІЈКМНОРСТУХаеѕіјорсухԁһԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧονι",  # noqa: RUF001 that is what they are for
        "ABESIJKMHOPCTYXaesijopcyxdhqwABEZHIKMNOPTYXovi",
        strict=True,
    )
)
_LOOKS: Final = str.maketrans(_LOOK_ALIKES)
_LATIN_WORD: Final = re.compile(r"[^\W\d_]*[A-Za-z][^\W\d_]*")


def fold(text: str) -> str:
    """Return text in lower case and plain letters, words parted by whitespace; nothing but letters and digits.

    A word stays in its own script only where none of its letters can be read in Latin ones.
    """
    if text.isascii():
        return text.lower().translate(_ASCII_WORDS)
    words = in_own_script(text)
    return words if words.isascii() else " ".join(map(latin_word, words.split()))


def in_own_script(text: str) -> str:
    """Return text casefolded, without accents and punctuation; a letter that only looks Latin is put right."""
    if not _LOOK_ALIKES.keys().isdisjoint(text):
        text = _LATIN_WORD.sub(lambda word: word[0].translate(_LOOKS), text)
    decomposed = unicodedata.normalize("NFKD", text.translate(_DROPPED)).casefold()
    return unicodedata.normalize("NFC", "".join(map(_word_character, decomposed.translate(_DROPPED))))


def _word_character(character: str) -> str:
    if character.isalnum():
        return character
    if unicodedata.combining(character) in _ACCENTS:
        return ""
    category = unicodedata.category(character)
    # Any other mark is a vowel or a joiner inside a word (Devanagari, Thai); a format character is invisible.
    if category[0] == "M":
        return character
    return "" if category == "Cf" else " "
