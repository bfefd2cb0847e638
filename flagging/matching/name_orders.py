"""Whether whole names may come to so many bits, in the order asked about or crosswise: a part of the upper bound.

Which words are alike is known beforehand, from the sets of rows that bear them; what is unlike is not weighed.
"""

from typing import NamedTuple

from flagging.identity.person import PersonName
from flagging.matching.ceilings import Ceilings, PartCeilings
from flagging.matching.derived import MOST_WORDS, written
from flagging.matching.found import FAMILY, FAMILY_AS_GIVEN, GIVEN, GIVEN_AS_FAMILY
from flagging.matching.model import AGREEING_NAMES, NameLevel
from flagging.matching.name_parts import SAME_NAME, may_be_near
from flagging.matching.score import Scorer
from flagging.matching.tokens import Side

Words = tuple[str, ...]


class _Order:
    """A name asked about in one order: the parts compared with given and with family names recorded, by which of the
    alike each is known, and the most they may say, alike or not; the price of the order is the family name's.
    """

    __slots__ = (
        "family",
        "family_alike",
        "given",
        "given_alike",
        "like_family",
        "like_given",
        "price",
        "unlike_family",
        "unlike_given",
    )

    def __init__(
        self,
        given: tuple[Words, int],
        family: tuple[Words, int],
        parts: tuple[PartCeilings, PartCeilings],
        price: float,
    ) -> None:
        self.given, self.given_alike = given
        self.family, self.family_alike = family
        of_given, of_family = parts
        self.unlike_given, self.like_given = of_given.given, of_given.like_given
        self.unlike_family, self.like_family = of_family.family + price, of_family.like_family + price
        self.price = price

    def most_given(self, alike: int) -> float:
        """Return the most the given name may say of a name alike in these parts."""
        return self.like_given if alike & self.given_alike else self.unlike_given

    def most_family(self, alike: int) -> float:
        """Return the most the family name may say of it."""
        return self.like_family if alike & self.family_alike else self.unlike_family

    def most(self, alike: int) -> float:
        """Return the most both may say of it."""
        return self.most_given(alike) + self.most_family(alike)


class Telling(NamedTuple):
    """What tells somebody whose name is alike in one part: in the part recorded that `side` says one of these `words`,
    rare as they are, or a word filed under a key of `close`, or words like two of `together`, whose middle names may
    agree; anything, if `is_anything`. `near` is the other part asked about, to which the other one recorded must be
    near besides; None if it need not be.
    """

    side: Side
    words: list[str]
    close: list[int]
    together: Words
    near: Words | None
    is_anything: bool


