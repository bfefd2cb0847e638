"""One word of a name and what can be known of it alone: sound, other forms, spellings one edit away.

Everything here depends on the word and on nothing else, so it is worked out once per word and kept (bounded): names
repeat. Keys are whole numbers from CRC-32, not from Python's `hash`, which differs from process to process; two words
meeting in one key by chance only cost a comparison, never an answer.
"""

from collections.abc import Iterable
from enum import IntEnum
from functools import lru_cache
from typing import Final, NamedTuple
from zlib import crc32

from jellyfish import metaphone, nysiis

from flagging.matching.name_forms import forms_of, somali_readings_of

# Looked up once, not for each key.
_checksum: Final = crc32

# Words longer than this are cut before they are keyed: no real name is, and work per word must stay bounded.
LONGEST_KEYED: Final = 24
PREFIX_LENGTH: Final = 4
# Of words that are asked about again and again; each takes about a kilobyte.
CACHED_WORDS: Final = 1 << 13
# A word's checksums are wanted twice in a row, once for each side of a name.
_AT_HAND: Final = 1 << 8


class Side(IntEnum):
    """The part of a name a word stands in."""

    # Not hashed by name, as members of an Enum are: they are looked up by all the time.
    __hash__ = int.__hash__

    GIVEN = 0
    FAMILY = 1


# Quicker to go through than the class.
SIDES = (Side.GIVEN, Side.FAMILY)


class KeyKind(IntEnum):
    """What a key is made of; its number is part of the key."""

    __hash__ = int.__hash__

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
    SHORT_AS_FAMILY = 16


class TokenKeys(NamedTuple):
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
    return (kind << 1 | side) << 32 | _checksum(text.encode())


# Where keys begin: the kind, over one bit for the side of a name and 32 of checksum.
_FAMILY: Final = Side.FAMILY << 32
_OF_INITIAL, _OF_PREFIX, _OF_DELETION, _OF_LONE = (
    kind << 33 for kind in (KeyKind.INITIAL, KeyKind.PREFIX, KeyKind.DELETION, KeyKind.LONE)
)
_OF_SHORT: Final = KeyKind.SHORT_AS_FAMILY << 33
_OF_SOUND: Final = {"m": KeyKind.METAPHONE << 33, "n": KeyKind.NYSIIS << 33}
_OF_WORD, _OF_GROUP = ([kind << 33 | side << 32 for side in SIDES] for kind in (KeyKind.WORD, KeyKind.GROUP))


@lru_cache(maxsize=4 * CACHED_WORDS)
def codes_of(text: str) -> frozenset[str]:
    """Return how a normalised word sounds: Metaphone and NYSIIS (jellyfish), each marked by its first letter.

    Words of one letter have no sound of their own; one written the Somali way sounds as that says, besides.
    """
    read = (text, *somali_readings_of(text)) if len(text) > 1 else ()
    codes = {code for word in read for code in ("m" + metaphone(word), "n" + nysiis(word))}
    return frozenset(codes - _OF_SOUND.keys())


@lru_cache(maxsize=CACHED_WORDS)
def keys_of(text: str, side: Side) -> TokenKeys:
    """Return the keys of a word standing on one side of a name."""
    keys = _keys_of_given(text)
    on_side = side << 32
    initial = keys.initial | on_side
    forms = forms_of(text, is_given=side is Side.GIVEN)
    group = tuple([_OF_GROUP[side] | _checksum(name.encode()) for name in sorted(forms)])
    sound = tuple([key | on_side for key in keys.sound])
    deletions = tuple([key | on_side for key in keys.deletions])
    alike = (keys.prefix | on_side, *group, *sound, *deletions)
    # A recorded initial has that letter for its whole prefix.
    abbreviated = keys.abbreviated | on_side
    return TokenKeys(
        keys.word | on_side, (initial,), group, sound, deletions, keys.lone, (initial, *alike), (*alike, abbreviated)
    )


def word_key(text: str, side: Side) -> int:
    """Return the key of the word itself, as `keys_of` does."""
    return _OF_WORD[side] | _checksum(text.encode())


def initial_key(text: str, side: Side) -> int:
    """Return the key of the first letter of a word, as `keys_of` does."""
    return _OF_INITIAL | side << 32 | _checksum(text[:1].encode())


def side_of(key: int) -> Side:
    """Return the side of a name that the key of a word stands for."""
    return Side.FAMILY if key & _FAMILY else Side.GIVEN


