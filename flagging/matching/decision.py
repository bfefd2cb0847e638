"""How sure a scored candidate is: what probability says, and the table where identifiers speak."""

from flagging.matching.dates import PUBLIC_LEVEL
from flagging.matching.identifiers import strongest_agreement
from flagging.matching.model import AGREEING_DATES, DateLevel, MiddleLevel, Model, NameLevel, PostcodeLevel
from flagging.matching.odds import Odds
from flagging.matching.score import PairEvidence, Scored
from flagging.matching.verdict import classify_demographics, strength_of
from flagging.terms import Level, Strength

_SAME_NAME = frozenset({NameLevel.EXACT, NameLevel.VARIANT})
_MISSPELT_AT_MOST = _SAME_NAME | {NameLevel.ONE_EDIT, NameLevel.PHONETIC}
# Middle names that leave no doubt; brothers may differ in one letter of theirs.
_NO_OTHER_MIDDLE = frozenset({None, MiddleLevel.AGREE, MiddleLevel.INITIAL})


def decide(candidate: Scored, position: int, odds: Odds, model: Model) -> Strength | None:
    """Return the strength of the candidate at this position, None where it is not worth telling."""
    by_probability = _by_probability(candidate, position, odds, model)
    if by_probability is None and not candidate.identifiers:
        return None
    name, date = public_levels(candidate.pair)
    demographics = classify_demographics(name, date, is_of_household=_is_of_household(candidate))
    return strength_of(strongest_agreement(candidate.identifiers), demographics, by_probability)


def public_levels(pair: PairEvidence) -> tuple[Level, Level]:
    """Return the levels of name and date of birth in the API's words."""
    name = Level.NOT_COMPARED if pair.name is None else pair.name.level
    return name, Level.NOT_COMPARED if pair.date is None else PUBLIC_LEVEL[pair.date]


def _by_probability(candidate: Scored, position: int, odds: Odds, model: Model) -> Strength | None:
    pair = candidate.pair
    if _suffices(pair) and odds.demographic_probability(position) >= model.definite:
        return Strength.DEFINITE
    if odds.against_best_rival(position) >= model.possible or _agrees_throughout(pair):
        return Strength.POSSIBLE
    if _is_kin_or_self(candidate) and not odds.is_another(position, model.definite):
        return Strength.POSSIBLE
    return None


def _suffices(pair: PairEvidence) -> bool:
    """Tell whether name and date can make a match definite: a full name and the exact full date of birth.

    The given name must be the same in one of its forms, since twins share everything else; the family name may be
    misspelt.
    """
    name = pair.name
    if name is None or name.given is None or name.family is None or name.is_swapped:
        return False
    is_same_given = name.given.level in _SAME_NAME and name.given.middle in _NO_OTHER_MIDDLE
    return pair.date is DateLevel.EXACT and is_same_given and name.family.level in _MISSPELT_AT_MOST


def _agrees_throughout(pair: PairEvidence) -> bool:
    """Tell whether all that can be compared agrees, two of given name, family name and date of birth at least.

    Such a record cannot be ruled out however common the name: to leave it out would be a silent no.
    """
    if pair.date is not None and pair.date not in AGREEING_DATES:
        return False
    parts = [] if pair.name is None else [part for part in (pair.name.given, pair.name.family) if part is not None]
    if any(part.level not in _SAME_NAME for part in parts) or (pair.name is not None and pair.name.middle_differs):
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
    return name is not None and name.family is not None and not name.is_swapped and name.family.level in _SAME_NAME
