"""Words written in other scripts, put into Latin letters so that they meet a name typed in Latin ones.

Owns whole words; characters that have a plain Latin letter behind them are `plain_letters`' business. What a script
leaves unwritten (short vowels in Arabic and Hebrew, most spellings of Indian names in English) only a list of names
knows: `native_names.txt`, derived by `load_tests/native_names.py`.
"""

import unicodedata
from functools import lru_cache
from typing import Final

from anyascii import anyascii

from flagging.identity.word_table import WordTable

# Few, as a word asked about may be long.
_CACHED_WORDS: Final = 1 << 12

# One letter that Arabic, Persian and Urdu keyboards write in several ways, made the Arabic one; the stretcher is none.
_ONE_LETTER: Final = str.maketrans(
    {
        "\N{ARABIC LETTER FARSI YEH}": "\N{ARABIC LETTER YEH}",
        "\N{ARABIC LETTER ALEF MAKSURA}": "\N{ARABIC LETTER YEH}",
        "\N{ARABIC LETTER YEH BARREE}": "\N{ARABIC LETTER YEH}",
        "\N{ARABIC LETTER KEHEH}": "\N{ARABIC LETTER KAF}",
        "\N{ARABIC LETTER HEH GOAL}": "\N{ARABIC LETTER HEH}",
        "\N{ARABIC LETTER HEH DOACHASHMEE}": "\N{ARABIC LETTER HEH}",
        "\N{ARABIC LETTER AE}": "\N{ARABIC LETTER HEH}",
        "\N{ARABIC LETTER TEH MARBUTA}": "\N{ARABIC LETTER HEH}",
        "\N{ARABIC LETTER ALEF WASLA}": "\N{ARABIC LETTER ALEF}",
        "\N{ARABIC TATWEEL}": None,
    }
)
_ARTICLE: Final = "\N{ARABIC LETTER ALEF}\N{ARABIC LETTER LAM}"
_SHORTEST_WITH_ARTICLE: Final = 5
# Letters that carry a vowel: at the start of a word, and behind another letter unless a long a follows.
_AT_START: Final = {"\N{ARABIC LETTER ALEF}": "a", "\N{ARABIC LETTER AIN}": "a", "\N{HEBREW LETTER ALEF}": "a"}
_LONG_A: Final = "\N{ARABIC LETTER ALEF}"
_WITHIN: Final = {
    "\N{ARABIC LETTER ALEF}": "a",
    "\N{ARABIC LETTER WAW}": "u",
    "\N{ARABIC LETTER YEH}": "i",
    "\N{HEBREW LETTER VAV}": "o",
    "\N{HEBREW LETTER YOD}": "i",
}
# Indian scripts, Devanagari to Sinhala: a consonant is followed by a short a unless something else is written.
_INDIAN: Final = range(0x0900, 0x0E00)
_NASAL_MARKS: Final = frozenset(
    "\u0901\u0902\u0981\u0982\u0a01\u0a02\u0a70\u0a81\u0a82\u0b01\u0b02\u0c01\u0c02\u0c82\u0d02\u0d82"
)

_NATIVE_NAMES: Final = WordTable(__package__, "native_names.txt")


@lru_cache(maxsize=_CACHED_WORDS)
def latin_word(word: str) -> str:
    """Return a casefolded word in plain Latin letters, or as it is where none of its letters can be read.

    A name that the list of native names has becomes its commonest English spelling; any other word is read letter by
    letter (the library `anyascii`), with the vowels its script implies. An Arabic article becomes a word of its own.
    """
    filed = one_spelling(word)
    known = _NATIVE_NAMES.belonging_to(filed)
    if known:
        return known[0]
    if filed.startswith(_ARTICLE) and len(filed) >= _SHORTEST_WITH_ARTICLE:
        name = filed.removeprefix(_ARTICLE)
        return " ".join(("al", *(_NATIVE_NAMES.belonging_to(name) or [letter_by_letter(name) or name])))
    return letter_by_letter(filed) or "".join(filter(str.isalnum, word))


def one_spelling(word: str) -> str:
    """Return a word with one letter for all that keyboards write in its place, as native names are filed."""
    return word.translate(_ONE_LETTER)


def letter_by_letter(word: str) -> str:
    """Return what the letters of a word sound like in Latin ones; empty if none of them can be read."""
    before, after = f" {word}", f"{word[1:]} "
    read = "".join(map(_latin_letter, before, word, after))
    return "".join(filter(str.isalnum, read.lower()))


def _latin_letter(before: str, letter: str, after: str) -> str:
    if before == " ":
        if letter in _AT_START:
            return _AT_START[letter]
    elif letter in _WITHIN and (letter == _LONG_A or after != _LONG_A):
        return _WITHIN[letter]
    if letter in _NASAL_MARKS:
        return "n"
    return anyascii(letter) + "a" * (_is_indian_consonant(letter) and _is_indian_consonant(after))


def _is_indian_consonant(letter: str) -> bool:
    return ord(letter) in _INDIAN and unicodedata.category(letter) == "Lo" and anyascii(letter)[-1:] not in "aeiou"
