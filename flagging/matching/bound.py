"""Which of the people retrieved are worth scoring: an upper bound on the score, cheap to find.

A name retrieves many people whom the date of birth, or the other part of the name, speaks against. Whoever could not be
told even at his best is left out unscored; nobody is left out by chance or by number.
"""

from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

from flagging.identity.person import Persona, PersonName
from flagging.matching.ceilings import Ceilings, NameCeiling, PartCeilings, ceiling_of_name
from flagging.matching.derived import MOST_WORDS, written
from flagging.matching.divided_names import may_be_divided_otherwise
from flagging.matching.index import FAMILY, FAMILY_AS_GIVEN, GIVEN, GIVEN_AS_FAMILY, PARTIAL, Found
from flagging.matching.model import AGREEING_DATES, DateLevel
from flagging.matching.name_parts import may_be_near
from flagging.matching.rows import rows_of
from flagging.matching.score import AskedPersona, Scorer
from flagging.matching.tokens import Side

_NO_NAME = PersonName((), ())
_LOOK_EVERY = 256
# Rows of which it pays to tell apart who bears the very words.
_MANY = 8
Words = tuple[str, ...]


class _Order(NamedTuple):
    """A name asked about in one order: the parts compared with given and with family names recorded, by which of the
    alike each is known, the most they may say, and the price of the order.
    """

    given: Words
    family: Words
    given_alike: int
    family_alike: int
    of_given: PartCeilings
    of_family: PartCeilings
    price: float


