"""Which of the people retrieved are worth scoring: an upper bound on the score, cheap to find.

A name retrieves many people whom the date of birth, or the other part of the name, speaks against. Whoever could not be
told even at his best is left out unscored; nobody is left out by chance or by number.
"""

from collections.abc import Callable
from typing import NamedTuple

from flagging.identity.person import Persona, PersonName
from flagging.matching.ceilings import Ceilings
from flagging.matching.divided_names import may_be_divided_otherwise
from flagging.matching.index import Found
from flagging.matching.model import AGREEING_DATES, DateLevel, PostcodeLevel
from flagging.matching.rows import rows_of
from flagging.matching.score import AskedPersona, Scorer
from flagging.matching.tokens import Side

_NO_NAME = PersonName((), ())
_LOOK_EVERY = 256
# In which parts people bear a word like one asked about, together one number.
_GIVEN, _FAMILY, _GIVEN_AS_FAMILY, _FAMILY_AS_GIVEN = 1, 2, 4, 8
# Added to it where a part of the name is missing, on either side.
_PARTIAL = 16

Words = tuple[str, ...]


class NameCeiling(NamedTuple):
    """The most that comparing two names may say, in the order given and crosswise, and the price of the latter.

    `given` and `given_as_family` are what the given name asked about adds to either. `may_agree` tells whether all of
    the name may agree, in one order or the other; `is_alike` whether anything may.
    """

    straight: float
    crossed: float
    price: float
    given: float
    given_as_family: float
    may_agree: bool
    is_alike: bool


