"""Which of the people retrieved are worth scoring: an upper bound on the score, cheap to find.

A name retrieves many people whom the date of birth, or the other part of the name, speaks against. Whoever could not be
told even at his best is left out unscored; nobody is left out by chance or by number.
"""

from collections.abc import Callable
from functools import cached_property

from flagging.identity.person import Identity, PersonName
from flagging.matching.ceilings import Ceilings, NameCeiling, PartCeilings, ceiling_of_name
from flagging.matching.derived import written
from flagging.matching.divided_names import (
    are_as_many_words,
    are_words_shared,
    compare_divided,
    may_be_divided_otherwise,
)
from flagging.matching.found import FAMILY, PARTIAL, Found
from flagging.matching.index import NO_DATE
from flagging.matching.model import AGREEING_DATES, DateLevel
from flagging.matching.name_orders import NameOrders
from flagging.matching.rows import few_rows_of, rows_of
from flagging.matching.score import AskedPersona, Scorer
from flagging.matching.tokens import Side
from flagging.matching.whole_dates import compare_whole

_NO_NAME = PersonName((), ())
LOOK_EVERY = 256
# Rows of which it pays to tell apart who bears the very words.
_MANY = 8
# The levels of dates that agree, and none at all: the name may agree throughout besides.
_NOTHING_AGAINST = AGREEING_DATES | {None}


