"""The records of one edition in memory, and which of them to compare with a question.

Two steps: from a word asked about to the words of the register like it, and from those to records, so that a common
name is gone through once, not once for every key it is filed under. Built record by record, then only read: readers
need no lock. How many records bear a word is also how common it is: the index is the population of `population`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

from flagging.errors import OutOfTime
from flagging.identity.person import Identity, Persona
from flagging.matching.derived import DateKeys, Derived, date_keys, identifier_keys, postcode_keys
from flagging.matching.likes import Likes, WordLikes
from flagging.matching.rows import RowSets, bits_of, file_under, rows_of
from flagging.matching.tokens import Side, word_key
from flagging.matching.whole_dates import digits_of
from flagging.record import Record

_NO_DATE = DateKeys()
# Stand among the keys of dates: for having no date; for a date or a name that is not whole, of any persona.
_UNDATED, _PARTIAL = -1, -2
# Counts that are kept; when there are more, all are forgotten and worked out afresh.
_REMEMBERED = 1 << 13

_NOBODY = (None, None)

# In which parts people bear a word like one asked about, together one number.
GIVEN, FAMILY, GIVEN_AS_FAMILY, FAMILY_AS_GIVEN = 1, 2, 4, 8
# Added to it where a part of the name is missing, on either side.
PARTIAL = 16

OwnerT = TypeVar("OwnerT")
KeptT = TypeVar("KeptT")


class Found(NamedTuple):
    """The rows retrieved for one persona asked about, as sets of rows.

    `unlikely` have nothing but one name alike, and no date to compare. The next four may bear a word of the name asked
    about in another form, each part on its own side or on the other's, whether they are retrieved or not. The last have
    the very date of birth, or day and month of it swapped.
    """

    likely: int
    unlikely: int = 0
    given: int = 0
    family: int = 0
    given_as_family: int = 0
    family_as_given: int = 0
    same_date: int = 0

    def each_alike(self, rows: int) -> Iterator[tuple[int, int]]:
        """Yield each of a set of rows, after the parts of the name that are alike."""
        for alike, members in self.by_alike(rows):
            for row in rows_of(members):
                yield alike, row

    def by_alike(self, rows: int) -> list[tuple[int, int]]:
        """Part a set of rows by the parts of the name that are alike: the parts as one number, and whose they are."""
        parted = [(0, rows)]
        for part, bearers in (
            (GIVEN, self.given),
            (FAMILY, self.family),
            (GIVEN_AS_FAMILY, self.given_as_family),
            (FAMILY_AS_GIVEN, self.family_as_given),
        ):
            if not rows & bearers:
                continue
            split = []
            for alike, members in parted:
                bearing = members & bearers
                split += [(alike, members ^ bearing), (alike | part, bearing)]
            parted = [each for each in split if each[1]]
        return parted


class CandidateIndex:
    """Records by the words of their names, dates of birth and identifiers. Rows are numbered as they are added."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        # Of each row the digits of the date of birth, where its one persona is whole: all there is to compare then.
        self.whole_dates: list[int] = []
        self._rows = RowSets()
        self._words: dict[int, Sequence[int]] = {}
        self._one_person: dict[str, list[Record]] = {}
        # Remembered while searching; a lookup lost to another thread is only worked out again.
        self._likes = WordLikes(self._rows, self._words)
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
                file_under(self._words, filed_under, (word,))
            self._rows.file((word,), row)
        self._rows.file(derived.keys, row)
        personas = record.identity.personas
        if all(persona.born is None for persona in personas):
            self._rows.file((_UNDATED,), row)
        is_whole = all(map(_is_whole, personas))
        if not is_whole:
            self._rows.file((_PARTIAL,), row)
        born = personas[0].born if is_whole and len(personas) == 1 else None
        self.whole_dates.append(0 if born is None else digits_of(born))
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
            known = sum(map(self.count, self._likes.behind(keys)))
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
        # A date of birth is shared by so few that it is quickest to name them one by one.
        same_date = bits_of([*self._rows.each(dates.exact)])
        if persona.name is None:
            return Found(same_date, same_date=same_date)
        given = self._likes.of_part(persona.name.given)
        family = self._likes.of_part(persona.name.family)
        alike = given.given | given.family | family.given | family.family
        likely = same_date | given.lone | family.lone | given.given & family.family | given.family & family.given
        unlikely = alike & self.undated() if dates.sought else alike
        if dates.sought and alike:
            is_lone = not persona.name.given or not persona.name.family
            likely |= alike & self._rows.united((*dates.sought, *dates.years) if is_lone else dates.sought)
        return Found(
            likely, unlikely, given.same_given, family.same_family, given.same_family, family.same_given, same_date
        )

    def likes_of_word(self, word: str) -> Likes:
        """Return the rows that bear a word like this one."""
        return self._likes.of_word(word)

    def bearers(self, words: Iterable[str]) -> int:
        """Return the rows that bear one of the very words, as a given or as a family name."""
        return self._rows.united([word_key(word, side) for word in words for side in Side])

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


def _is_whole(persona: Persona) -> bool:
    name, born = persona.name, persona.born
    return bool(name and name.given and name.family and born and born.is_complete and not born.year_spread)
