"""The records of one edition in memory, and which of them to compare with a question.

Two steps: from a word asked about to the words of the register like it, and from those to records, so that a common
name is gone through once, not once for every key it is filed under. Built record by record, then only read: readers
need no lock. How many records bear a word is also how common it is: the index is the population of `population`.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from flagging.errors import OutOfTime
from flagging.identity.person import Identity, Persona, PersonName
from flagging.matching.derived import DateKeys, Derived, date_keys, identifier_keys, lone_keys, postcode_keys, word_keys
from flagging.matching.tokens import Side, TokenKeys
from flagging.record import Record

_NOTHING: tuple[int, ...] = ()
# Answers about words that are kept; when there are more, all are forgotten and worked out afresh.
_REMEMBERED = 1 << 14


class Likes(NamedTuple):
    """Words of the register like one asked about, and how many records bear them (somebody with two counts twice)."""

    words: frozenset[int]
    people: int


class NameLikes(NamedTuple):
    """The likes of both parts of a name, each on its own side and on the other's."""

    given: Likes
    family: Likes
    given_as_family: Likes
    family_as_given: Likes


_NO_LIKES = Likes(frozenset(), 0)
NO_LIKES = NameLikes(_NO_LIKES, _NO_LIKES, _NO_LIKES, _NO_LIKES)


class CandidateIndex:
    """Records by the words of their names, dates of birth and identifiers. Rows are numbered as they are added."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._rows: dict[int, Collection[int]] = {}
        self._words: dict[int, Collection[int]] = {}
        self._words_of: list[frozenset[int]] = []
        # Remembered while searching; a lookup lost to another thread is only worked out again.
        self._likes: dict[int, Likes] = {}
        self._counted: dict[tuple[tuple[int, ...], int], int] = {}

    def __len__(self) -> int:
        return len(self.records)

    def add(self, record: Record, derived: Derived) -> None:
        """Append a record; costs tens of microseconds. Not to be called once the index is searched."""
        row = (len(self.records),)
        for word, filed_under in derived.words:
            if word not in self._rows:
                _file(self._words, filed_under, (word,))
            _file(self._rows, (word,), row)
        _file(self._rows, derived.keys, row)
        self._words_of.append(frozenset(word for word, _ in derived.words))
        self.records.append(record)

    def count(self, key: int) -> int:
        """Return how many records stand behind a word or a date."""
        return len(self._rows.get(key, _NOTHING))

    def count_alike(self, keys: tuple[int, ...], word: int) -> int:
        """Return how many records bear a word filed under one of the keys, other than `word` itself."""
        known = self._counted.get((keys, word))
        if known is None:
            known = sum(self.count(other) for other in _behind(self._words, keys) if other != word)
            if len(self._counted) >= _REMEMBERED:
                self._counted = {}
            self._counted[keys, word] = known
        return known

    def retrieve(self, identity: Identity, is_out_of_time: Callable[[], bool]) -> set[int]:
        """Return the rows of every record that could be the person, by identifiers or details, before any bound.

        Raises OutOfTime once `is_out_of_time` says so.
        """
        rows = self.by_identity(identity)
        for persona in identity.personas:
            if is_out_of_time():
                raise OutOfTime("personas were left unsearched")
            rows |= self.by_details(persona, self.likes_of(persona.name))
        return rows

    def words_of(self, row: int) -> frozenset[int]:
        """Return the words of all names of the record in this row."""
        return self._words_of[row]

    def by_identity(self, identity: Identity) -> set[int]:
        """Return the rows that share an identifier or the postcode, whatever the names and dates."""
        return _behind(self._rows, (*identifier_keys(identity.identifiers), *postcode_keys(identity.postcode)))

    def likes_of(self, name: PersonName | None) -> NameLikes:
        """Return what on the register is like each part of a name."""
        if name is None:
            return NO_LIKES
        return NameLikes(
            given=self._likes_of(word_keys(name.given, Side.GIVEN)),
            family=self._likes_of(word_keys(name.family, Side.FAMILY)),
            given_as_family=self._likes_of(word_keys(name.given, Side.FAMILY)),
            family_as_given=self._likes_of(word_keys(name.family, Side.GIVEN)),
        )

    def by_details(self, persona: Persona, likes: NameLikes) -> set[int]:
        """Return the rows of every record that could be this persona.

        The date of birth (or its swap), somebody known by this one name only, or two of: given name alike, family
        name alike (either way round), two parts of the date alike.
        """
        dates = DateKeys() if persona.born is None else date_keys(persona.born)
        rows = _behind(self._rows, dates.exact)
        if persona.name is None:
            return rows
        rows |= self._bearers(likes.given, likes.family)
        rows |= self._bearers(likes.family_as_given, likes.given_as_family)
        rows |= _behind(self._rows, lone_keys(persona.name))
        if dates.sought:
            is_lone = not persona.name.given or not persona.name.family
            same_time = _behind(self._rows, (*dates.sought, *dates.years) if is_lone else dates.sought)
            words = likes.given.words.union(*[each.words for each in likes[1:]])
            if len(same_time) <= sum(each.people for each in likes):
                rows |= self._with_any(same_time, words)
            else:
                rows |= same_time & _behind(self._rows, words)
        return rows

    def _bearers(self, one: Likes, other: Likes) -> AbstractSet[int]:
        """Return the rows that bear a word of each: those of the rarer, searched for the commoner."""
        if not one.words or not other.words:
            return frozenset()
        rarer, commoner = (one, other) if one.people < other.people else (other, one)
        return self._with_any(_behind(self._rows, rarer.words), commoner.words)

    def _with_any(self, rows: Iterable[int], words: AbstractSet[int]) -> set[int]:
        """Return those of the rows that bear one of the words."""
        words_of, bears_none = self._words_of, words.isdisjoint
        return {row for row in rows if not bears_none(words_of[row])}

    def _likes_of(self, tokens: Sequence[TokenKeys]) -> Likes:
        """Return the words of the register that are like one of these on its side of the name."""
        if not tokens:
            return _NO_LIKES
        first, *others = [self._likes_of_word(token) for token in tokens]
        if not others:
            return first
        return Likes(first.words.union(*[each.words for each in others]), first.people + sum(e.people for e in others))

    def _likes_of_word(self, token: TokenKeys) -> Likes:
        likes = self._likes.get(token.word)
        if likes is None:
            words = frozenset(_behind(self._words, token.sought))
            likes = Likes(words, sum(len(self._rows[word]) for word in words))
            if len(self._likes) >= _REMEMBERED:
                self._likes = {}
            self._likes[token.word] = likes
        return likes


def _file(shelf: dict[int, Collection[int]], keys: Iterable[int], item: tuple[int]) -> None:
    """File one item under each key. Where it stands alone the very tuple is kept, shared by all its keys: most do."""
    for key in keys:
        filed = shelf.setdefault(key, item)
        if isinstance(filed, set):
            filed.add(item[0])
        elif filed is not item:
            shelf[key] = {*filed, *item}


def _behind(shelf: dict[int, Collection[int]], keys: Iterable[int]) -> set[int]:
    get = shelf.get
    found: set[int] = set()
    return found.union(*[get(key, _NOTHING) for key in keys])
