"""Personal names as normalised words.

Owns letters, punctuation and the words that are no part of a name; how alike two names are is matching's business.
"""

import unicodedata

from flagging.identity.name_words import FAMILY_SUFFIXES, NEVER_NAMES, PLACEHOLDERS, PREFIXES, SUFFIXES, TITLES
from flagging.identity.person import PersonName
from flagging.identity.reading import BLANK, PLACEHOLDER, Unusable

MOST_WORDS = 8
LONGEST_WORD = 40
_LONGEST_PART = 400
# A prefix is joined only to a word longer than this: O Brien, but not the initials O B.
_LONGEST_INITIALS = 2

_APOSTROPHES = (
    "'`\N{ACUTE ACCENT}\N{PRIME}\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}"
    "\N{SINGLE HIGH-REVERSED-9 QUOTATION MARK}\N{MODIFIER LETTER APOSTROPHE}\N{MODIFIER LETTER TURNED COMMA}"
    "\N{MODIFIER LETTER PRIME}\N{MODIFIER LETTER LEFT HALF RING}\N{MODIFIER LETTER RIGHT HALF RING}"
    "\N{FULLWIDTH APOSTROPHE}\N{HEBREW PUNCTUATION GERESH}"
)
# Letters that no decomposition takes apart, after casefolding.
_LETTERS = {
    "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "\N{LATIN SMALL LETTER DOTLESS I}": "i", "æ": "ae",
    "œ": "oe", "ħ": "h", "ŧ": "t", "ŋ": "ng", "ɓ": "b", "ɖ": "d", "ɗ": "d", "ƙ": "k", "ƴ": "y", "ɛ": "e",
    "ɔ": "o", "ə": "e", "ĸ": "k",
}  # fmt: skip
# Canonical combining classes of accents (200 and up), Hebrew and Arabic vowel points (10 to 36) and overlays (1).
_ACCENTS = frozenset({1, *range(10, 37), *range(200, 241)})
_FOLDED = str.maketrans(_LETTERS | dict.fromkeys(_APOSTROPHES, ""))
_ASCII_WORDS = {code: " " for code in range(128) if not chr(code).isalnum()} | {ord("'"): None, ord("`"): None}


def parse_name(given: str | None, family: str | None) -> PersonName | Unusable:
    """Return the words of a name, or why there is none; a part left empty by that is a part not known.

    Case, accents and special letters are folded to plain Latin ones (Łukasz, Søren); other scripts stay as they are,
    casefolded. Apostrophes fall away, hyphens part words, and O, D, Mc and Mac are joined to what follows them in a
    family name, so O'Brien, O Brien and Obrien meet. Titles before a name, Jr or III behind it, and words that only
    forms use (unknown, refused, N/K) fall away. A part keeps at most 8 words of at most 40 characters.
    """
    given_words = _part_words(given, SUFFIXES) if given else []
    family_words = _joined(_part_words(family, FAMILY_SUFFIXES)) if family else []
    if given_words or family_words:
        return PersonName(tuple(given_words), tuple(family_words))
    is_blank = not (given and given.strip()) and not (family and family.strip())
    return BLANK if is_blank else PLACEHOLDER


def fold(text: str) -> str:
    """Return text in lower case and plain letters, words parted by whitespace; nothing but letters and digits."""
    if text.isascii():
        return text.lower().translate(_ASCII_WORDS)
    decomposed = unicodedata.normalize("NFKD", text.translate(_FOLDED)).casefold()
    folded = "".join(map(_word_character, decomposed.translate(_FOLDED)))
    return unicodedata.normalize("NFC", folded)


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


def _part_words(text: str, suffixes: frozenset[str]) -> list[str]:
    text = text.strip()[:_LONGEST_PART]
    if text.casefold() in PLACEHOLDERS:
        return []
    words = [word[:LONGEST_WORD] for word in fold(text).split() if not _is_no_name(word)]
    while words and words[0] in TITLES:
        del words[0]
    words = words[:MOST_WORDS]
    while len(words) > 1 and words[-1] in suffixes:
        del words[-1]
    return [] if " ".join(words) in PLACEHOLDERS else words


def _is_no_name(word: str) -> bool:
    return word in NEVER_NAMES or word.isdigit() or (len(word) > 1 and not word.strip("x"))


def _joined(words: list[str]) -> list[str]:
    if PREFIXES.isdisjoint(words[:-1]):
        return words
    joined = words[:1]
    for word in words[1:]:
        if joined[-1] in PREFIXES and len(word) > _LONGEST_INITIALS:
            joined[-1] += word
        else:
            joined.append(word)
    return joined
