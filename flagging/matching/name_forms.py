"""Words that are forms of one name: short for it, or spelt as another language or another clerk spells it.

Owns which words are, not what that is worth. Short forms are those of the package `nicknames`; spellings those of
`name_forms.txt`, derived from Wikidata's names by `load_tests/name_forms.py`, which tells how.
"""

from collections.abc import Collection
from functools import lru_cache
from typing import Final

from nicknames import NickNamer

from flagging.identity.word_table import WordTable
from flagging.matching.somali_spelling import read_as_somali

_CACHED_WORDS: Final = 1 << 14
# Both read their tables from files that come with them when they are made, once, at import.
_NICKNAMES: Final = NickNamer()
_SPELLINGS: Final = WordTable(__package__, "name_forms.txt")


def forms_of(word: str, *, is_given: bool) -> frozenset[str]:
    """Return what stands for the names a normalised word is a form of; two words that share one are forms of one name.

    That is the word itself, the numbers of its groups of spellings and, of a given name, every name it may be short
    for with the groups of that: Kate meets Catherine by Katherine. Family names are not shortened. A word that may be
    written the Somali way also stands for what English makes of it.
    """
    given, family = _forms_on_either_side(word)
    return given if is_given else family


@lru_cache(maxsize=_CACHED_WORDS)
def _forms_on_either_side(word: str) -> tuple[frozenset[str], frozenset[str]]:
    family = _with_spellings({word, *somali_readings_of(word)})
    long_names = _NICKNAMES.canonicals_of(word)
    # Most words are short for nothing: they stand for the same on both sides.
    return family | _with_spellings(long_names) if long_names else family, family


def _with_spellings(names: Collection[str]) -> frozenset[str]:
    return frozenset(names).union(*map(_SPELLINGS.belonging_to, names))


@lru_cache(maxsize=_CACHED_WORDS)
def somali_readings_of(word: str) -> tuple[str, ...]:
    """Return how English writes a word written the Somali way; nothing for a name that is known as it stands."""
    readings = read_as_somali(word)
    is_known = readings and (_SPELLINGS.belonging_to(word) or _NICKNAMES.canonicals_of(word))
    return () if is_known else readings