class Bound:
    """The bound for one persona asked about. `look` is called now and then, and raises to break off."""

    def __init__(self, asked: AskedPersona, found: Found, scorer: Scorer, look: Callable[[], None]) -> None:
        self._asked = asked
        self._name = asked.name or _NO_NAME
        self._is_whole = bool(self._name.given and self._name.family)
        self._found = found
        self._scorer = scorer
        self._look = look
        self._known = scorer.index.kept_for(scorer.model, Ceilings)
        self._least = self._known.least
        self._parts = (
            self._known.of_part(self._name.given, scorer.weigher),
            self._known.of_part(self._name.family, scorer.weigher),
        )
        self._most_divided = self._most_of_divided(self._known.middle)
        self._ceilings: dict[int, NameCeiling] = {}

    def _most_of_divided(self, middle: float) -> float:
        """Return the most a name may say that is divided otherwise: two words as rare as any, and a third."""
        rarest = max(max(part.like_given, part.like_family) for part in self._parts)
        return 2 * rarest + middle + self._scorer.model.divided_names_bits

    def worth_scoring(self, rows: int) -> list[int]:
        """Return those of a set of rows, none of which shares the postcode, whom this persona may tell."""
        kept: list[int] = []
        for members, may_tell in self._parted(rows):
            for alike, likes in self._found.by_alike(members) if members else ():
                if may_tell(alike):
                    kept += self._check(self._without_hopeless(likes, alike), alike)
        return kept

    def _without_hopeless(self, rows: int, alike: int) -> int:
        """Return a set of rows without those to whom no date speaks, and nothing but a name that is only like theirs.

        That takes some time: it pays where there are many.
        """
        if self._asked.born is not None or rows.bit_count() < _MANY or _is_alike_twice(alike):
            return rows
        for ceiling in (self._find_ceiling(each, self._other_words) for each in (alike, alike | PARTIAL)):
            bits = max(ceiling.straight, ceiling.crossed) + self._scorer.most_postcode_bits
            if ceiling.may_agree or bits >= self._least:
                return rows
        return rows & self._same_words

    @cached_property
    def _other_words(self) -> tuple[PartCeilings, PartCeilings]:
        given, family = self._name.given, self._name.family
        weigher = self._scorer.weigher
        return self._known.of_other_words(given, weigher), self._known.of_other_words(family, weigher)

    @cached_property
    def _same_words(self) -> int:
        return self._scorer.index.bearers([*written(self._name.given), *written(self._name.family)])

    def _parted(self, rows: int) -> list[tuple[int, Callable[[int], bool]]]:
        """Part a set of rows by what is to be compared; with each goes who of it may be told, by the parts alike."""
        partial = rows & self._scorer.index.partial()
        if self._asked.has_whole_date:
            near = partial | rows & self._found.same_date
            return [(near, _anybody), (rows ^ near, self._may_tell_of_another_date)]
        if self._asked.born is None:
            return [(partial, self._may_tell_partial), (rows ^ partial, self._may_tell_undated)]
        return [(rows, _anybody)]

    def _may_tell_of_another_date(self, alike: int) -> bool:
        """Tell it where both sides have whole dates, which are not the same: they may stand at any other level."""
        ceiling = self._ceiling(alike)
        bits = self._known.of_another_date(self._asked) + self._scorer.most_postcode_bits
        divided = self._most_divided if _is_alike_twice(alike) else ceiling.straight
        return max(ceiling.straight, ceiling.crossed, divided) + bits >= self._least

    def _may_tell_undated(self, alike: int) -> bool:
        """Tell it where the name is all there is to compare."""
        ceiling = self._ceiling(alike)
        bits = max(ceiling.straight, ceiling.crossed) + self._scorer.most_postcode_bits
        return ceiling.may_agree or bits >= self._least or _is_alike_twice(alike)

    def _may_tell_partial(self, alike: int) -> bool:
        return self._may_tell_undated(alike) or self._may_tell_undated(alike | PARTIAL)

    def _check(self, rows: int, alike: int) -> list[int]:
        """Return those of a set of rows alike in these parts of the name whom this persona may tell."""
        records = self._scorer.index.records
        least, has_postcode = self._least, self._scorer.has_postcode
        kept = []
        for number, row in enumerate(rows_of(rows), start=1):
            if number % _LOOK_EVERY == 0:
                self._look()
            identity = records[row].identity
            if has_postcode:
                least = self._least - self._scorer.compare_postcodes(identity.postcode)[1]
            for persona in identity.personas:
                if self._may_reach(least, persona, identity.personas[0], alike):
                    kept.append(row)
                    break
        return kept

    def _may_reach(self, least: float, recorded: Persona, primary: Persona, alike: int) -> bool:
        """Tell whether date and name may come to the least; compares no more of the name than that takes."""
        name = recorded.name or _NO_NAME
        is_whole = self._is_whole and name.given and name.family
        ceiling = self._ceiling(alike if is_whole else alike | PARTIAL)
        level, bits = self._asked.compare_dates(recorded, primary)
        may_be_divided = _is_alike_twice(alike) and may_be_divided_otherwise(self._name, name)
        if level is None:
            # What is left of a name agrees throughout only together with a date.
            if may_be_divided or (ceiling.may_agree and is_whole):
                return True
        elif level in AGREEING_DATES and (
            ceiling.may_agree or may_be_divided or (ceiling.is_alike and level is DateLevel.EXACT)
        ):
            return True
        needed = least - bits
        if may_be_divided and self._most_divided >= needed:
            return True
        if ceiling.straight < needed and ceiling.crossed < needed:
            return False
        if is_whole:
            straight_order, crossed_order = self._orders
            return self._comes_to(needed, straight_order, name, alike) or self._comes_to(
                needed - crossed_order.price, crossed_order, name, alike
            )
        asked = self._name
        straight = self._bits(asked.given, name.given, Side.GIVEN) + self._bits(asked.family, name.family, Side.FAMILY)
        crossed = self._bits(asked.family, name.given, Side.GIVEN) + self._bits(asked.given, name.family, Side.FAMILY)
        return max(straight, crossed + ceiling.price) >= needed

    @cached_property
    def _orders(self) -> tuple[_Order, _Order]:
        name, (given, family) = self._name, self._parts
        price = self._scorer.model.swapped_names_bits
        return (
            _Order(name.given[:MOST_WORDS], name.family[:MOST_WORDS], GIVEN, FAMILY, given, family, 0.0),
            _Order(
                name.family[:MOST_WORDS],
                name.given[:MOST_WORDS],
                FAMILY_AS_GIVEN,
                GIVEN_AS_FAMILY,
                family,
                given,
                price,
            ),
        )

    def _comes_to(self, needed: float, order: _Order, recorded: PersonName, alike: int) -> bool:
        """Tell whether whole names in one order may come to so many bits; what is unlike is not weighed."""
        is_given_alike, is_family_alike = alike & order.given_alike, alike & order.family_alike
        given = order.of_given.like_given if is_given_alike else order.of_given.given
        family = order.of_family.like_family if is_family_alike else order.of_family.family
        if given + family < needed:
            return False
        different_given, different_family = self._known.different
        if not is_family_alike and not may_be_near(order.family, recorded.family[:MOST_WORDS], Side.FAMILY):
            family = different_family
        if given + family < needed:
            return False
        if not is_given_alike and not may_be_near(order.given, recorded.given[:MOST_WORDS], Side.GIVEN):
            given = different_given
        if is_family_alike and given + family >= needed:
            family = self._bits(order.family, recorded.family, Side.FAMILY)
        if is_given_alike and given + family >= needed:
            given = self._bits(order.given, recorded.given, Side.GIVEN)
        return given + family >= needed

    def _bits(self, asked: Words, recorded: Words, side: Side) -> float:
        part = self._scorer.weigher.compare(asked, recorded, side)
        return part.bits if part else 0.0

    def _ceiling(self, alike: int) -> NameCeiling:
        """Return the ceiling for names alike in these parts; a part that is missing says nothing."""
        if not self._is_whole:
            alike |= PARTIAL
        ceiling = self._ceilings.get(alike)
        if ceiling is None:
            ceiling = self._ceilings[alike] = self._find_ceiling(alike, self._parts)
        return ceiling

    def _find_ceiling(self, alike: int, parts: tuple[PartCeilings, PartCeilings]) -> NameCeiling:
        price = self._scorer.model.swapped_names_bits
        return ceiling_of_name(alike, parts, price, has_date=self._asked.born is not None)


def _is_alike_twice(alike: int) -> bool:
    """Tell whether two words at least may be alike, as they are where names are divided otherwise."""
    return (alike & ~PARTIAL).bit_count() > 1


def _anybody(_alike: int) -> bool:
    return True
