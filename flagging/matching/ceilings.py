"""The most that comparing a name can say, before any word of it is compared: what an upper bound is made of.

Worked out of the model's own weights, whatever they are, once for a word; kept for one model and one register.
"""

from collections.abc import Mapping
from math import inf, log2
from typing import Final

from flagging.identity.person import PersonName
from flagging.matching.derived import MOST_WORDS, written
from flagging.matching.found import (
    CROSSWISE,
    FAMILY,
    FAMILY_AS_GIVEN,
    GIVEN,
    GIVEN_AS_FAMILY,
    PARTIAL,
    STRAIGHT,
)
from flagging.matching.index import CandidateIndex
from flagging.matching.model import DateLevel, MiddleLevel, Model, NameLevel, NameWeight
from flagging.matching.odds import odds_of, prior_bits
from flagging.matching.score import AskedPersona
from flagging.matching.tokens import SIDES, Side, keys_of, word_key
from flagging.matching.word_bits import WordBits

# Bits below the least that is told, so that no rounding decides.
_MARGIN: Final = 0.01
# What must be left of the odds, likewise.
_LEAST_LEFT: Final = 1e-9
# The levels at which only words stand that share a key of retrieval; words that share none may stand at any other.
_OF_LIKES: Final = frozenset(
    {NameLevel.EXACT, NameLevel.VARIANT, NameLevel.ONE_EDIT, NameLevel.PHONETIC, NameLevel.MIDDLE, NameLevel.PART}
)
# The levels at which two whole dates may stand that are neither the same nor swapped, but for the one whose share is
# that of the birthday.
_OF_YEARS = (
    DateLevel.TRANSPOSED,
    DateLevel.ONE_DIGIT,
    DateLevel.PLACEHOLDER,
    DateLevel.PLACEHOLDER_YEAR,
    DateLevel.TWO_DIGITS,
    DateLevel.SAME_YEAR,
    DateLevel.NEAR,
    DateLevel.DIFFERENT,
)
_ALL_ALIKE: Final = STRAIGHT | CROSSWISE
# Words that are remembered; when there are more, all are forgotten and worked out afresh.
_REMEMBERED: Final = 1 << 14


class PartCeilings:
    """The most one part of a name may say on either side: where no word of it is like one recorded, and where it is."""

    __slots__ = ("family", "given", "like_family", "like_given")

    def __init__(self, given: float, like_given: float, family: float, like_family: float) -> None:
        self.given: Final = given
        self.like_given: Final = like_given
        self.family: Final = family
        self.like_family: Final = like_family


_SILENT: Final = PartCeilings(0.0, 0.0, 0.0, 0.0)
# The levels at which like words stand that are not the same.
_CLOSE = (NameLevel.VARIANT, NameLevel.ONE_EDIT, NameLevel.PHONETIC)


class NameCeiling:
    """The most that comparing two names may say, in the order given and crosswise, and the price of the latter.

    `may_agree` tells whether all of the name may agree, in one order or the other.
    """

    __slots__ = ("crossed", "may_agree", "price", "straight")

    def __init__(self, straight: float, crossed: float, price: float, *, may_agree: bool) -> None:
        self.straight = straight
        self.crossed = crossed
        self.price = price
        self.may_agree = may_agree

    @property
    def most(self) -> float:
        """The most in either order."""
        return max(self.straight, self.crossed)


def ceiling_of_name(
    alike: int, parts: tuple[PartCeilings, PartCeilings], price: float, *, has_date: bool
) -> NameCeiling:
    """Return the ceiling for names alike in these parts, crosswise at a price; a part that is missing says nothing."""
    of_given, of_family = parts
    given = of_given.like_given if alike & GIVEN else of_given.given
    family = of_family.like_family if alike & FAMILY else of_family.family
    given_as_family = of_given.like_family if alike & GIVEN_AS_FAMILY else of_given.family
    family_as_given = of_family.like_given if alike & FAMILY_AS_GIVEN else of_family.given
    if alike & PARTIAL:
        given, family, price = max(given, 0.0), max(family, 0.0), max(price, 0.0)
        given_as_family, family_as_given = max(given_as_family, 0.0), max(family_as_given, 0.0)
        # What is left of the name agrees throughout only together with the date.
        may_agree = has_date and alike != PARTIAL
    else:
        may_agree = alike & STRAIGHT == STRAIGHT or alike & CROSSWISE == CROSSWISE
    return NameCeiling(given + family, given_as_family + family_as_given + price, price, may_agree=may_agree)