class NameOrders:
    """One whole name asked about, in both orders."""

    def __init__(
        self, name: PersonName, parts: tuple[PartCeilings, PartCeilings], known: Ceilings, scorer: Scorer
    ) -> None:
        given, family = name.given[:MOST_WORDS], name.family[:MOST_WORDS]
        price = scorer.model.swapped_names_bits
        self._straight = _Order((given, GIVEN), (family, FAMILY), parts, 0.0)
        self._crossed = _Order((family, FAMILY_AS_GIVEN), (given, GIVEN_AS_FAMILY), (parts[1], parts[0]), price)
        self._known = known
        self._different = known.different
        self._weigher = scorer.weigher
        self._most_given_bits = scorer.model.most_given_bits

    def most(self, alike: int) -> float:
        """Return the most a name alike in these parts may say in either order."""
        return max(self._straight.most(alike), self._crossed.most(alike))

    def come_to(self, needed: float, recorded: PersonName, alike: int) -> bool:
        """Tell whether a whole name recorded, alike in these parts, may say so much in either order."""
        return self._comes_to(needed, self._straight, recorded, alike) or self._comes_to(
            needed, self._crossed, recorded, alike
        )

    def agree(self, recorded: PersonName, alike: int) -> bool:
        """Tell whether both parts of a whole name recorded, alike in these parts, agree in one order or the other."""
        return self._agree_in(self._straight, recorded, alike) or self._agree_in(self._crossed, recorded, alike)

    def agree_in_family(self, recorded: PersonName) -> bool:
        """Tell whether the family name recorded is a form of the one asked about."""
        family = self._weigher.compare(self._straight.family, recorded.family, Side.FAMILY)
        return family is not None and family.level in AGREEING_NAMES

    def _agree_in(self, order: _Order, recorded: PersonName, alike: int) -> bool:
        if not alike & order.given_alike or not alike & order.family_alike:
            return False
        family = self._weigher.compare(order.family, recorded.family, Side.FAMILY)
        if family is None or family.level not in AGREEING_NAMES:
            return False
        given = self._weigher.compare(order.given, recorded.given, Side.GIVEN)
        return given is not None and given.level in AGREEING_NAMES

    def most_of_parts(self, alike: int) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return the most that given and family name may say of a name alike in these parts, in the order asked about
        and crosswise; the price of the order is the family name's.
        """
        straight, crossed = self._straight, self._crossed
        return (
            (straight.most_given(alike), straight.most_family(alike)),
            (crossed.most_given(alike), crossed.most_family(alike)),
        )

    def telling(self, needed: float, alike: int) -> list[Telling] | None:
        """Return what tells somebody with a whole name that is alike in these parts and comes to what is needed, in
        either order; nobody else is told. None where that is not all there is to it.

        A rare word raises the ceiling of all who bear a common one beside it, or one that is only like it.
        """
        telling = []
        for order in (self._straight, self._crossed):
            is_given, is_family = alike & order.given_alike > 0, alike & order.family_alike > 0
            if is_given and is_family:  # they may agree throughout
                return None
            given, family = order.most_given(alike), order.most_family(alike)
            if given + family < needed:
                continue
            found = None
            if is_given:
                found = self._find_telling(
                    order.given,
                    Side.GIVEN,
                    order.unlike_given,
                    needed,
                    (order.family, family, self._different[1] + order.price),
                )
            elif is_family:
                unlike = order.unlike_family - order.price
                found = self._find_telling(
                    order.family, Side.FAMILY, unlike, needed - order.price, (order.given, given, self._different[0])
                )
            if found is None:
                return None
            telling.append(found)
        return telling

    def _find_telling(
        self, words: Words, side: Side, unlike: float, needed: float, other: tuple[Words, float, float]
    ) -> Telling | None:
        """Return what tells by one part that is alike; `other` is the part that is not, the most it may say, and what
        it says where it is not even near. None where everybody may be told.
        """
        known, weigher = self._known, self._weigher
        other_words, most_other, different = other
        together: Words = ()
        middle = unlike_middle = 0.0
        if side is Side.GIVEN and len(words) > 1:
            together, middle, unlike_middle = words, known.middle, known.unlike_middle
        # Middle names may agree even beside a first name that is not alike.
        unlike += middle - unlike_middle
        least = needed - most_other - unlike_middle
        is_anything = unlike >= needed - most_other
        rare = [word for word in written(words) if is_anything or known.of_like_word(word, side) >= least]
        close = [each for word in rare for each in known.close(word, side) if is_anything or each[0] >= least]
        borne = [weigher.word_bits.of(word, side, NameLevel.EXACT) for word in rare if known.is_borne(word, side)]
        most = max([least + middle, unlike, *[bits + middle for bits in (*borne, *[bits for bits, _ in close])]])
        near = other_words if most + different < needed else None
        if is_anything and near is None:
            return None
        return Telling(side, rare, [key for _, keys in close for key in keys], together, near, is_anything)

    def _comes_to(self, needed: float, order: _Order, recorded: PersonName, alike: int) -> bool:
        given, family = order.most_given(alike), order.most_family(alike)
        if given + family < needed:
            return False
        is_given_alike, is_family_alike = alike & order.given_alike, alike & order.family_alike
        if not is_family_alike and not may_be_near(order.family, recorded.family[:MOST_WORDS], Side.FAMILY):
            family = self._different[1] + order.price
            if given + family < needed:
                return False
        if not is_given_alike and not may_be_near(order.given, recorded.given[:MOST_WORDS], Side.GIVEN):
            given = self._different[0]
        if is_given_alike and given + family >= needed:
            given = self._weigher.part_bits(order.given, recorded.given, Side.GIVEN)
        if is_family_alike and given + family >= needed:
            part = self._weigher.compare(order.family, recorded.family, Side.FAMILY)
            if part is not None:
                family = part.bits + order.price
                if part.level in SAME_NAME:
                    given = min(given, self._most_given_bits)
        return given + family >= needed
