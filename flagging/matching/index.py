"""The records of one edition in memory, and which of them to compare with a question.

Two steps: from a word asked about to the words of the register like it, and from those to records, so that a common
name is gone through once, not once for every key it is filed under. Built record by record, then only read: readers
need no lock. How many records bear a word is also how common it is: the index is the population of `population`.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

from flagging.errors import OutOfTime
from flagging.identity.person import Identity, Persona
from flagging.matching.derived import DateKeys, Derived, date_keys, identifier_keys, postcode_keys, written
from flagging.matching.rows import bits_of, rows_of
from flagging.matching.tokens import Side, TokenKeys, keys_of
from flagging.record import Record

_NOTHING: tuple[int, ...] = ()
_NO_DATE = DateKeys()
# Stands among the keys of dates for having none.
_UNDATED = -1
# Answers about words that are kept, by their number and by the bits of all their sets (16 MiB); when there are more,
# all are forgotten and worked out afresh.
_REMEMBERED = 1 << 14
_REMEMBERED_BITS = 1 << 27


OwnerT = TypeVar("OwnerT")
KeptT = TypeVar("KeptT")


class Likes(NamedTuple):
    """The rows that bear a word like one asked about, as a given or as a family name; all are sets of rows.

    `same_given` and `same_family` leave out who shares no more than its beginning or an initial. `lone` are those of
    one name only who are found by it.
    """

    given: int
    family: int
    same_given: int
    same_family: int
    lone: int


class Found(NamedTuple):
    """The rows retrieved for one persona asked about, as sets of rows.

    `unlikely` have nothing but one name alike, and no date to compare. The last four may bear a word of the name asked
    about in another form, each part on its own side or on the other's, whether they are retrieved or not.
    """

    likely: int
    unlikely: int = 0
    given: int = 0
    family: int = 0
    given_as_family: int = 0
    family_as_given: int = 0


_NO_LIKES = Likes(0, 0, 0, 0, 0)


class CandidateIndex:
    """Records by the words of their names, dates of birth and identifiers. Rows are numbered as they are added."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._rows: dict[int, Sequence[int]] = {}
        self._words: dict[int, Sequence[int]] = {}
        self._undated: list[int] = []
        self._one_person: dict[str, list[Record]] = {}
        # Remembered while searching; a lookup lost to another thread is only worked out again.
        self._likes: dict[str, Likes] = {}
        self._bits: dict[int, int] = {}
        self._counted: dict[tuple[int, ...], int] = {}
        self._kept: tuple[object, Any] = (None, None)

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
        if all(persona.born is None for persona in record.identity.personas):
            self._undated.append(row[0])
        self.records.append(record)

    def hold_as_one(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Know of pairs of references that each is one person's: whoever is paired with one of a person is that person.

        Not to be called before all records are added.
        """
        refs: dict[str, set[str]] = {}
        for one, other in pairs:
            joined = refs.get(one, {one}) | refs.get(other, {other})
            refs.update(dict.fromkeys(joined, joined))
        records = {record.ppo_ref: record for record in self.records if record.ppo_ref in refs}
        self._one_person = {
            ref: [records[each] for each in sorted(joined) if each != ref and each in records]
            for ref, joined in refs.items()
        }

    def others_of(self, record: Record) -> Sequence[Record]:
        """Return the other records of the same person."""
        return self._one_person.get(record.ppo_ref, ())

    def count(self, key: int) -> int:
        """Return how many records stand behind a word or a date."""
        return len(self._rows.get(key, _NOTHING))

    def count_alike(self, keys: tuple[int, ...], word: int) -> int:
        """Return how many records bear a word filed under one of the keys, all of them keys of `word`, but not it."""
        known = self._counted.get(keys)
        if known is None:
            known = sum(map(self.count, self._words_behind(keys)))
            if len(self._counted) >= _REMEMBERED:
                self._counted = {}
            self._counted[keys] = known
        return known - self.count(word) if known else 0

    def kept_for(self, owner: OwnerT, make: Callable[["CandidateIndex", OwnerT], KeptT]) -> KeptT:
        """Return what an owner (a model) made of this index, kept until another comes."""
        known_owner, known = self._kept
        if known_owner is owner:
            kept: KeptT = known
            return kept
        kept = make(self, owner)
        self._kept = owner, kept
        return kept

    def retrieve(self, identity: Identity, is_out_of_time: Callable[[], bool]) -> set[int]:
        """Return the rows of every record that could be the person, by identifiers or details, before any bound.

        Raises OutOfTime once `is_out_of_time` says so.
        """
        retrieved = 0
        for persona in identity.personas:
            if is_out_of_time():
                raise OutOfTime("personas were left unsearched")
            found = self.by_details(persona)
            retrieved |= found.likely | found.unlikely
        return self.by_identity(identity).union(rows_of(retrieved))

    def by_identity(self, identity: Identity) -> set[int]:
        """Return the rows that share an identifier or the postcode, whatever the names and dates."""
        keys = (*identifier_keys(identity.identifiers), *postcode_keys(identity.postcode))
        return {row for rows in self._behind(keys) for row in rows}

    def by_details(self, persona: Persona) -> Found:
        """Return the rows of every record that could be this persona.

        The date of birth (or its swap), somebody known by this one name only, or two of: given name alike, family
        name alike (either way round), two parts of the date alike. Where one side has no date, one name alike will do.
        """
        dates = _NO_DATE if persona.born is None else date_keys(persona.born)
        same_date = self._same_date(dates.exact)
        if persona.name is None:
            return Found(same_date)
        given, family = self._likes_of(persona.name.given), self._likes_of(persona.name.family)
        alike = given.given | given.family | family.given | family.family
        likely = same_date | given.lone | family.lone | given.given & family.family | given.family & family.given
        unlikely = alike & self._remembered_bits(_UNDATED) if dates.sought else alike
        if dates.sought and alike:
            is_lone = not persona.name.given or not persona.name.family
            same_time = 0
            for key in (*dates.sought, *dates.years) if is_lone else dates.sought:
                same_time |= self._remembered_bits(key)
            likely |= alike & same_time
        return Found(likely, unlikely, given.same_given, family.same_family, given.same_family, family.same_given)

    def _same_date(self, keys: tuple[int, ...]) -> int:
        """Return the rows of a date of birth: so few that it is quickest to name them one by one."""
        bits = 0
        for rows in self._behind(keys):
            for row in rows:
                bits |= 1 << row
        return bits

    def _remembered_bits(self, key: int) -> int:
        """Return the rows filed under a key of a date; there are only so many months, birthdays and days of a year."""
        bits = self._bits.get(key)
        if bits is None:
            rows = self._undated if key == _UNDATED else self._rows.get(key, _NOTHING)
            bits = self._bits[key] = bits_of((rows,), len(self))
        return bits

    def _likes_of(self, words: tuple[str, ...]) -> Likes:
        """Return the rows that bear a word like one of these, however they are written."""
        if len(words) == 1:
            return self.likes_of_word(words[0])
        if not words:
            return _NO_LIKES
        given = family = same_given = same_family = lone = 0
        for word in written(words):
            likes = self.likes_of_word(word)
            given |= likes.given
            family |= likes.family
            same_given |= likes.same_given
            same_family |= likes.same_family
            lone |= likes.lone
        return Likes(given, family, same_given, same_family, lone)

    def likes_of_word(self, word: str) -> Likes:
        """Return the rows that bear a word like this one."""
        likes = self._likes.get(word)
        if likes is None:
            likes = self._find_likes(word)
            if len(self._likes) >= min(_REMEMBERED, _REMEMBERED_BITS // max(len(self), 1)):
                self._likes = {}
            self._likes[word] = likes
        return likes

    def _find_likes(self, word: str) -> Likes:
        keys = keys_of(word, Side.GIVEN)
        given, same_given = self._alike(keys)
        family, same_family = self._alike(keys_of(word, Side.FAMILY))
        return Likes(given, family, same_given, same_family, self._bearers(keys.lone))

    def _alike(self, keys: TokenKeys) -> tuple[int, int]:
        """Return who bears a word like the one with these keys, and who one that shares more than its beginning."""
        same = self._words_behind((*keys.group, *keys.sound, *keys.deletions))
        others = self._words_behind(keys.sought) - same
        same_bearers = self._bearers(same)
        return same_bearers | self._bearers(others), same_bearers

    def _bearers(self, keys: Collection[int]) -> int:
        return bits_of(self._behind(keys), len(self)) if keys else 0

    def _words_behind(self, keys: Iterable[int]) -> set[int]:
        return set[int]().union(*filter(None, map(self._words.get, keys)))

    def _behind(self, keys: Iterable[int]) -> Iterator[Sequence[int]]:
        """Yield the rows of each key that has some."""
        return filter(None, map(self._rows.get, keys))


def _file(shelf: dict[int, Sequence[int]], keys: Iterable[int], item: tuple[int]) -> None:
    """File one item under each key. Where it stands alone the very tuple is kept, shared by all its keys: most do."""
    for key in keys:
        filed = shelf.setdefault(key, item)
        if isinstance(filed, list):
            filed.append(item[0])
        elif filed is not item:
            shelf[key] = [*filed, *item]