class Ceilings:
    """The ceilings of one model on one register. `least` are the bits below which probability tells nobody."""

    def __init__(self, index: CandidateIndex, model: Model) -> None:
        self.least = least_bits(model, len(index))
        self.middle = max(0.0, *model.middle_name_bits.values())
        # Middle names agree only where some word is alike.
        unlike = [bits for level, bits in model.middle_name_bits.items() if level is not MiddleLevel.AGREE]
        self.unlike_middle = max(0.0, *unlike)
        # Of parts that are no nearer than different, middle names apart.
        self.different = (
            _bits_apart(model.given_name[NameLevel.DIFFERENT]) + self.unlike_middle,
            _bits_apart(model.family_name[NameLevel.DIFFERENT]),
        )
        self._model = model
        self._index = index
        self._word_bits = index.kept_for(model, WordBits)
        self._against_namesakes: dict[float, float] = {}
        self._fixed = _most_fixed_bits(model.given_name), _most_fixed_bits(model.family_name)
        self._measured = _measured_levels(model.given_name), _measured_levels(model.family_name)
        self._words: dict[str, PartCeilings] = {}
        self._unknown: dict[tuple[str, bool, bool], PartCeilings] = {}
        self._years: dict[int, float] = {}
        self._birthdays: dict[tuple[int | None, int | None], float] = {}

    def of_another_date(self, asked: AskedPersona) -> float:
        """Return the most that another whole date of birth may say for somebody asked about with a whole one."""
        born = asked.born
        if born is None:
            return 0.0
        of_year = self._years.get(born.year)
        if of_year is None:
            of_year = self._years[born.year] = max(map(asked.date_bits, _OF_YEARS))
        of_birthday = self._birthdays.get((born.month, born.day))
        if of_birthday is None:
            of_birthday = asked.date_bits(DateLevel.SAME_DAY_AND_MONTH)
            self._birthdays[born.month, born.day] = of_birthday
        return max(of_year, of_birthday)

    def against_namesakes(self, date_bits: float) -> float:
        """Return the bits needed besides the least, where the date says so little that a namesake on no register, who
        shares all but the date, is the likelier one. No bits are enough beyond some point: the namesake has them too.
        """
        needed = self._against_namesakes.get(date_bits)
        if needed is None:
            kin = self._model.namesakes * odds_of(-date_bits)
            left = 1.0 - self._model.possible * (1.0 + kin)
            needed = inf if left < _LEAST_LEFT else max(0.0, -log2(left))
            if len(self._against_namesakes) >= _REMEMBERED:
                self._against_namesakes = {}
            self._against_namesakes[date_bits] = needed
        return needed

    def of_name(self, name: PersonName) -> float:
        """Return the most a name may say by itself, whatever of it is alike, divided in whichever way."""
        parts = self.of_part(name.given), self.of_part(name.family)
        ceiling = ceiling_of_name(_ALL_ALIKE, parts, self._model.swapped_names_bits, has_date=False)
        return max(ceiling.most, self.of_divided(name))

    def of_divided(self, name: PersonName) -> float:
        """Return the most a name may say that is divided otherwise: its two rarest words, and a third. A word counts as
        common as it is on the side where it is commoner.
        """
        words = (*name.given[:MOST_WORDS], *name.family[:MOST_WORDS])
        most = [min([self._word_bits.of(word, side, NameLevel.EXACT) for side in SIDES]) for word in words]
        rarest, second = sorted([*most, 0.0, 0.0], reverse=True)[:2]
        return rarest + min(second + self.middle, self._model.most_given_bits) + self._model.divided_names_bits

    def of_part(self, words: tuple[str, ...]) -> PartCeilings:
        """Return the most a part asked about may say; middle names add to it where there are several given names."""
        if len(words) == 1:
            return self._of_word(words[0])
        if not words:
            return _SILENT
        ceilings = [self._of_word(word) for word in written(words)]
        return PartCeilings(
            max([each.given for each in ceilings]) + self.unlike_middle,
            max([each.like_given for each in ceilings]) + self.middle,
            max([each.family for each in ceilings]),
            max([each.like_family for each in ceilings]),
        )

    def of_other_words(self, words: tuple[str, ...]) -> PartCeilings:
        """Return the same for people who bear none of the very words, however they are written."""
        ceilings = self.of_part(words)
        middle = self.middle if len(words) > 1 else 0.0
        given, family = (
            max([bits for word in written(words) for bits, _ in self.close(word, side)], default=0.0) for side in SIDES
        )
        return PartCeilings(
            ceilings.given,
            min(ceilings.like_given, max(ceilings.given, given + middle)),
            ceilings.family,
            min(ceilings.like_family, max(ceilings.family, family)),
        )

    def of_like_word(self, word: str, side: Side) -> float:
        """Return the most a word may say that is the same or like it."""
        ceilings = self._of_word(word)
        return ceilings.like_given if side is Side.GIVEN else ceilings.like_family

    def is_borne(self, word: str, side: Side) -> bool:
        """Tell whether anybody bears the very word in this part of the name."""
        return self._index.count(word_key(word, side)) > 0

    def close(self, word: str, side: Side) -> list[tuple[float, tuple[int, ...]]]:
        """Return what words say that are only like this one, where the register has some, with the keys they share."""
        keys = keys_of(word, side)
        alike = zip(_CLOSE, (keys.group, keys.deletions, keys.sound), strict=True)
        return [
            (self._word_bits.of(word, side, level), filed_under)
            for level, filed_under in alike
            if self._index.count_alike(filed_under, keys.word)
        ]

    def _of_word(self, word: str) -> PartCeilings:
        ceilings = self._words.get(word)
        if ceilings is None:
            ceilings = self._find(word)
            if len(self._words) >= _REMEMBERED:
                self._words = {}
            self._words[word] = ceilings
        return ceilings

    def _find(self, word: str) -> PartCeilings:
        likes = self._index.likes_of_word(word)
        unknown = (word[:1], likes.same_given > 0, likes.same_family > 0)
        is_known = self._is_known(word)
        ceilings = None if is_known else self._unknown.get(unknown)
        if ceilings is None:
            given, like_given = self._on_side(word, Side.GIVEN, likes.same_given)
            family, like_family = self._on_side(word, Side.FAMILY, likes.same_family)
            ceilings = PartCeilings(given, like_given, family, like_family)
        if not is_known:
            self._unknown[unknown] = ceilings
        return ceilings

    def _is_known(self, word: str) -> bool:
        """Tell whether anybody bears a word. Where nobody does, the first letter is all that makes it rarer or not."""
        keys = [word_key(word, side) for side in SIDES]
        return any(map(self._index.count, keys)) or any(map(self._model.rarity.names.share, keys))

    def _on_side(self, word: str, side: Side, bearers: int) -> tuple[float, float]:
        """Return the most one word may say: nearer is never worth less, so no level exceeds the very same."""
        unlike = max([self._fixed[side], *[self._word_bits.of(word, side, level) for level in self._measured[side]]])
        return unlike, max(unlike, self._word_bits.of(word, side, NameLevel.EXACT), 0.0) if bearers else unlike


def least_bits(model: Model, people: int) -> float:
    """Return the bits of name, date and postcode below which probability tells nobody, had he no rival at all."""
    return log2(model.possible * (1.0 - model.expected_share)) - prior_bits(model, people) - _MARGIN


def _most_fixed_bits(weights: Mapping[NameLevel, NameWeight]) -> float:
    """Return the most that unlike words may say at levels whose share no count on the register tells."""
    return max(_bits_apart(weight) for level, weight in weights.items() if level not in _OF_LIKES and weight.u)


def _bits_apart(weight: NameWeight) -> float:
    """Return the bits of a level whose share no count on the register tells."""
    return log2(weight.m / (weight.u or 1.0))


def _measured_levels(weights: Mapping[NameLevel, NameWeight]) -> list[NameLevel]:
    return [level for level, weight in weights.items() if level not in _OF_LIKES and not weight.u]
