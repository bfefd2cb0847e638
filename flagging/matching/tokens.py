"""One word of a name and what can be known of it alone: sound, other forms, spellings one edit away.

Everything here depends on the word and on nothing else, so it is worked out once per word and kept (bounded): names
repeat. Keys are whole numbers from CRC-32, not from Python's `hash`, which differs from process to process; two words
meeting in one key by chance only cost a comparison, never an answer.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from zlib import crc32

from jellyfish import metaphone, nysiis

from flagging.matching.name_forms import forms_of

# Words longer than this are cut before they are keyed: no real name is, and work per word must stay bounded.
LONGEST_KEYED = 24
PREFIX_LENGTH = 4
CACHED_WORDS = 1 << 16


class Side(IntEnum):
    """The part of a name a word stands in."""

    GIVEN = 0
    FAMILY = 1


class KeyKind(IntEnum):
    """What a key is made of; its number is part of the key."""

    WORD = 1
    GROUP = 2
    METAPHONE = 3
    NYSIIS = 4
    PREFIX = 5
    DELETION = 6
    INITIAL = 7
    LONE = 8
    DATE = 9
    YEAR_MONTH = 10
    MONTH_DAY = 11
    YEAR_DAY = 12
    YEAR = 13
    IDENTIFIER = 14
    POSTCODE = 15


@dataclass(frozen=True, slots=True)
class TokenKeys:
    """The keys of a word on one side of a name.

    `word` is the word itself. A word of the register is filed under `stored`; a word asked about has as its likes
    those filed under `sought`: of the same group, sound or beginning, one edit away, or abbreviated to an initial.
    `lone` finds records of one name only. The others single out why words are alike, so that the people behind them
    tell how much of the population stands at that level.
    """

    word: int
    initial: tuple[int, ...]
    group: tuple[int, ...]
    sound: tuple[int, ...]
    deletions: tuple[int, ...]
    lone: tuple[int, ...]
    stored: tuple[int, ...]
    sought: tuple[int, ...]


def key_of(kind: KeyKind, text: str, side: Side = Side.GIVEN) -> int:
    """Return the key of a value: 32 bits of checksum under the kind and the side."""
    return (kind << 1 | side) << 32 | crc32(text.encode())


_SOUND_KINDS = {"m": KeyKind.METAPHONE, "n": KeyKind.NYSIIS}


@lru_cache(maxsize=CACHED_WORDS)
def codes_of(text: str) -> frozenset[str]:
    """Return how a normalised word sounds: Metaphone and NYSIIS (jellyfish), each marked by its first letter.

    Words of one letter have no sound of their own.
    """
    codes = {"m" + metaphone(text), "n" + nysiis(text)} if len(text) > 1 else set()
    return frozenset(codes - _SOUND_KINDS.keys())


@lru_cache(maxsize=CACHED_WORDS)
def keys_of(text: str, side: Side) -> TokenKeys:
    """Return the keys of a word standing on one side of a name."""
    initial = key_of(KeyKind.INITIAL, text[:1], side)
    forms = sorted(forms_of(text, is_given=side is Side.GIVEN))
    group = tuple(key_of(KeyKind.GROUP, name, side) for name in forms)
    codes = sorted(codes_of(text))
    sound = tuple(key_of(_SOUND_KINDS[code[0]], code[1:], side) for code in codes)
    deletions = tuple(key_of(KeyKind.DELETION, spelling, side) for spelling in _deletions(text[:LONGEST_KEYED]))
    alike = (key_of(KeyKind.PREFIX, text[:PREFIX_LENGTH], side), *group, *sound, *deletions)
    # A recorded initial has that letter for its whole prefix.
    abbreviated = initial if len(text) == 1 else key_of(KeyKind.PREFIX, text[:1], side)
    return TokenKeys(
        word=key_of(KeyKind.WORD, text, side),
        initial=(initial,),
        group=group,
        sound=sound,
        deletions=deletions,
        lone=(key_of(KeyKind.LONE, text), *(key_of(KeyKind.LONE, code.upper()) for code in codes)),
        stored=(initial, *alike),
        sought=(*alike, abbreviated),
    )


def _deletions(text: str) -> tuple[str, ...]:
    """Return the word and what is left of it without one letter: two words one edit apart share one of these."""
    spellings = {text} | {text[:place] + text[place + 1 :] for place in range(len(text))}
    return tuple(sorted(spellings - {""}))
