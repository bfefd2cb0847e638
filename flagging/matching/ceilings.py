"""The most that comparing a name can say, before any word of it is compared: what an upper bound is made of.

Worked out of the model's own weights, whatever they are, once for a word; kept for one model and one register.
"""

from collections.abc import Mapping
from math import log2
from typing import NamedTuple

from flagging.matching.derived import written
from flagging.matching.index import CandidateIndex
from flagging.matching.model import Model, NameLevel, NameWeight
from flagging.matching.name_parts import PartWeigher
from flagging.matching.odds import prior_bits
from flagging.matching.tokens import Side

# Bits below the least that is told, so that no rounding decides.
_MARGIN = 0.01
# The levels at which only words stand that share a key of retrieval; words that share none may stand at any other.
_OF_LIKES = frozenset(
    {NameLevel.EXACT, NameLevel.VARIANT, NameLevel.ONE_EDIT, NameLevel.PHONETIC, NameLevel.MIDDLE, NameLevel.PART}
)
# Words that are remembered; when there are more, all are forgotten and worked out afresh.
_REMEMBERED = 1 << 14


class PartCeilings(NamedTuple):
    """The most one part of a name may say on either side: where no word of it is like one recorded, and where it is."""

    given: float
    like_given: float
    family: float
    like_family: float


_SILENT = PartCeilings(0.0, 0.0, 0.0, 0.0)


class Ceilings:
    """The ceilings of one model on one register. `least` are the bits below which probability tells nobody."""

    def __init__(self, index: CandidateIndex, model: Model) -> None:
        self.least = least_bits(model, len(index))
        self.middle = max(0.0, *model.middle_name_bits.values())
        self._index = index
        self._fixed = _most_fixed_bits(model.given_name), _most_fixed_bits(model.family_name)
        self._measured = _measured_levels(model.given_name), _measured_levels(model.family_name)
        self._words: dict[str, PartCeilings] = {}

    def of_part(self, words: tuple[str, ...], weigher: PartWeigher) -> PartCeilings:
        """Return the most a part asked about may say; middle names add to it where there are several given names."""
        if len(words) == 1:
            return self._of_word(words[0], weigher)
        if not words:
            return _SILENT
        given, like_given, family, like_family = map(
            max, zip(*[self._of_word(word, weigher) for word in written(words)], strict=True)
        )
        return PartCeilings(given + self.middle, like_given + self.middle, family, like_family)

    def _of_word(self, word: str, weigher: PartWeigher) -> PartCeilings:
        ceilings = self._words.get(word)
        if ceilings is None:
            likes = self._index.likes_of_word(word)
            ceilings = PartCeilings(
                *self._on_side(word, Side.GIVEN, likes.same_given, weigher),
                *self._on_side(word, Side.FAMILY, likes.same_family, weigher),
            )
            if len(self._words) >= _REMEMBERED:
                self._words = {}
            self._words[word] = ceilings
        return ceilings

    def _on_side(self, word: str, side: Side, bearers: int, weigher: PartWeigher) -> tuple[float, float]:
        """Return the most one word may say: nearer is never worth less, so no level exceeds the very same."""
        unlike = max([self._fixed[side], *[weigher.bits(word, side, level) for level in self._measured[side]]])
        return unlike, max(unlike, weigher.bits(word, side, NameLevel.EXACT), 0.0) if bearers else unlike


def least_bits(model: Model, people: int) -> float:
    """Return the bits of name, date and postcode below which probability tells nobody, had he no rival at all."""
    return log2(model.possible * (1.0 - model.expected_share)) - prior_bits(model, people) - _MARGIN


def _most_fixed_bits(weights: Mapping[NameLevel, NameWeight]) -> float:
    """Return the most that unlike words may say at levels whose share no count on the register tells."""
    return max(log2(weight.m / weight.u) for level, weight in weights.items() if level not in _OF_LIKES and weight.u)


def _measured_levels(weights: Mapping[NameLevel, NameWeight]) -> list[NameLevel]:
    return [level for level, weight in weights.items() if level not in _OF_LIKES and not weight.u]