def without_side(keys: Iterable[int]) -> list[int]:
    """Return keys of a word as it is looked up by on both sides at once, but for its forms: they differ by side."""
    # As they are wherever they may be: a number made anew beside one that is soon freed leaves a hole in the memory.
    return [key ^ _FAMILY if key & _FAMILY and key >> 33 != KeyKind.GROUP else key for key in keys]


class Sought:
    """What a word asked about is looked up by, as `without_side` has it: `same` without its beginning, but for its
    forms as a given and as a family name; `begun` by the beginning alone; `lone` as `TokenKeys` has it. As a given name
    standing in the place of a family name it is found by `longer_forms` and `short_as_family`.
    """

    __slots__ = ("begun", "family_forms", "given_forms", "lone", "longer_forms", "same", "short_as_family")

    def __init__(  # noqa: PLR0913 one for each field
        self,
        *,
        same: list[int],
        given_forms: list[int],
        family_forms: list[int],
        begun: tuple[int, int],
        lone: tuple[int, ...],
        longer_forms: list[int],
        short_as_family: list[int],
    ) -> None:
        self.same: Final = same
        self.given_forms: Final = given_forms
        self.family_forms: Final = family_forms
        self.begun: Final = begun
        self.lone: Final = lone
        self.longer_forms: Final = longer_forms
        self.short_as_family: Final = short_as_family


def sought_of(text: str) -> Sought:
    """Return what `keys_of` says is sought for a word, for both sides at once. Not kept: it is looked up once."""
    keys = _keys_of_given(text)
    given, family = forms_of(text, is_given=True), forms_of(text, is_given=False)
    return Sought(
        same=[*keys.deletions, *keys.sound],
        given_forms=[_OF_GROUP[Side.GIVEN] | _checksum(name.encode()) for name in given],
        family_forms=[_OF_GROUP[Side.FAMILY] | _checksum(name.encode()) for name in family],
        begun=(keys.prefix, keys.abbreviated),
        lone=keys.lone,
        longer_forms=[_OF_GROUP[Side.FAMILY] | _checksum(name.encode()) for name in given - family],
        short_as_family=[_OF_SHORT | _checksum(name.encode()) for name in given],
    )


def keys_of_short_family_name(text: str) -> list[int]:
    """Return the keys under which somebody is filed whose family name, as a given name, is short for another (Matt)."""
    longer = forms_of(text, is_given=True) - forms_of(text, is_given=False)
    return [_OF_SHORT | _checksum(name.encode()) for name in longer]


class _GivenKeys:
    """The keys of a word as a given name, but for its forms; as a family name it has the same with the side set."""

    __slots__ = ("abbreviated", "deletions", "initial", "lone", "prefix", "sound", "word")

    def __init__(  # noqa: PLR0913 one for each field
        self,
        *,
        word: int,
        initial: int,
        prefix: int,
        abbreviated: int,
        sound: list[int],
        deletions: list[int],
        lone: tuple[int, ...],
    ) -> None:
        self.word: Final = word
        self.initial: Final = initial
        self.prefix: Final = prefix
        self.abbreviated: Final = abbreviated
        self.sound: Final = sound
        self.deletions: Final = deletions
        self.lone: Final = lone


@lru_cache(maxsize=_AT_HAND)
def _keys_of_given(text: str) -> _GivenKeys:
    codes = sorted(codes_of(text))
    initial = _checksum(text[:1].encode())
    return _GivenKeys(
        word=_OF_WORD[Side.GIVEN] | _checksum(text.encode()),
        initial=_OF_INITIAL | initial,
        prefix=_OF_PREFIX | _checksum(text[:PREFIX_LENGTH].encode()),
        abbreviated=(_OF_INITIAL if len(text) == 1 else _OF_PREFIX) | initial,
        sound=[_OF_SOUND[code[0]] | _checksum(code[1:].encode()) for code in codes],
        deletions=[_OF_DELETION | _checksum(spelling) for spelling in _deletions(text[:LONGEST_KEYED])],
        lone=(_OF_LONE | _checksum(text.encode()), *[_OF_LONE | _checksum(code.upper().encode()) for code in codes]),
    )


def _deletions(text: str) -> list[bytes]:
    """Return the word and what is left of it without one letter: two words one edit apart share one of these."""
    if not text.isascii():
        spellings = {text[:place] + text[place + 1 :] for place in range(len(text))} | {text}
        return [spelling.encode() for spelling in sorted(spellings) if spelling]
    letters = text.encode()
    spelt = {letters[:place] + letters[place + 1 :] for place in range(len(letters))}
    spelt.add(letters)
    spelt.discard(b"")
    return sorted(spelt)
