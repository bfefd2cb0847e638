"""The records of one edition in memory, and which of them to compare with a question.

Two steps: from a word asked about to the words of the register like it, and from those to records, so that a common
name is gone through once, not once for every key it is filed under. Built record by record, then only read: readers
need no lock. How many records bear a word is also how common it is: the index is the population of `population`.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

from flagging.errors import OutOfTime
from flagging.identity.person import Identity, Persona, PersonName
from flagging.matching.derived import DateKeys, Derived, date_keys, identifier_keys, postcode_keys
from flagging.matching.found import Found
from flagging.matching.likes import Likes, WordLikes, family_bearers, given_bearers
from flagging.matching.rows import RowSets, rows_of, union
from flagging.matching.tokens import SIDES, Side, keys_of_short_family_name, side_of, word_key
from flagging.matching.whole_dates import digits_of
from flagging.record import Record

_NO_DATE: Final = DateKeys()
# In place of the digits of a date: where a whole name has none, and where something is partial.
NO_DATE: Final = -1
_NOT_WHOLE = (0, PersonName((), ()))
# Stand among the keys of dates: for having no date; for a date or a name that is not whole, of any persona.
_UNDATED: Final = -1
_PARTIAL: Final = -2
# Counts that are kept; when there are more, all are forgotten and worked out afresh.
_REMEMBERED: Final = 1 << 13

_NOBODY = (None, None)

OwnerT = TypeVar("OwnerT")
KeptT = TypeVar("KeptT")


class CandidateIndex:
    """Records by the words of their names, dates of birth and identifiers. Rows are numbered as they are added."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        # Of each row the digits of the date of birth, where its one persona has a whole name, and a whole date or none:
        # all there is to compare then. And that name. Of a row of several such personas, those of each (`_whole`).
        self.whole_dates: list[int] = []
        self.whole_names: list[PersonName] = []
        self.whole_personas: dict[int, list[tuple[int, PersonName]]] = {}
        self._rows = RowSets()
        self._one_person: dict[str, list[Record]] = {}
        # Remembered while searching; a lookup lost to another thread is only worked out again.
        self._likes = WordLikes(self._rows)
        self._counted: dict[tuple[int, ...], int] = {}
        self._kept: dict[object, tuple[object, Any]] = {}
        self._undated: int | None = None
        self._partial: int | None = None

    def __len__(self) -> int:
        return len(self.records)

    def add(self, record: Record, derived: Derived) -> None:
        """Append a record; costs tens of microseconds. Not to be called once the index is searched."""
        row: tuple[int, ...] = (len(self.records),)
        for word, filed_under in derived.words:
            if word not in self._rows:
                self._likes.file(word, filed_under)
            self._rows.file((word,), row)
        self._rows.file(derived.keys, row)
        personas = record.identity.personas
        names = [persona.name for persona in personas if persona.name is not None]
        short = {key for name in names for word in name.family for key in keys_of_short_family_name(word)}
        self._rows.file(short, row)
        if all(persona.born is None for persona in personas):
            self._rows.file((_UNDATED,), row)
        whole = [_whole(persona, personas[0]) for persona in personas]
        if any(date <= 0 for date, _ in whole):
            self._rows.file((_PARTIAL,), row)
        date, name = whole[0] if len(personas) == 1 else _NOT_WHOLE
        if len(personas) > 1 and all(date for date, _ in whole):
            self.whole_personas[len(self.records)] = whole
        self.whole_dates.append(date)
        self.whole_names.append(name)
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
        return self._rows.count(key)

    def count_alike(self, keys: tuple[int, ...], word: int) -> int:
        """Return how many records bear a word filed under one of the keys, all of them keys of `word`, but not it."""
        known = self._counted.get(keys)
        if known is None:
            known = sum(map(self.count, self._likes.behind(keys, side_of(word))))
            if len(self._counted) >= _REMEMBERED:
                self._counted = {}
            self._counted[keys] = known
        return known - self.count(word) if known else 0

    def kept_for(self, owner: OwnerT, make: Callable[["CandidateIndex", OwnerT], KeptT]) -> KeptT:
        """Return what is made of this index for an owner (a model), kept until it is asked for by another one."""
        known_owner, known = self._kept.get(make, _NOBODY)
        if known_owner is owner:
            kept: KeptT = known
            return kept
        kept = make(self, owner)
        self._kept[make] = owner, kept
        return kept

    def forget_kept(self) -> None:
        """Forget what was made of this index, which refers back to it: an index is only freed once it is let go of."""
        self._kept = {}

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
        return set(self._rows.each(keys)) if keys else set()

    def by_details(self, persona: Persona) -> Found:
        """Return the rows of every record that could be this persona.

        The date of birth (or its swap), somebody known by this one name only, or two of: given name alike, family
        name alike (either way round), two parts of the date alike. Where one side has no date, one name alike will do.
        """
        dates = _NO_DATE if persona.born is None else date_keys(persona.born)
        same_date = self._rows.united(dates.exact)
        name = persona.name
        if name is None:
            return Found(same_date, 0, (0, 0, 0, 0), same_date)
        given, family = self._likes.of_part(name.given), self._likes.of_part(name.family)
        as_given, as_family, given_as_family, family_as_given = (
            given_bearers(given),
            family_bearers(family),
            union(family_bearers(given), given.short_family),
            given_bearers(family),
        )
        alike = as_given | as_family | given_as_family | family_as_given
        both = as_given & as_family | given_as_family & family_as_given
        likely = union(union(same_date, both), union(given.lone, family.lone))
        unlikely = alike & self.undated() if dates.sought else alike
        if dates.sought and alike:
            is_lone = not name.given or not name.family
            born_alike = self._rows.united((*dates.sought, *dates.years) if is_lone else dates.sought)
            likely = union(likely, alike & born_alike)
        same_as_family = union(given.same_family, given.short_family)
        same = given.same_given, family.same_family, same_as_family, family.same_given
        return Found(likely, unlikely, same, same_date)

    def likes_of_word(self, word: str) -> Likes:
        """Return the rows that bear a word like this one."""
        return self._likes.of_word(word)

    def bearers(self, words: Iterable[str]) -> int:
        """Return the rows that bear one of the very words, as a given or as a family name."""
        return self._rows.united([word_key(word, side) for word in words for side in SIDES])

    def bearers_of_like(self, keys: Iterable[int], side: Side) -> int:
        """Return the rows that bear, on one side of the name, a word filed under any of these keys of words."""
        return self._rows.united(self._likes.behind(keys, side))

    def bearers_of_both(self, name: PersonName) -> int:
        """Return the rows that bear a very word of the given name and one of the family name, in whichever part."""
        given, family = self._likes.of_part(name.given), self._likes.of_part(name.family)
        alike = (given.same_given | given.same_family) & (family.same_given | family.same_family)
        # Mostly nobody bears words that are like both, and seldom the very ones.
        alike = alike and alike & self.bearers(name.given)
        return alike and alike & self.bearers(name.family)

    def bearers_of_two(self, words: Iterable[str], side: Side) -> int:
        """Return the rows that bear, on one side of the name, a word like one of these and one like another."""
        one = two = 0
        for likes in map(self.likes_of_word, words):
            bearers = likes.same_given if side is Side.GIVEN else likes.same_family
            two |= one & bearers
            one |= bearers
        return two

    def undated(self) -> int:
        """Return the rows of which no persona has a date of birth."""
        if self._undated is None:
            self._undated = self._rows.united((_UNDATED,))
        return self._undated

    def partial(self) -> int:
        """Return the rows of which some persona lacks part of the name or of the date of birth."""
        if self._partial is None:
            self._partial = self._rows.united((_PARTIAL,))
        return self._partial


def _whole(persona: Persona, primary: Persona) -> tuple[int, PersonName]:
    """Return the digits of the date and the name of a persona whose name is whole, and the date whole or missing.

    An alias without a date has that of the person, below nought: it only counts where it speaks for him.
    """
    name, born = persona.name, persona.born or primary.born
    if name is None or not name.given or not name.family:
        return _NOT_WHOLE
    if born is None:
        return NO_DATE, name
    if not born.is_complete or born.year_spread:
        return _NOT_WHOLE
    return digits_of(born) if persona.born else -digits_of(born), name
