"""Who on a register is, or may well be, one person under two references: every record compared with those like it.

Owns which pairs are compared, so that work stays bounded, and which are worth telling. Not who is asked about: here a
record is weighed against one other at a time, and nobody is anybody's rival.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby
from operator import itemgetter
from typing import Final, NamedTuple
from zlib import crc32

from flagging.identity.person import Identity
from flagging.matching.decision import decide, public_levels, settle
from flagging.matching.derived import date_keys, derive, identifier_keys, word_keys
from flagging.matching.identifiers import strongest_agreement
from flagging.matching.index import CandidateIndex
from flagging.matching.match import Match, describe
from flagging.matching.model import IdentifierAgreement, Model
from flagging.matching.odds import Odds, weigh
from flagging.matching.score import Scored, Scorer
from flagging.matching.tokens import Side, TokenKeys
from flagging.matching.verdict import Demographics, classify_demographics
from flagging.record import Record
from flagging.terms import Strength

# A possible pair is told if it is likelier than not to be one person.
_LIKELY: Final = 0.5
# More records than this that share a key are not all compared with one another for it.
_MOST_ALIKE: Final = 40
# Pairs of people, aliases apart, compared for each record at most, and on a small register.
_PAIRS_A_RECORD: Final = 12
_FEWEST_PAIRS: Final = 50_000
_AGREEING: Final = frozenset(
    {IdentifierAgreement.VERIFIED, IdentifierAgreement.UNLETTERED, IdentifierAgreement.WRONG_LETTER}
)
_TOLD_EVERY: Final = 250
_KEYS_BETWEEN: Final = 5000


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records, and what comparing the second with the first says.

    `is_one_person` tells that it is definite and that names and dates do not contradict it.
    """

    record: Record
    match: Match
    is_one_person: bool


@dataclass(frozen=True, slots=True)
class HeldTwice:
    """The pairs found, in the order of the records; and how many records share so much with so many that they were not
    all compared.
    """

    pairs: tuple[Pair, ...] = ()
    uncompared: int = 0


def find_held_twice(
    records: Sequence[Record], model: Model, tell: Callable[[int], None] = lambda _compared: None
) -> HeldTwice:
    """Return everybody held twice: each pair once, definite ones, and possible ones that are likelier than not.

    Compared are records that share an identifier; and records that share a date of birth (or its swap), or a word of
    a name and two parts of it, or full name and year, and whose names are alike. `tell` is told how many are filed, and
    that all are again and again while they are compared: it may raise, to end this.
    """
    index, candidates = CandidateIndex(), _Candidates(lambda: tell(len(records)))
    for number, record in enumerate(records):
        index.add(record, derive(record.identity))
        candidates.add(record.identity)
        if number % _TOLD_EVERY == 0:
            tell(number)
    pairs: list[Pair] = []
    for compared, (row, others) in enumerate(candidates.by_row(), start=1):
        scorer = Scorer(records[row].identity, index, model)
        pairs.extend(_worth_telling(records[row], map(scorer.score, map(records.__getitem__, others)), index, model))
        if compared % _TOLD_EVERY == 0:
            tell(len(records))
    return HeldTwice(tuple(pairs), len(candidates.uncompared))


def _worth_telling(record: Record, others: Iterable[Scored], index: CandidateIndex, model: Model) -> Iterator[Pair]:
    for scored in others:
        weighed = weigh(scored, model, index)
        settled = settle(weighed, model)
        if settled is None:
            continue
        odds = Odds([weighed], model, index)
        strength = decide(settled, 0, odds, model)
        if strength is None:
            continue
        agrees = strongest_agreement(scored.identifiers) in _AGREEING
        if strength is Strength.DEFINITE or agrees or odds.probability(0) >= _LIKELY:
            contradicts = classify_demographics(*public_levels(scored.pair)) is Demographics.CONTRADICT
            match = describe(scored, record.identity, strength, model)
            yield Pair(record, match, strength is Strength.DEFINITE and not contradicts)