class Bound:
    """The bound for one persona asked about. `look` is called now and then, and raises to break off.

    `whole_date` is its date of birth where all there is to compare is a whole name and a whole date; nought otherwise.
    """

    def __init__(self, asked: AskedPersona, found: Found, scorer: Scorer, look: Callable[[], None]) -> None:
        self.asked = asked
        self.name = asked.name or _NO_NAME
        self.is_whole = bool(self.name.given and self.name.family)
        self.found = found
        self.scorer = scorer
        self.look = look
        self._index = scorer.index
        self._known = scorer.index.kept_for(scorer.model, Ceilings)
        self._least = self._known.least
        self._parts = (
            self._known.of_part(self.name.given, scorer.weigher),
            self._known.of_part(self.name.family, scorer.weigher),
        )
        self._ceilings: dict[int, NameCeiling] = {}
        self._of_levels: dict[DateLevel, float] = {}
        self._most: dict[int, float] = {}
        self._without_date: dict[int, bool] = {}
        self._orders: NameOrders | None = None
        is_compared_whole = self.is_whole and not scorer.has_postcode
        self.whole_date = asked.whole_date if is_compared_whole else 0
        # Whether a whole name, and a whole date or none, is all that is asked about.
        self._has_all_whole = is_compared_whole and (self.whole_date > 0 or asked.born is None)

    def worth_scoring(self, rows: int) -> list[int]:
        """Return those of a set of rows, none of which shares the postcode, whom this persona may tell."""
        few = few_rows_of(rows)
        if few is not None:
            return [row for row, alike in self.found.few_alike(rows, few) if self._may_be_told(row, alike)]
        kept: list[int] = []
        for members, may_tell in self._parted(rows):
            for alike, likes in self.found.by_alike(members) if members else ():
                if may_tell(alike):
                    kept += self._check(self._without_hopeless(likes, alike), alike)
        return kept

    def _without_hopeless(self, rows: int, alike: int) -> int:
        """Return a set of rows without those to whom no date speaks, and nothing but a name that is only like theirs.

        That takes some time: it pays where there are many.
        """
        if self.asked.born is not None or rows.bit_count() < _MANY or _is_alike_twice(alike):
            return rows
        for ceiling in (self._find_ceiling(each, self._other_words) for each in (alike, alike | PARTIAL)):
            bits = ceiling.most + self.scorer.most_postcode_bits
            if ceiling.may_agree or bits >= self._least:
                return rows
        return rows & self._same_words

    @cached_property
    def _other_words(self) -> tuple[PartCeilings, PartCeilings]:
        given, family = self.name.given, self.name.family
        weigher = self.scorer.weigher
        return self._known.of_other_words(given, weigher), self._known.of_other_words(family, weigher)

    @cached_property
    def _same_words(self) -> int:
        return self.scorer.index.bearers([*written(self.name.given), *written(self.name.family)])

    def _parted(self, rows: int) -> list[tuple[int, Callable[[int], bool]]]:
        """Part a set of rows by what is to be compared; with each goes who of it may be told, by the parts alike."""
        index = self.scorer.index
        partial = rows & index.partial()
        if self.asked.born is None:
            return [(partial, self._may_tell_partial), (rows ^ partial, self._may_tell_undated)]
        undated = partial & index.undated()
        dated = rows ^ undated
        if not self.asked.whole_date:
            return [(undated, self._may_tell_without_date), (dated, _anybody)]
        near = partial ^ undated | dated & self.found.same_date
        return [
            (undated, self._may_tell_without_date),
            (near, _anybody),
            (dated ^ near, self._may_tell_of_another_date),
        ]

    def _may_tell_of_another_date(self, alike: int) -> bool:
        """Tell it where both sides have whole dates, which are not the same: they may stand at any other level."""
        bits = self._known.of_another_date(self.asked) + self.scorer.most_postcode_bits
        return self._most_of_name(alike) + bits >= self._least

    def _may_tell_undated(self, alike: int) -> bool:
        """Tell it where the name is all there is to compare."""
        ceiling = self._ceiling(alike)
        bits = ceiling.most + self.scorer.most_postcode_bits
        return ceiling.may_agree or bits >= self._least or _is_alike_twice(alike)

    def _may_tell_without_date(self, alike: int) -> bool:
        """Tell it where a date is asked about and they have none: what is left of a name does not suffice then."""
        may = self._without_date.get(alike)
        if may is None:
            # What is missing says nothing, and what is there may speak against: a part of a name says no less.
            ceiling = self._ceiling(alike | PARTIAL)
            bits = ceiling.most + self.scorer.most_postcode_bits
            may = bits >= self._least or _is_alike_twice(alike)
            self._without_date[alike] = may
        return may

    def _may_tell_partial(self, alike: int) -> bool:
        return self._may_tell_undated(alike) or self._may_tell_undated(alike | PARTIAL)

    def _check(self, rows: int, alike: int) -> list[int]:
        """Return those of a set of rows alike in these parts of the name whom this persona may tell."""
        kept = []
        for number, row in enumerate(rows_of(rows), start=1):
            if number % LOOK_EVERY == 0:
                self.look()
            if self._may_be_told(row, alike):
                kept.append(row)
        return kept

    def _may_be_told(self, row: int, alike: int) -> bool:
        """Tell whether this persona may tell somebody alike in these parts of the name."""
        index = self._index
        if self._has_all_whole:
            recorded_date = index.whole_dates[row]
            if recorded_date:
                return self._may_be_whole(recorded_date, index.whole_names[row], alike)
            for date, name in index.whole_personas.get(row, ()):
                if self._may_be_whole(date, name, alike):
                    return True
            if row in index.whole_personas:
                return False
        return self._may_be_told_in_part(index.records[row].identity, alike)

    def _may_be_whole(self, recorded_date: int, name: PersonName, alike: int) -> bool:
        """Tell it of a whole name: beside it there is nothing but two whole dates to compare, if that."""
        if not self.whole_date or recorded_date == NO_DATE:
            return self._may_come_to(self._least, None, name, alike)
        level = compare_whole(self.whole_date, abs(recorded_date))
        needed = self._of_levels.get(level)
        if needed is None:
            needed = self._of_levels[level] = self._needed(self._least, self.asked.date_bits(level))
        if recorded_date < 0 and self.asked.date_bits(level) <= 0.0:
            return self._may_come_to(self._least, None, name, alike)
        return self._may_come_to(needed, level, name, alike)

    def _may_come_to(self, needed: float, level: DateLevel | None, name: PersonName, alike: int) -> bool:
        """Tell whether a whole name may come to what is needed besides its date, or agree throughout together with it;
        compares no more of the name than that takes.
        """
        most = self._most.get(alike)
        is_enough = (self._most_of_name(alike) if most is None else most) >= needed
        may_agree = alike > 0 and level in _NOTHING_AGAINST
        if not is_enough and not may_agree:
            return False
        if level is DateLevel.EXACT and alike & FAMILY and self.orders.agree_in_family(name):
            # A twin, or the person under another given name.
            return True
        if _is_alike_twice(alike) and self._may_come_to_divided(needed, name, may_agree=may_agree):
            return True
        return (may_agree and self.orders.agree(name, alike)) or (
            is_enough and self.orders.come_to(needed, name, alike)
        )

    def _may_come_to_divided(self, needed: float, name: PersonName, *, may_agree: bool) -> bool:
        """Tell the same of the words of both names, divided otherwise."""
        if not may_be_divided_otherwise(self.name, name):
            return False
        may_agree = may_agree and are_as_many_words(self.name, name)
        if not may_agree and self._most_divided < needed:
            return False
        divided = compare_divided(self.name, name, self.scorer.weigher, self.scorer.model)
        return divided is not None and (may_agree or divided[2] >= needed)

    def _may_be_told_in_part(self, recorded: Identity, alike: int) -> bool:
        """Tell it of any persona recorded, whatever either side lacks."""
        least = self._least
        if self.scorer.has_postcode:
            least -= self.scorer.compare_postcodes(recorded.postcode)[1]
        for persona in recorded.personas:
            level, bits = self.asked.compare_dates(persona, recorded.personas[0])
            name = persona.name or _NO_NAME
            needed = self._needed(least, bits)
            is_whole = self.is_whole and name.given and name.family
            if is_whole and self._most_of_name(alike) < needed and level not in _NOTHING_AGAINST:
                continue
            if self._may_reach(needed, level, name, alike):
                return True
        return False

    def _needed(self, least: float, date_bits: float) -> float:
        """Return the bits that the name must come to beside a date that says so much."""
        needed = least - date_bits
        return needed + self._known.against_namesakes(date_bits) if date_bits < 0.0 else needed

    def _most_of_name(self, alike: int) -> float:
        """Return the most that a whole name alike in these parts may say, divided in whichever way."""
        most = self._most.get(alike)
        if most is None:
            most = self.orders.most(alike)
            if _is_alike_twice(alike):
                most = max(most, self._most_divided)
            self._most[alike] = most
        return most

    def _may_reach(self, needed: float, level: DateLevel | None, name: PersonName, alike: int) -> bool:
        """Tell whether a name may come to what is needed besides its date, or agree throughout together with it;
        compares no more of the name than that takes.
        """
        is_whole = self.is_whole and name.given and name.family
        ceiling = self._ceiling(alike if is_whole else alike | PARTIAL)
        may_be_divided = self.may_be_divided_otherwise(name, alike)
        if level is None:
            # What is left of a name agrees throughout only together with a date.
            if may_be_divided or (ceiling.may_agree and is_whole):
                return True
        elif alike and level in AGREEING_DATES and (ceiling.may_agree or may_be_divided or level is DateLevel.EXACT):
            return True
        if may_be_divided and self._most_divided >= needed:
            return True
        if ceiling.most < needed:
            return False
        if is_whole:
            return self.orders.come_to(needed, name, alike)
        asked, bits = self.name, self.scorer.weigher.part_bits
        straight = bits(asked.given, name.given, Side.GIVEN) + bits(asked.family, name.family, Side.FAMILY)
        crossed = bits(asked.family, name.given, Side.GIVEN) + bits(asked.given, name.family, Side.FAMILY)
        return max(straight, crossed + ceiling.price) >= needed

    def may_be_divided_otherwise(self, name: PersonName, alike: int) -> bool:
        """Tell whether a name recorded, alike in these parts, may be this one, its words divided otherwise."""
        return (
            _is_alike_twice(alike) and may_be_divided_otherwise(self.name, name) and are_words_shared(self.name, name)
        )

    @cached_property
    def _most_divided(self) -> float:
        return self._known.of_divided(self._parts)

    @property
    def orders(self) -> NameOrders:
        orders = self._orders
        if orders is None:
            orders = self._orders = NameOrders(self.name, self._parts, self._known, self.scorer)
        return orders

    def _ceiling(self, alike: int) -> NameCeiling:
        """Return the ceiling for names alike in these parts; a part that is missing says nothing."""
        if not self.is_whole:
            alike |= PARTIAL
        ceiling = self._ceilings.get(alike)
        if ceiling is None:
            ceiling = self._ceilings[alike] = self._find_ceiling(alike, self._parts)
        return ceiling

    def _find_ceiling(self, alike: int, parts: tuple[PartCeilings, PartCeilings]) -> NameCeiling:
        price = self.scorer.model.swapped_names_bits
        return ceiling_of_name(alike, parts, price, has_date=self.asked.born is not None)


def _is_alike_twice(alike: int) -> bool:
    """Tell whether two words at least may be alike, as they are where names are divided otherwise."""
    return (alike & ~PARTIAL).bit_count() > 1


def _anybody(_alike: int) -> bool:
    return True
