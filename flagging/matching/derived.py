"""What a record is found by, worked out once at sync and carried along with the record.

Made of everything the record is known by, aliases included. A key says nothing on its own, it only retrieves.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flagging.identity.name_words import without_particles
from flagging.identity.person import BirthDate, Identifier, Identity, PersonName
from flagging.matching.tokens import KeyKind, Side, TokenKeys, key_of, keys_of

# Changes whenever a key changes its meaning or its spelling: an edition of another version cannot be searched.
MATCHING_VERSION: Final = 3

# Words of one part of a name that are keyed and compared; more are not met in life, and work must stay bounded.
MOST_WORDS: Final = 8

# Keys of dates are YYYYMMDD, as far as they say it, under their kind.
_OF_DATE, _OF_YEAR_MONTH, _OF_MONTH_DAY, _OF_YEAR_DAY, _OF_YEAR = (
    kind << 33 for kind in (KeyKind.DATE, KeyKind.YEAR_MONTH, KeyKind.MONTH_DAY, KeyKind.YEAR_DAY, KeyKind.YEAR)
)


@dataclass(frozen=True, slots=True)
class Derived:
    """`words`: each word of the names with the keys it is filed under; `keys`: all else the record is found by."""

    words: tuple[tuple[int, tuple[int, ...]], ...]
    keys: tuple[int, ...]


class DateKeys:
    """The keys of a date of birth.

    `exact` includes day and month swapped; `alike` has two parts of the date each; `sought` is what a question with
    the date asks for besides, among records whose name is alike.
    """

    __slots__ = ("alike", "exact", "month_day", "sought", "years")

    def __init__(
        self,
        exact: tuple[int, ...] = (),
        alike: tuple[int, ...] = (),
        sought: tuple[int, ...] = (),
        month_day: tuple[int, ...] = (),
        years: tuple[int, ...] = (),
    ) -> None:
        self.exact: Final = exact
        self.alike: Final = alike
        self.sought: Final = sought
        self.month_day: Final = month_day
        self.years: Final = years


def derive(identity: Identity) -> Derived:
    """Return what a record with this identity is found by."""
    words: dict[int, tuple[int, ...]] = {}
    keys = {*identifier_keys(identity.identifiers), *postcode_keys(identity.postcode)}
    for persona in identity.personas:
        if persona.name is not None:
            words.update((token.word, token.stored) for token in _name_keys(persona.name))
            # Somebody of one name only is found by that name, whatever else is asked.
            if not persona.name.given or not persona.name.family:
                keys.update(lone_keys(persona.name))
        if persona.born is not None:
            keys.update(_recorded_date_keys(persona.born))
    return Derived(tuple(sorted(words.items())), tuple(sorted(keys)))


def pack_derived(derived: Derived) -> list[Any]:
    """Return plain values for the edition."""
    return [[[word, *keys] for word, keys in derived.words], list(derived.keys)]


def unpack_derived(raw: Sequence[Any]) -> Derived:
    """Return what `pack_derived` was given."""
    words, keys = raw
    return Derived(tuple((word, tuple(filed)) for word, *filed in words), tuple(keys))


def identifier_keys(identifiers: Sequence[Identifier]) -> Iterator[int]:
    """Yield a key for every way each identifier may be met."""
    for identifier in identifiers:
        for key in identifier.keys:
            yield key_of(KeyKind.IDENTIFIER, key)


def postcode_keys(postcode: str | None) -> tuple[int, ...]:
    """Return the key of a postcode; no key for none."""
    return () if postcode is None else (key_of(KeyKind.POSTCODE, postcode),)


def lone_keys(name: PersonName) -> Iterator[int]:
    """Yield the keys under which a record of one name only is filed, and which every question asks for."""
    for token in _name_keys(name):
        yield from token.lone


def word_keys(words: tuple[str, ...], side: Side) -> list[TokenKeys]:
    """Return the keys of the words of one part of a name, however they are written."""
    return [keys_of(word, side) for word in written(words)]


def written(words: tuple[str, ...]) -> Collection[str]:
    """Return the words of a part, its first two as one, and all of them as one, particles or no particles."""
    if len(words) <= 1:
        return words
    words = words[:MOST_WORDS]
    return dict.fromkeys((*words, "".join(words[:2]), "".join(words), "".join(without_particles(words))))


def date_keys(born: BirthDate) -> DateKeys:
    """Return the keys a date of birth is looked up by; an incomplete one only by what is known of it.

    Not kept: to make them anew is quicker than to look a date up.
    """
    year, month, day, spread = born.year, born.month, born.day, born.year_spread
    years = (_OF_YEAR | year * 10000,) if not spread else tuple([_OF_YEAR | near * 10000 for near in _years(born)])
    if month is None:
        return DateKeys(sought=years, years=years)
    year_month = _OF_YEAR_MONTH | year * 10000 + month * 100
    if day is None:
        return DateKeys(alike=(year_month,), sought=(year_month,), years=years)
    date = _OF_DATE | year * 10000
    exact = (date + month * 100 + day, date + day * 100 + month)
    month_day = (_OF_MONTH_DAY | month * 100 + day,)
    alike = (year_month, _OF_YEAR_DAY | year * 10000 + day, month_day[0])
    # 1 January often stands for a birthday not known: the year is all there is to go by.
    sought = (*alike, *years) if month == day == 1 else (*alike, date + 101)
    return DateKeys(exact, alike, sought, month_day, years)


def _name_keys(name: PersonName) -> Iterator[TokenKeys]:
    yield from word_keys(name.given, Side.GIVEN)
    yield from word_keys(name.family, Side.FAMILY)


def _recorded_date_keys(born: BirthDate) -> Iterator[int]:
    """Yield the keys of a record's date: an incomplete one also answers to every month it may mean."""
    keys = date_keys(born)
    yield from keys.years
    yield from keys.alike
    yield from keys.exact[:1]
    if born.month is None:
        for year in _years(born):
            yield from (_OF_YEAR_MONTH | year * 10000 + month * 100 for month in range(1, 13))


def _years(born: BirthDate) -> range:
    return range(born.year - born.year_spread, born.year + born.year_spread + 1)