class _Candidates:
    """Which rows are compared, each pair once.

    `uncompared` are rows in a crowd that shares an identifier, or the date of birth and part of a name. `go_on` is
    called every so often while they are looked for.
    """

    def __init__(self, go_on: Callable[[], None]) -> None:
        self._go_on = go_on
        self._identities: list[Identity] = []
        self._names: list[_Names] = []
        self._likenesses: dict[int, _Likeness] = {}
        self.uncompared: set[int] = set()

    def add(self, identity: Identity) -> None:
        """Add the next row."""
        names = [persona.name for persona in identity.personas if persona.name is not None]
        words = frozenset(word for name in names for word in (*name.given, *name.family))
        given = [token for name in names for token in word_keys(name.given, Side.GIVEN)]
        family = [token for name in names for token in word_keys(name.family, Side.FAMILY)]
        self._names.append(_Names(words, tuple(map(self._likeness, given)), tuple(map(self._likeness, family))))
        self._identities.append(identity)

    def _likeness(self, token: TokenKeys) -> "_Likeness":
        known = self._likenesses.get(token.word)
        if known is None:
            _, *stored = token.stored  # the initial alone makes nobody alike
            known = self._likenesses[token.word] = _Likeness(frozenset(stored), frozenset(token.sought))
        return known

    def by_row(self) -> Iterator[tuple[int, list[int]]]:
        """Yield each row that has any to be compared with, and those that come after it."""
        for row, pairs in groupby(sorted(self._within_bounds()), key=itemgetter(0)):
            yield row, [other for _, other in pairs]

    def _within_bounds(self) -> set[tuple[int, int]]:
        """Return the pairs, each alias with each counting as one; what is beyond the bound is left uncompared."""
        people = [max(1, len(identity.personas)) for identity in self._identities]
        left = max(_FEWEST_PAIRS, _PAIRS_A_RECORD * len(people))
        found: set[tuple[int, int]] = set()
        for pair in self._pairs():
            if pair not in found:
                left -= people[pair[0]] * people[pair[1]]
                if left < 0:
                    self.uncompared.update(range(len(people)))
                    break
                found.add(pair)
        return found

    def _pairs(self) -> Iterator[tuple[int, int]]:
        for rows in self._sharing(self._identifier_keys):
            yield from self._all_of(rows, is_crowd_told=True)
        for rows in self._sharing(self._date_keys):
            if len(rows) <= _MOST_ALIKE:
                yield from filter(self._could_be_one_of_a_date, combinations(rows, 2))
            else:
                yield from self._of_one_date(rows)
        for rows in self._sharing(self._name_keys):
            yield from filter(self._could_be_one, self._all_of(rows, is_crowd_told=False))

    def _sharing(self, keys_of: Callable[[int], Iterable[int]]) -> Iterator[list[int]]:
        """Yield the rows that share a key, for each key that several share."""
        number = len(self._identities)
        filed = sorted({key * number + row for row in range(number) for key in keys_of(row)})
        for shared, (_, block) in enumerate(groupby(filed, key=lambda each: each // number)):
            if shared % _KEYS_BETWEEN == 0:
                self._go_on()
            rows = [each % number for each in block]
            if len(rows) > 1:
                yield rows

    def _all_of(self, rows: list[int], *, is_crowd_told: bool) -> Iterator[tuple[int, int]]:
        if len(rows) <= _MOST_ALIKE:
            yield from combinations(rows, 2)
        elif is_crowd_told:
            self.uncompared.update(rows)

    def _of_one_date(self, rows: list[int]) -> Iterator[tuple[int, int]]:
        """Yield the pairs among many of one date of birth (often one that stands for a date not known)."""
        by_likeness: defaultdict[int, list[int]] = defaultdict(list)
        for row in rows:
            names = self._names[row]
            for key in frozenset[int]().union(*[each.stored for each in (*names.given, *names.family)]):
                by_likeness[key].append(row)
        for alike in by_likeness.values():
            yield from filter(self._could_be_one_of_a_date, self._all_of(alike, is_crowd_told=True))

    def _could_be_one(self, pair: tuple[int, int]) -> bool:
        """Tell whether both parts of the names are alike, or two words are the same wherever they stand, or one word
        and the postcode.
        """
        one, other = (self._names[row] for row in pair)
        if _are_alike(one.family, other.family) and _are_alike(one.given, other.given):
            return True
        if one.words.isdisjoint(other.words):
            return False
        return len(one.words & other.words) > 1 or self._is_same_postcode(*pair)

    def _could_be_one_of_a_date(self, pair: tuple[int, int]) -> bool:
        """Tell the same of two of one date of birth, where one word or the postcode is enough: a name may change."""
        one, other = (self._names[row] for row in pair)
        return (
            not one.words.isdisjoint(other.words)
            or (_are_alike(one.family, other.family) and _are_alike(one.given, other.given))
            or self._is_same_postcode(*pair)
        )

    def _is_same_postcode(self, row: int, other: int) -> bool:
        postcode = self._identities[row].postcode
        return postcode is not None and postcode == self._identities[other].postcode

    def _identifier_keys(self, row: int) -> Iterator[int]:
        return identifier_keys(self._identities[row].identifiers)

    def _date_keys(self, row: int) -> Iterator[int]:
        for persona in self._identities[row].personas:
            if persona.born is not None and (exact := date_keys(persona.born).exact):
                yield min(exact)

    def _name_keys(self, row: int) -> Iterator[int]:
        """Yield a key for each word of a name with two parts of the date that goes with it, and for a full name with
        the year.
        """
        for persona in self._identities[row].personas:
            if persona.name is None or persona.born is None:
                continue
            dates, given, family = date_keys(persona.born), persona.name.given, persona.name.family
            for word in {*given, *family}:
                yield from (_placed(word, part) for part in dates.alike)
            yield from (_placed(f"{one} {other}", year) for one in given for other in family for year in dates.years)


class _Likeness(NamedTuple):
    """What a word is filed under, and what is sought for it: see `TokenKeys`."""

    stored: frozenset[int]
    sought: frozenset[int]


class _Names(NamedTuple):
    """The words of all names of a record, and what those of either part are like."""

    words: frozenset[str]
    given: tuple[_Likeness, ...]
    family: tuple[_Likeness, ...]


def _are_alike(ones: tuple[_Likeness, ...], others: tuple[_Likeness, ...]) -> bool:
    """Tell whether a word of one part is like one of another's; a part that somebody lacks is like any."""
    for one in ones:
        for other in others:
            if not (one.sought.isdisjoint(other.stored) and one.stored.isdisjoint(other.sought)):
                return True
    return not ones or not others


def _placed(words: str, date_key: int) -> int:
    return crc32(words.encode()) << 64 | date_key
