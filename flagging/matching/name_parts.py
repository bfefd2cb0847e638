"""Evidence from one part of a name: given names with given names, family name with family name.

Compares whole parts, word by word where they have several: double names, names used in another order, names written
as one word or as two. Knows nothing of the other part, nor of their order.
"""

from math import log2
from typing import Final

from flagging.identity.name_words import without_particles
from flagging.matching.derived import MOST_WORDS, written
from flagging.matching.model import AGREEING_NAMES, MiddleLevel, NameLevel
from flagging.matching.tokens import Side
from flagging.matching.word_bits import WordBits
from flagging.matching.words import compare_words, is_near

Words = tuple[str, ...]
SAME_NAME: Final = frozenset({NameLevel.EXACT, NameLevel.VARIANT, NameLevel.ONE_EDIT, NameLevel.PHONETIC})
_CLOSE_MIDDLE: Final = SAME_NAME | {NameLevel.NEAR}
_ACCOUNTED_FOR: Final = SAME_NAME | {NameLevel.NEAR, NameLevel.INITIAL}
# How many of the asked and of the recorded words may be one name written apart.
_WRITTEN_AS_ONE = ((1, 2), (2, 1), (2, 2))


class Part:
    """What comparing one part of a name says; `middle` where both people have middle names."""

    __slots__ = ("bits", "level", "middle")

    def __init__(self, level: NameLevel, bits: float, middle: MiddleLevel | None = None) -> None:
        self.level: Final = level
        self.bits: Final = bits
        self.middle: Final = middle


class PartWeigher:
    """Compares the parts of one asked name with those of many records; every comparison is done once."""

    def __init__(self, word_bits: WordBits) -> None:
        self.word_bits: Final = word_bits
        self._model = word_bits.model
        self._parts: dict[tuple[Words, Words, Side], Part] = {}

    def compare(self, asked: Words, recorded: Words, side: Side) -> Part | None:
        """Return the evidence, or None where either side says nothing."""
        key = (asked, recorded, side)
        part = self._parts.get(key)
        if part is None and asked and recorded:
            part = self._parts[key] = self._compare(asked[:MOST_WORDS], recorded[:MOST_WORDS], side)
        return part

    def part_bits(self, asked: Words, recorded: Words, side: Side) -> float:
        """Return the bits of the evidence, none where either side says nothing."""
        part = self.compare(asked, recorded, side)
        return part.bits if part else 0.0

    def _compare(self, asked: Words, recorded: Words, side: Side) -> Part:
        if side is Side.GIVEN:
            return self._compare_given(asked, recorded)
        return self._compare_family(asked, recorded)

    def _compare_family(self, asked: Words, recorded: Words) -> Part:
        if len(asked) == len(recorded) == 1:
            return self._word(asked[0], recorded[0], Side.FAMILY)
        best = _better(self._joined(asked, recorded, Side.FAMILY), self._bare(asked, recorded))
        for word in asked:
            for other in recorded:
                best = _better(best, self._one_of(word, other, NameLevel.PART, Side.FAMILY))
        return best

    def _compare_given(self, asked: Words, recorded: Words) -> Part:
        best = self._word(asked[0], recorded[0], Side.GIVEN)
        if len(asked) == len(recorded) == 1:
            return best
        middle = self._middle(asked[1:], recorded[1:])
        if middle is not None:
            best = Part(best.level, best.bits + self._model.middle_name_bits[middle], middle)
        if best.level in SAME_NAME:
            return best
        for ours, theirs in _as_one(asked, recorded):
            best = _better(best, self._joined(ours, theirs, Side.GIVEN))
        others = [self._one_of(asked[0], other, NameLevel.MIDDLE, Side.GIVEN) for other in recorded[1:]]
        others += [self._one_of(word, recorded[0], NameLevel.MIDDLE, Side.GIVEN) for word in asked[1:]]
        as_first = [part for part in others if part is not None]
        if as_first:
            best = _better(best, self._used_as_first(max(as_first, key=_bits_of), asked, recorded))
        return best

    def _used_as_first(self, part: Part, asked: Words, recorded: Words) -> Part:
        """Charge a middle name used as first where names are left over: those differ, as middle names may.

        Of brothers, the one's first name is often the other's father's.
        """
        if not _is_any_left_over(asked, recorded):
            return part
        return Part(part.level, part.bits + self._model.middle_name_bits[MiddleLevel.DIFFERENT])

    def _word(self, asked: str, recorded: str, side: Side) -> Part:
        level = compare_words(asked, recorded, side)
        return Part(level, self.word_bits.of(asked, side, level))

    def _joined(self, asked: Words, recorded: Words, side: Side) -> Part:
        """Compare two parts written as one word each: spaces and hyphens come and go."""
        part = self._word("".join(asked), "".join(recorded), side)
        if asked != recorded or part.level is not NameLevel.EXACT:
            return part
        # Several words agree; the rarest of them bounds how common the whole can be.
        return Part(part.level, max(part.bits, *(self.word_bits.of(word, side, NameLevel.EXACT) for word in asked)))

    def _bare(self, asked: Words, recorded: Words) -> Part | None:
        """Compare family names without particles (al, bin, van der), where either has some: forms of a name at best."""
        ours, theirs = without_particles(asked), without_particles(recorded)
        if (ours, theirs) == (asked, recorded):
            return None
        part = self._joined(ours, theirs, Side.FAMILY)
        if part.level is not NameLevel.EXACT:
            return part
        weights = self._model.family_name
        return Part(NameLevel.VARIANT, part.bits + log2(weights[NameLevel.PART].m / weights[NameLevel.EXACT].m))

    def _one_of(self, asked: str, recorded: str, level: NameLevel, side: Side) -> Part | None:
        """Compare one word of each part, where the whole parts may differ."""
        found = compare_words(asked, recorded, side)
        if found not in SAME_NAME:
            return None
        return Part(level, self.word_bits.of_one(asked, side, found, level))

    def _middle(self, asked: Words, recorded: Words) -> MiddleLevel | None:
        if not asked or not recorded:
            return None
        fewer, more = (asked, recorded) if len(asked) <= len(recorded) else (recorded, asked)
        found = [{compare_words(one, other, Side.GIVEN) for other in more} for one in fewer]
        if all(each & AGREEING_NAMES for each in found):
            return MiddleLevel.AGREE
        levels = set[NameLevel]().union(*found)
        if levels & _CLOSE_MIDDLE:
            return MiddleLevel.CLOSE
        return MiddleLevel.INITIAL if NameLevel.INITIAL in levels else MiddleLevel.DIFFERENT


