"""Which of many candidates are worth scoring: an upper bound on the score, cheap to find.

A common name retrieves many people whose date of birth speaks against them. Whoever could not be told even if every
word that is like the one asked about were the very same is left out; nobody is left out by chance or by number.
"""

from collections.abc import Mapping
from math import log2

from flagging.identity.person import BirthDate, Persona, PersonName
from flagging.matching.index import CandidateIndex, NameLikes
from flagging.matching.model import AGREEING_DATES, UNMEASURED_NAME_LEVELS, Model, NameLevel, NameWeight
from flagging.matching.name_parts import PartWeigher
from flagging.matching.odds import prior_bits
from flagging.matching.score import Scorer
from flagging.matching.tokens import Side

# Dates that a match without any disagreement may have: such a record is told however common the name.
_NEVER_LEFT_OUT = AGREEING_DATES | {None}
# Bits below the least probability told, so that no rounding decides.
_MARGIN = 1.0


def worth_scoring(rows: set[int], persona: Persona, likes: NameLikes, scorer: Scorer) -> set[int]:
    """Return those of the rows whose score may reach the least probability that is told."""
    if persona.name is None or persona.born is None:
        return rows
    least = log2(scorer.model.possible) - prior_bits(scorer.model, len(scorer.index)) - _MARGIN
    ceiling = _NameCeiling(persona.name, likes, scorer.weigher, scorer.model)
    kept = set()
    for row in rows:
        date_bits = _date_ceiling(persona.born, scorer, row)
        if date_bits is None or date_bits + ceiling.bits(scorer.index, row) >= least:
            kept.add(row)
    return kept


def _date_ceiling(born: BirthDate, scorer: Scorer, row: int) -> float | None:
    """Return the best bits any date of the record may get, None where one does not disagree at all."""
    best = -float("inf")
    for persona in scorer.index.records[row].identity.personas:
        if persona.born is None:
            return None
        level, bits = scorer.compare_dates(born, persona.born)
        if level in _NEVER_LEFT_OUT:
            return None
        best = max(best, bits)
    return best


class _NameCeiling:
    """The most that the name of a record may say, given which of its words are like those asked about."""

    def __init__(self, name: PersonName, likes: NameLikes, weigher: PartWeigher, model: Model) -> None:
        self._likes = [each.words for each in likes]
        self._most_given_bits = model.most_given_bits
        self._middle_bits = max(model.middle_name_bits.values())
        self._unlike = {
            Side.GIVEN: _most_unlike_bits(name, Side.GIVEN, model.given_name, weigher),
            Side.FAMILY: _most_unlike_bits(name, Side.FAMILY, model.family_name, weigher),
        }
        self._alike = [
            weigher.most_bits(words, side)
            for words, side in (
                (name.given, Side.GIVEN),
                (name.family, Side.FAMILY),
                (name.given, Side.FAMILY),
                (name.family, Side.GIVEN),
            )
        ]
        self._ceilings: dict[tuple[bool, ...], float] = {}

    def bits(self, index: CandidateIndex, row: int) -> float:
        words = index.words_of(row)
        is_like = tuple([not like.isdisjoint(words) for like in self._likes])
        known = self._ceilings.get(is_like)
        if known is None:
            given, family, given_as_family, family_as_given = [
                bits if like else None for bits, like in zip(self._alike, is_like, strict=True)
            ]
            known = max(self._both(given, family), self._both(family_as_given, given_as_family))
            self._ceilings[is_like] = known
        return known

    def _both(self, given: float | None, family: float | None) -> float:
        """Return the most of the two parts together; None where no word of the part is like the one asked about."""
        given_bits = self._unlike[Side.GIVEN] if given is None else given + self._middle_bits
        if family is None:
            return given_bits + self._unlike[Side.FAMILY]
        return max(family + min(given_bits, self._most_given_bits), given_bits + self._unlike[Side.FAMILY])


def _most_unlike_bits(
    name: PersonName, side: Side, weights: Mapping[NameLevel, NameWeight], weigher: PartWeigher
) -> float:
    """Return the most a word may say that is not like any asked about: similar, or its abbreviation, at the nearest."""
    unlike = [log2(weights[level].m / (weights[level].u or 1.0)) for level in UNMEASURED_NAME_LEVELS]
    return max(unlike + [weigher.bits(word, side, NameLevel.INITIAL) for word in (*name.given, *name.family)])
