"""How sure a scored candidate is: what probability says, and the table where identifiers speak."""

from typing import Final

from flagging.matching.dates import PUBLIC_LEVEL
from flagging.matching.identifiers import strongest_agreement
from flagging.matching.model import (
    AGREEING_DATES,
    AGREEING_NAMES,
    DateLevel,
    IdentifierAgreement,
    Model,
    NameLevel,
    PostcodeLevel,
)
from flagging.matching.name_parts import Part
from flagging.matching.odds import Odds, Weighed, against_nobody
from flagging.matching.score import PairEvidence, Scored
from flagging.matching.verdict import Demographics, classify_demographics, strength_of
from flagging.terms import Level, Strength

# A date that speaks for somebody whatever his name: the very same, or but for a slip of the pen.
_TELLING_DATES: Final = frozenset({DateLevel.EXACT, DateLevel.SWAPPED, DateLevel.TRANSPOSED, DateLevel.ONE_DIGIT})
_VAGUE_DATES: Final = frozenset(
    {
        DateLevel.PARTIAL,
        DateLevel.PARTIAL_NEAR,
        DateLevel.APPROXIMATE,
        DateLevel.APPROXIMATE_NEAR,
        DateLevel.APPROXIMATE_FAR,
    }
)


class Settled:
    """What of a decision rests on the candidate alone: found once, and decided on beside any rivals."""

    __slots__ = ("agreement", "agrees_throughout", "candidate", "demographics", "is_disputed", "is_full", "is_kin")

    def __init__(self, candidate: Scored) -> None:
        pair, identifiers = candidate.pair, candidate.identifiers
        self.candidate: Final = candidate
        self.is_full: Final = pair.is_full_agreement
        self.agrees_throughout: Final = _agrees_throughout(pair)
        self.is_kin: Final = _is_kin_or_self(candidate)
        self.agreement: Final = strongest_agreement(identifiers)
        self.is_disputed: Final = self.agreement is IdentifierAgreement.UNLETTERED and any(
            kind.contradicts for kind in identifiers
        )
        self.demographics: Final = _demographics(candidate, is_silent=self.agreement is IdentifierAgreement.SILENT)


def settle(weighed: Weighed, model: Model) -> Settled | None:
    """Return what is settled of a candidate; None where he is not worth telling even if he had no rival."""
    candidate = weighed.candidate
    if against_nobody(weighed, model) >= model.possible or candidate.identifiers:
        return Settled(candidate)
    pair = candidate.pair
    # Each of these may tell somebody by more than his own odds.
    may_be_told = pair.is_full_agreement or _is_kin_or_self(candidate) or _agrees_throughout(pair)
    return Settled(candidate) if may_be_told else None


def decide(settled: Settled, position: int, odds: Odds, model: Model) -> Strength | None:
    """Return the strength of the candidate at this position, None where it is not worth telling."""
    by_probability = _by_probability(settled, position, odds, model)
    if by_probability is None and not settled.candidate.identifiers:
        return None
    demographics = settled.demographics
    strength = strength_of(settled.agreement, demographics, by_probability)
    if strength is Strength.DEFINITE and settled.is_disputed and demographics is not Demographics.AGREE:
        # A kind without check letter agrees, one with a letter is somebody else's: one of them is mistyped.
        return Strength.POSSIBLE
    return strength


def _demographics(candidate: Scored, *, is_silent: bool) -> Demographics:
    """Return what name and date say together, as the table of identifiers reads it.

    To agree, both must be given in full. A year or a guessed age does not speak for somebody of another name; a
    household does, where no identifier is there to say whose brother it is.
    """
    pair = candidate.pair
    name, date = public_levels(pair)
    if _is_of_another_name(pair) and pair.date not in _TELLING_DATES:
        date = Level.NOT_COMPARED if pair.date is None else Level.DIFFERS
    demographics = classify_demographics(name, date, is_of_household=is_silent and _is_of_household(candidate))
    if demographics is Demographics.AGREE and not _is_in_full(pair):
        return Demographics.PARTIAL
    return demographics


def _is_of_another_name(pair: PairEvidence) -> bool:
    parts = _parts(pair)
    return bool(parts) and all(part.level is NameLevel.DIFFERENT for part in parts)


def _is_in_full(pair: PairEvidence) -> bool:
    """Tell whether both parts of the name were compared, beyond initials, and a whole date of birth."""
    parts = _parts(pair)
    has_whole_name = len(parts) > 1 and all(part.level is not NameLevel.INITIAL for part in parts)
    return has_whole_name and pair.date not in _VAGUE_DATES


def _parts(pair: PairEvidence) -> list[Part]:
    return [] if pair.name is None else [part for part in (pair.name.given, pair.name.family) if part is not None]


def public_levels(pair: PairEvidence) -> tuple[Level, Level]:
    """Return the levels of name and date of birth in the API's words."""
    name = Level.NOT_COMPARED if pair.name is None else pair.name.level
    return name, Level.NOT_COMPARED if pair.date is None else PUBLIC_LEVEL[pair.date]


def _by_probability(settled: Settled, position: int, odds: Odds, model: Model) -> Strength | None:
    if settled.is_full and odds.demographic_probability(position) >= model.definite:
        return Strength.DEFINITE
    if settled.agrees_throughout or odds.against_best_rival(position) >= model.possible:
        return Strength.POSSIBLE
    if settled.is_kin and not odds.is_another(position, model.definite):
        return Strength.POSSIBLE
    return None


def _agrees_throughout(pair: PairEvidence) -> bool:
    """Tell whether all that can be compared agrees, two of given name, family name and date of birth at least.

    Such a record cannot be ruled out however common the name: to leave it out would be a silent no.
    """
    if pair.date is not None and pair.date not in AGREEING_DATES:
        return False
    parts = _parts(pair)
    if any(part.level not in AGREEING_NAMES for part in parts) or (pair.name is not None and pair.name.middle_differs):
        return False
    return len(parts) + (pair.date is not None) > 1


def _is_kin_or_self(candidate: Scored) -> bool:
    """Tell whether it is the person under another given name, or a twin or somebody of the same household.

    Who of them, nobody can say from here; the family name must be the same, and the date of birth or the postcode.
    """
    is_of_one_birth = candidate.pair.date is DateLevel.EXACT and _has_same_family_name(candidate)
    return is_of_one_birth or _is_of_household(candidate)


def _is_of_household(candidate: Scored) -> bool:
    return candidate.postcode is PostcodeLevel.SAME and _has_same_family_name(candidate)


def _has_same_family_name(candidate: Scored) -> bool:
    name = candidate.pair.name
    return name is not None and name.family is not None and name.is_in_order and name.family.level in AGREEING_NAMES
