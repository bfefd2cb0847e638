"""Evidence from two names: both parts together, in the order given, in each other's place, or divided otherwise."""

from typing import Final

from flagging.identity.person import PersonName
from flagging.matching.divided_names import compare_divided, may_be_divided_otherwise
from flagging.matching.model import MiddleLevel, Model, NameLevel
from flagging.matching.name_parts import SAME_NAME, Part, PartWeigher
from flagging.matching.tokens import Side
from flagging.terms import Level

_AGREES: Final = frozenset({NameLevel.EXACT, NameLevel.VARIANT})
_WORDS: Final = {
    NameLevel.EXACT: "agrees",
    NameLevel.VARIANT: "is a known form of the other",
    NameLevel.ONE_EDIT: "differs by one letter",
    NameLevel.PHONETIC: "sounds alike",
    NameLevel.NEAR: "is similar",
    NameLevel.INITIAL: "agrees as an initial or abbreviation",
    NameLevel.MIDDLE: "is the other's middle name",
    NameLevel.PART: "agrees in one part of a double name",
    NameLevel.DIFFERENT: "differs",
}


class NameEvidence:
    """What comparing two names says: None for a part that one side lacks."""

    __slots__ = ("bits", "family", "given", "is_divided_otherwise", "is_swapped")

    def __init__(
        self,
        given: Part | None,
        family: Part | None,
        *,
        is_swapped: bool,
        bits: float,
        is_divided_otherwise: bool = False,
    ) -> None:
        self.given: Final = given
        self.family: Final = family
        self.is_swapped: Final = is_swapped
        self.bits: Final = bits
        self.is_divided_otherwise: Final = is_divided_otherwise

    @property
    def is_full(self) -> bool:
        return self.given is not None and self.family is not None

    @property
    def is_in_order(self) -> bool:
        return not self.is_swapped and not self.is_divided_otherwise

    @property
    def middle_differs(self) -> bool:
        return self.given is not None and self.given.middle is MiddleLevel.DIFFERENT

    @property
    def level(self) -> Level:
        """A name differs when either part does: brothers share one, and a changed surname is no agreement."""
        levels = [part.level for part in (self.given, self.family) if part is not None]
        if not levels:
            return Level.NOT_COMPARED
        if NameLevel.DIFFERENT in levels:
            return Level.DIFFERS
        agrees = self.is_in_order and not self.middle_differs and _AGREES.issuperset(levels)
        return Level.AGREES if agrees else Level.CLOSE

    @property
    def detail(self) -> str:
        if self.is_divided_otherwise:
            is_part = self.family is not None and self.family.level is NameLevel.PART
            which = "all names of one side are among the other's" if is_part else "all names are alike"
            return f"{which}, divided otherwise between given and family name"
        words = [f"family name {_WORDS[self.family.level]}"] if self.family else []
        words += [f"given name {_WORDS[self.given.level]}"] if self.given else []
        words += ["middle name differs"] if self.middle_differs else []
        words += ["given and family name in each other's place"] if self.is_swapped else []
        return "; ".join(words)


def compare_names(asked: PersonName, recorded: PersonName, weigher: PartWeigher, model: Model) -> NameEvidence:
    """Return the best of the orders; bits of the parts add up."""
    whole = _compare_parts(asked, recorded, weigher, model)
    if _is_same(whole) or not may_be_divided_otherwise(asked, recorded):
        return whole
    divided = compare_divided(asked, recorded, weigher, model)
    if divided is None or divided[2] <= whole.bits:
        return whole
    given, family, bits = divided
    return NameEvidence(given, family, is_swapped=False, bits=bits, is_divided_otherwise=True)


def _compare_parts(asked: PersonName, recorded: PersonName, weigher: PartWeigher, model: Model) -> NameEvidence:
    """Return the better of given with given name and given with family name."""
    straight = _in_order(
        weigher.compare(asked.given, recorded.given, Side.GIVEN),
        weigher.compare(asked.family, recorded.family, Side.FAMILY),
        model.most_given_bits,
    )
    if not _may_be_swapped(asked, recorded, straight):
        return straight
    crossed = _in_order(
        weigher.compare(asked.family, recorded.given, Side.GIVEN),
        weigher.compare(asked.given, recorded.family, Side.FAMILY),
        model.most_given_bits,
    )
    # A person of one name has it in either field: no order to get wrong.
    price = model.swapped_names_bits if crossed.is_full or straight.bits else 0.0
    if crossed.bits + price <= straight.bits or (crossed.given is None and crossed.family is None):
        return straight
    return NameEvidence(crossed.given, crossed.family, is_swapped=True, bits=crossed.bits + price)


def _may_be_swapped(asked: PersonName, recorded: PersonName, straight: NameEvidence) -> bool:
    """Tell whether the crossed order is worth a look: the straight one fails, and an initial fits crosswise."""
    if _is_same(straight):
        return False
    return _begin_alike(asked.given, recorded.family) or _begin_alike(asked.family, recorded.given)


def _is_same(name: NameEvidence) -> bool:
    return bool(name.given and name.family and {name.given.level, name.family.level} <= SAME_NAME)


def _begin_alike(asked: tuple[str, ...], recorded: tuple[str, ...]) -> bool:
    initials = {word[0] for word in recorded}
    return any(word[0] in initials for word in asked)


def _in_order(given: Part | None, family: Part | None, most_given_bits: float) -> NameEvidence:
    """Add the parts up. Given names follow family names: among bearers of one, the other is never very rare."""
    given_bits = given.bits if given else 0.0
    if family is not None and family.level in SAME_NAME:
        given_bits = min(given_bits, most_given_bits)
    return NameEvidence(given, family, is_swapped=False, bits=given_bits + (family.bits if family else 0.0))
