"""What a word asked about says where a record stands at a level from it: log2(m/u) bits, kept, as words repeat."""

from collections.abc import Mapping
from math import log2
from typing import Final

from flagging.matching.index import CandidateIndex
from flagging.matching.model import Model, NameLevel, NameWeight
from flagging.matching.population import Population
from flagging.matching.tokens import Side

# Words and levels that are remembered; when there are more, all are forgotten and worked out afresh.
_REMEMBERED: Final = 1 << 15


class WordBits:
    """The bits of words by one model on one register."""

    def __init__(self, index: CandidateIndex, model: Model) -> None:
        self.model: Final = model
        self._population: Final = index.kept_for(model.rarity, Population)
        # Remembered while searching; one lost to another thread is only worked out again.
        self._known: dict[tuple[str, Side, NameLevel, NameLevel], float] = {}

    def of(self, word: str, side: Side, level: NameLevel) -> float:
        """Return the bits of a record standing at this level from the asked word; nearer is never worth less."""
        return self.of_one(word, side, level, level)

    def of_one(self, word: str, side: Side, found: NameLevel, level: NameLevel) -> float:
        """Return the bits of a record of which a word stands at `found` from the asked one, and the whole part of the
        name at `level` by that: a middle name used as first, one part of a double name.
        """
        key = (word, side, found, level)
        known = self._known.get(key)
        if known is None:
            known = self._find(word, side, found, level)
            if len(self._known) >= _REMEMBERED:
                self._known = {}
            self._known[key] = known
        return known

    def _find(self, word: str, side: Side, found: NameLevel, level: NameLevel) -> float:
        weights = self._weights(side)
        if found is not level:
            share = self._population.word_share(word, side, found)
            bits = log2(weights[level].m * weights[found].m / share)
        else:
            weight = weights[level]
            bits = log2(weight.m / (weight.u or self._population.word_share(word, side, level)))
            if level is NameLevel.EXACT or bits <= 0.0:
                return bits
        return min(bits, self.of(word, side, NameLevel.EXACT))

    def _weights(self, side: Side) -> Mapping[NameLevel, NameWeight]:
        return self.model.given_name if side is Side.GIVEN else self.model.family_name
