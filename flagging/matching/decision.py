"""How sure a scored candidate is: what probability says, and the table where identifiers speak."""

from flagging.matching.dates import PUBLIC_LEVEL
from flagging.matching.identifiers import strongest_agreement
from flagging.matching.model import DateLevel, Model, NameLevel
from flagging.matching.odds import Odds
from flagging.matching.score import PairEvidence, Scored
from flagging.matching.verdict import classify_demographics, strength_of
from flagging.terms import Level, Strength

_SAME_FAMILY = frozenset({NameLevel.EXACT, NameLevel.ONE_EDIT, NameLevel.PHONETIC})
_SAME_NAME = frozenset({NameLevel.EXACT, NameLevel.VARIANT})
_SAME_DATE = frozenset({None, DateLevel.EXACT, DateLevel.PARTIAL})


def decide(candidate: Scored, position: int, odds: Odds, model: Model) -> Strength | None:
    """Return the strength of the candidate at this position, None where it is not worth telling."""
    by_probability = _by_probability(candidate.pair, position, odds, model)
    if by_probability is None and not candidate.identifiers:
        return None
    demographics = classify_demographics(*public_levels(candidate.pair))
    return strength_of(strongest_agreement(candidate.identifiers), demographics, by_probability)


def public_levels(pair: PairEvidence) -> tuple[Level, Level]:
    """Return the levels of name and date of birth in the API's words."""
    name = Level.NOT_COMPARED if pair.name is None else pair.name.level
    return name, Level.NOT_COMPARED if pair.date is None else PUBLIC_LEVEL[pair.date]


def _by_probability(pair: PairEvidence, position: int, odds: Odds, model: Model) -> Strength | None:
    if _suffices(pair) and odds.demographic_probability(position) >= model.definite:
        return Strength.DEFINITE
    if odds.against_best_rival(position) >= model.possible or _agrees_throughout(pair):
        return Strength.POSSIBLE
    return None


def _suffices(pair: PairEvidence) -> bool:
    """Tell whether name and date can make a match definite: a full name and the exact full date of birth.

    The given name must be the same, since twins share everything else; the family name may be misspelt.
    """
    name = pair.name
    if name is None or name.given is None or name.family is None or name.is_swapped or name.middle_differs:
        return False
    return pair.date is DateLevel.EXACT and name.given.level is NameLevel.EXACT and name.family.level in _SAME_FAMILY


def _agrees_throughout(pair: PairEvidence) -> bool:
    """Tell whether all that can be compared agrees, two of given name, family name and date of birth at least.

    Such a record cannot be ruled out however common the name: to leave it out would be a silent no.
    """
    if pair.date not in _SAME_DATE:
        return False
    parts = [] if pair.name is None else [part for part in (pair.name.given, pair.name.family) if part is not None]
    if any(part.level not in _SAME_NAME for part in parts) or (pair.name is not None and pair.name.middle_differs):
        return False
    return len(parts) + (pair.date is not None) > 1