def may_be_near(asked: Words, recorded: Words, side: Side) -> bool:
    """Tell whether two parts may stand nearer than different, though no word of one shares a key with one of the other.

    Never false where they do: given names are compared by the first, or as far as they may be one.
    """
    if len(asked) == len(recorded) == 1:
        return is_near(asked[0], recorded[0])
    if side is Side.GIVEN:
        as_one = _as_one(asked, recorded)
        return is_near(asked[0], recorded[0]) or any(is_near("".join(ours), "".join(theirs)) for ours, theirs in as_one)
    if is_near("".join(asked), "".join(recorded)):
        return True
    ours, theirs = without_particles(asked), without_particles(recorded)
    return (ours, theirs) != (asked, recorded) and is_near("".join(ours), "".join(theirs))


def _better(one: Part, other: Part | None) -> Part:
    return one if other is None or other.bits <= one.bits else other


def _bits_of(part: Part) -> float:
    return part.bits


def _is_any_left_over(asked: Words, recorded: Words) -> bool:
    """Tell whether a given name of the side that has fewer is like none of the other's, however they are written."""
    if len(asked) == len(recorded):
        return _is_one_left_over(asked, recorded) or _is_one_left_over(recorded, asked)
    fewer, more = (asked, recorded) if len(asked) < len(recorded) else (recorded, asked)
    return _is_one_left_over(fewer, more)


def _is_one_left_over(words: Words, others: Words) -> bool:
    spellings = written(others)
    return not all(
        any(compare_words(word, other, Side.GIVEN) in _ACCOUNTED_FOR for other in spellings) for word in words
    )


def _as_one(asked: Words, recorded: Words) -> list[tuple[Words, Words]]:
    """Return how much of two parts may be one name written apart."""
    lengths = (*_WRITTEN_AS_ONE, (len(asked), len(recorded)))
    parts = [(asked[:ours], recorded[:theirs]) for ours, theirs in lengths]
    return [(ours, theirs) for ours, theirs in parts if _may_be_one(ours, theirs)]


def _may_be_one(asked: Words, recorded: Words) -> bool:
    return asked[0][0] == recorded[0][0] and abs(sum(map(len, asked)) - sum(map(len, recorded))) <= 1