class Bound:
    """The bound for one persona asked about. `look` is called now and then, and raises to break off."""

    def __init__(self, asked: AskedPersona, found: Found, scorer: Scorer, look: Callable[[], None]) -> None:
        self._asked = asked
        self._name = asked.name or _NO_NAME
        self._is_whole = bool(self._name.given and self._name.family)
        self._found = found
        self._scorer = scorer
        self._look = look
        ceilings = scorer.index.kept_for(scorer.model, Ceilings)
        self._least = ceilings.least
        self._parts = [ceilings.of_part(words, scorer.weigher) for words in (self._name.given, self._name.family)]
        self._most_divided = self._most_of_divided(ceilings.middle)
        self._ceilings: dict[int, NameCeiling] = {}

    def _most_of_divided(self, middle: float) -> float:
        """Return the most a name may say that is divided otherwise: two words as rare as any, and a third."""
        rarest = max(max(part.like_given, part.like_family) for part in self._parts)
        return 2 * rarest + middle + self._scorer.model.divided_names_bits

    def worth_scoring(self, rows: int) -> list[int]:
        """Return those of a set of rows whom this persona may tell."""
        records = self._scorer.index.records
        given, family, given_as_family, family_as_given = self._found[2:]
        least, has_postcode = self._least, self._scorer.most_postcode_bits
        kept = []
        for number, row in enumerate(rows_of(rows), start=1):
            if number % _LOOK_EVERY == 0:
                self._look()
            alike = (
                (given >> row & 1)
                | (family >> row & 1) << 1
                | (given_as_family >> row & 1) << 2
                | (family_as_given >> row & 1) << 3
            )
            identity = records[row].identity
            if has_postcode:
                level, bits = self._scorer.compare_postcodes(identity.postcode)
                least = self._least - bits
                if alike and level is PostcodeLevel.SAME:
                    kept.append(row)
                    continue
            for persona in identity.personas:
                if self._may_reach(least, persona, identity.personas[0], alike):
                    kept.append(row)
                    break
        return kept

    def worth_scoring_undated(self, rows: int) -> list[int]:
        """Return the same of rows that have no date to compare: many, few of whom can be told by their name alone."""
        kept = []
        for alike, members in self._by_alike(rows):
            if self._may_tell_any(alike):
                kept += self.worth_scoring(members)
        return kept

    def _by_alike(self, rows: int) -> list[tuple[int, int]]:
        """Part a set of rows by the parts of the name that are alike."""
        parted = [(0, rows)]
        for part, bearers in enumerate(self._found[2:]):
            split = []
            for alike, members in parted:
                bearing = members & bearers
                split += [(alike, members ^ bearing), (alike | 1 << part, bearing)]
            parted = [(alike, members) for alike, members in split if members]
        return parted

    def _may_tell_any(self, alike: int) -> bool:
        """Tell whether anybody of those alike may be told, where there is no date to compare."""
        if alike and self._scorer.most_postcode_bits:
            return True
        if alike.bit_count() > 1:
            return True
        ceilings = self._find_ceiling(alike), self._find_ceiling(alike | _PARTIAL)
        return any(each.may_agree or max(each.straight, each.crossed) >= self._least for each in ceilings)

    def _may_reach(self, least: float, recorded: Persona, primary: Persona, alike: int) -> bool:
        """Tell whether date and name may come to the least; compares no more of the name than that takes."""
        name = recorded.name or _NO_NAME
        if not self._is_whole or not name.given or not name.family:
            alike |= _PARTIAL
        ceiling = self._ceilings.get(alike) or self._find_ceiling(alike)
        level, bits = self._asked.compare_dates(recorded, primary)
        is_alike_twice = (alike & ~_PARTIAL).bit_count() > 1
        may_be_divided = is_alike_twice and may_be_divided_otherwise(self._name, name)
        if (level is None or level in AGREEING_DATES) and (
            ceiling.may_agree or may_be_divided or (ceiling.is_alike and level is DateLevel.EXACT)
        ):
            return True
        needed = least - bits
        if may_be_divided and self._most_divided >= needed:
            return True
        if ceiling.straight < needed and ceiling.crossed < needed:
            return False
        asked = self._name
        if ceiling.straight >= needed:
            of_given = needed - self._bits(asked.family, name.family, Side.FAMILY)
            if ceiling.given >= of_given and self._bits(asked.given, name.given, Side.GIVEN) >= of_given:
                return True
        if ceiling.crossed < needed:
            return False
        of_given = needed - ceiling.price - self._bits(asked.family, name.given, Side.GIVEN)
        return ceiling.given_as_family >= of_given and self._bits(asked.given, name.family, Side.FAMILY) >= of_given

    def _bits(self, asked: Words, recorded: Words, side: Side) -> float:
        part = self._scorer.weigher.compare(asked, recorded, side)
        return part.bits if part else 0.0

    def _find_ceiling(self, alike: int) -> NameCeiling:
        """Return the ceiling for names alike in these parts; a part that is missing says nothing."""
        of_given, of_family = self._parts
        given = of_given.like_given if alike & _GIVEN else of_given.given
        family = of_family.like_family if alike & _FAMILY else of_family.family
        given_as_family = of_given.like_family if alike & _GIVEN_AS_FAMILY else of_given.family
        family_as_given = of_family.like_given if alike & _FAMILY_AS_GIVEN else of_family.given
        price = self._scorer.model.swapped_names_bits
        if alike & _PARTIAL:
            given, family, given_as_family, family_as_given, price = (
                max(bits, 0.0) for bits in (given, family, given_as_family, family_as_given, price)
            )
            # What is left of the name agrees throughout only together with the date.
            may_agree = self._asked.born is not None and alike != _PARTIAL
        else:
            both, crosswise = _GIVEN | _FAMILY, _GIVEN_AS_FAMILY | _FAMILY_AS_GIVEN
            may_agree = alike & both == both or alike & crosswise == crosswise
        ceiling = self._ceilings[alike] = NameCeiling(
            straight=given + family,
            crossed=given_as_family + family_as_given + price,
            price=price,
            given=given,
            given_as_family=given_as_family,
            may_agree=may_agree,
            is_alike=alike not in (0, _PARTIAL),
        )
        return ceiling
