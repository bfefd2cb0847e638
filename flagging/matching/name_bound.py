"""The most that a name asked about may say of a name recorded, and whether the two may agree: a part of the bound.

Which parts are alike is known beforehand, from the sets of rows that bear like words; no more of a name is compared
than the question takes.
"""

from typing import Final

from flagging.identity.person import PersonName
from flagging.matching.ceilings import Ceilings, NameCeiling, PartCeilings, ceiling_of_name
from flagging.matching.derived import written
from flagging.matching.divided_names import (
    are_as_many_words,
    are_words_shared,
    compare_divided,
    may_be_divided_otherwise,
)
from flagging.matching.found import FAMILY, PARTIAL, is_alike_twice
from flagging.matching.model import AGREEING_DATES, DateLevel
from flagging.matching.name_orders import NameOrders
from flagging.matching.score import AskedPersona, Scorer
from flagging.matching.tokens import Side

NO_NAME: Final = PersonName((), ())
# The levels of dates that agree, and none at all: the name may agree throughout besides.
_NOTHING_AGAINST: Final = AGREEING_DATES | {None}


class NameBound:
    """The bound for the name of one persona asked about. What is `needed` are the bits it must come to."""

    def __init__(self, asked: AskedPersona, scorer: Scorer, known: Ceilings) -> None:
        self.name = asked.name or NO_NAME
        self.is_whole = bool(self.name.given and self.name.family)
        self._has_date = asked.born is not None
        self._scorer = scorer
        self._known = known
        self._parts = known.of_part(self.name.given), known.of_part(self.name.family)
        self._ceilings: dict[int, NameCeiling] = {}
        self._most: dict[int, float] = {}
        self._orders: NameOrders | None = None
        self._most_divided: float | None = None
        self._other_words: tuple[PartCeilings, PartCeilings] | None = None

    @property
    def orders(self) -> NameOrders:
        """Both orders of a whole name; most questions about strangers do without."""
        orders = self._orders
        if orders is None:
            orders = self._orders = NameOrders(self.name, self._parts, self._known, self._scorer)
        return orders

    @property
    def very_words(self) -> list[str]:
        """The words of the name, however they are written."""
        return [*written(self.name.given), *written(self.name.family)]

    def most(self, alike: int) -> float:
        """Return the most that a whole name alike in these parts may say, divided in whichever way."""
        most = self._most.get(alike)
        if most is None:
            most = self.orders.most(alike)
            if is_alike_twice(alike):
                most = max(most, self.most_divided)
            self._most[alike] = most
        return most

    def ceiling(self, alike: int) -> NameCeiling:
        """Return the ceiling for names alike in these parts; a part that is missing says nothing."""
        if not self.is_whole:
            alike |= PARTIAL
        ceiling = self._ceilings.get(alike)
        if ceiling is None:
            ceiling = self._ceilings[alike] = self._find_ceiling(alike, self._parts)
        return ceiling

    def ceiling_of_other_words(self, alike: int) -> NameCeiling:
        """Return the same for people who bear none of the very words."""
        parts = self._other_words
        if parts is None:
            given, family = self.name.given, self.name.family
            parts = self._other_words = self._known.of_other_words(given), self._known.of_other_words(family)
        return self._find_ceiling(alike, parts)

    def may_suffice(self, needed: float, level: DateLevel | None, recorded: PersonName, alike: int) -> bool:
        """Tell whether two whole names may come to what is needed besides dates that stand at a level, or agree
        throughout together with them.
        """
        is_enough = self.most(alike) >= needed
        may_agree = alike > 0 and level in _NOTHING_AGAINST
        if not is_enough and not may_agree:
            return False
        if level is DateLevel.EXACT and alike & FAMILY and self.orders.agree_in_family(recorded):
            # A twin, or the person under another given name.
            return True
        if is_alike_twice(alike) and self._may_suffice_divided(needed, recorded, may_agree=may_agree):
            return True
        if may_agree and self.orders.agree(recorded, alike):
            return True
        return is_enough and self.orders.come_to(needed, recorded, alike)

    def may_suffice_in_part(self, needed: float, level: DateLevel | None, recorded: PersonName, alike: int) -> bool:
        """Tell the same where either name lacks a part."""
        is_divided = self.is_divided_otherwise(recorded, alike)
        if is_divided and (level is None or self.most_divided >= needed):
            return True
        # What is left of a name agrees throughout only together with a date.
        if alike and level in AGREEING_DATES:
            return True
        ceiling = self.ceiling(alike | PARTIAL)
        if ceiling.most < needed:
            return False
        asked, bits = self.name, self._scorer.weigher.part_bits
        straight = bits(asked.given, recorded.given, Side.GIVEN) + bits(asked.family, recorded.family, Side.FAMILY)
        crossed = bits(asked.family, recorded.given, Side.GIVEN) + bits(asked.given, recorded.family, Side.FAMILY)
        return max(straight, crossed + ceiling.price) >= needed

    def is_divided_otherwise(self, recorded: PersonName, alike: int) -> bool:
        """Tell whether a name recorded, alike in these parts, may be this one, its words divided otherwise."""
        if not is_alike_twice(alike) or not may_be_divided_otherwise(self.name, recorded):
            return False
        return are_words_shared(self.name, recorded)

    def _may_suffice_divided(self, needed: float, recorded: PersonName, *, may_agree: bool) -> bool:
        if not may_be_divided_otherwise(self.name, recorded):
            return False
        may_agree = may_agree and are_as_many_words(self.name, recorded)
        if not may_agree and self.most_divided < needed:
            return False
        divided = compare_divided(self.name, recorded, self._scorer.weigher, self._scorer.model)
        return divided is not None and (may_agree or divided[2] >= needed)

    @property
    def most_divided(self) -> float:
        """The most the name may say, divided otherwise."""
        most = self._most_divided
        if most is None:
            most = self._most_divided = self._known.of_divided(self.name)
        return most

    def _find_ceiling(self, alike: int, parts: tuple[PartCeilings, PartCeilings]) -> NameCeiling:
        return ceiling_of_name(alike, parts, self._scorer.model.swapped_names_bits, has_date=self._has_date)
