"""Who on the register the person asked about is: candidates retrieved, scored, decided, put in order."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from flagging.identity.person import Identity
from flagging.matching.candidates import Candidates
from flagging.matching.decision import decide
from flagging.matching.index import CandidateIndex
from flagging.matching.match import Match, describe
from flagging.matching.model import Model
from flagging.matching.odds import NOBODY_UNSCORED, Odds, Unscored, Weighed, weigh
from flagging.matching.rivals import Rival, sum_up
from flagging.matching.score import Scored, Scorer
from flagging.record import Record
from flagging.terms import Status, Strength

_ACTIVE: Final = 0
_FORMER: Final = 1
_NO_FLAG: Final = 2
# Of the odds of whoever is likeliest: rivals who come to no more together hardly ever change what is told.
_NEGLIGIBLE: Final = 0.01
HELD_TWICE: Final = "another record of the same person, found through the one that fits"
_RANKS: Final = {
    (Strength.DEFINITE, Status.ACTIVE): 0,
    (Strength.POSSIBLE, Status.ACTIVE): 1,
    (Strength.DEFINITE, Status.FORMER): 2,
    (Strength.POSSIBLE, Status.FORMER): 3,
}


class SearchResult(NamedTuple):
    """Matches, best first; `truncated` when there were too many to tell them all."""

    matches: tuple[Match, ...]
    truncated: bool = False


_NOBODY: Final = SearchResult(())


@dataclass(frozen=True, slots=True)
class Ranked:
    """A scored candidate, whether or not it is worth telling; `bits` as in `Odds.weight_of_evidence`."""

    record: Record
    probability: float
    bits: float


def search(
    identity: Identity,
    index: CandidateIndex,
    model: Model,
    is_out_of_time: Callable[[], bool],
    is_flag: Callable[[Record], bool] = lambda _record: True,
) -> SearchResult:
    """Return everybody worth telling: definite active, possible active, definite former, possible former; last of all
    records that are no flag.

    Nobody is ruled out by a rival who matters less: an active PPO only by other active ones, though a former PPO who
    fits as well leaves the active one no more than possible. A record that is no flag is nobody's rival but its own
    kind's: it could otherwise turn a PPO into a no, and tell of itself by that.
    Raises OutOfTime once `is_out_of_time` says so: half a search proves nothing.
    """
    told = _find_told(Candidates(identity, index, model, is_out_of_time), index, model, is_flag)
    if not told:
        return _NOBODY
    matches = [describe(each.candidate, identity, each.strength, model) for each in told[: model.most_told]]
    return SearchResult(tuple(matches), truncated=len(told) > model.most_told)


def match_as_one(record: Record, found: Match, identity: Identity, index: CandidateIndex, model: Model) -> Match:
    """Return the match that another record of somebody found is, whatever it has in common with the question."""
    match = describe(Scorer(identity, index, model).score(record), identity, found.strength, model)
    return match._replace(warnings=(*match.warnings, HELD_TWICE))


class _Told(NamedTuple):
    """A candidate worth telling, and how it is ranked among the others."""

    tier: int
    candidate: Scored
    strength: Strength

    def order(self) -> tuple[bool, int, float, str]:
        record = self.candidate.record
        return self.tier == _NO_FLAG, _RANKS[self.strength, record.status], -self.candidate.bits, record.ppo_ref


def _tier(record: Record, is_flag: Callable[[Record], bool]) -> int:
    if not is_flag(record):
        return _NO_FLAG
    return _ACTIVE if record.status is Status.ACTIVE else _FORMER


def _find_told(
    candidates: Candidates, index: CandidateIndex, model: Model, is_flag: Callable[[Record], bool]
) -> list[_Told]:
    """Return those worth telling, in order. Rivals count, however weak; but they are scored only where what they may
    come to at most makes a difference: first those who may come to most.
    """
    weighed = _weigh(candidates.worth_scoring(), index, model)
    told = _tell(weighed, index, model, is_flag) if weighed else []
    # Where nobody is told without rivals, nobody is with them.
    if not told:
        return []
    scored, rivals = candidates.rest()
    if not scored and not rivals:
        return told
    weighed += _weigh(scored, index, model)
    decided = _tell_beside(rivals, weighed, index, model, is_flag)
    if decided is None:
        telling, negligible = _part(rivals, _NEGLIGIBLE * max([each.demographic for each in weighed]))
        weighed += _weigh(candidates.score(telling), index, model)
        decided = _tell_beside(negligible, weighed, index, model, is_flag)
    return _tell(_weigh(candidates.all(), index, model), index, model, is_flag) if decided is None else decided


def _weigh(scored: Iterable[Scored], index: CandidateIndex, model: Model) -> list[Weighed]:
    return [weigh(candidate, model, index) for candidate in scored]


def _part(rivals: list[Rival], negligible: float) -> tuple[list[Rival], list[Rival]]:
    """Part rivals into those who may come to most and all others, who come to no more together than is negligible."""
    in_order = sorted(rivals, key=lambda each: (each.together, each.alone, each.row))
    left, number = 0.0, 0
    while number < len(in_order) and left + in_order[number].together <= negligible:
        left += in_order[number].together
        number += 1
    return in_order[number:], in_order[:number]


def _tell_beside(
    rivals: list[Rival],
    weighed: Sequence[Weighed],
    index: CandidateIndex,
    model: Model,
    is_flag: Callable[[Record], bool],
) -> list[_Told] | None:
    """Return those worth telling beside rivals who are not scored; None where that depends on what they come to."""
    unscored = sum_up(rivals)
    # All that rests on the odds of rivals goes one way, from nothing to the most. One of them may also be somebody told
    # who is held twice, and adds to his odds: never by more than if so much were taken from the others'.
    one_way = _tell(weighed, index, model, is_flag, unscored._replace(likeliest=0.0))
    if not rivals:
        return one_way
    other_way = _tell(weighed, index, model, is_flag, unscored._replace(together=-unscored.together))
    # Evidence has no equality of its own: both ways tell of the very same candidates, as each is weighed once.
    return one_way if one_way == other_way else None


def _tell(
    weighed: Sequence[Weighed],
    index: CandidateIndex,
    model: Model,
    is_flag: Callable[[Record], bool],
    unscored: Unscored = NOBODY_UNSCORED,
) -> list[_Told]:
    """Return those of the candidates who are worth telling, in order."""
    tiers = [_tier(each.candidate.record, is_flag) for each in weighed]
    told = []
    for tier in sorted(set(tiers)):
        rivals = [position for position, other in enumerate(tiers) if other <= tier]
        beside = [position for position, other in enumerate(tiers) if other <= max(tier, _FORMER)]
        odds = Odds([weighed[position] for position in rivals], model, index, unscored)
        doubts = odds if beside == rivals else Odds([weighed[position] for position in beside], model, index, unscored)
        for at, position in enumerate(rivals):
            if tiers[position] != tier:
                continue
            candidate = weighed[position].candidate
            strength = decide(candidate, at, odds, model)
            if strength is Strength.DEFINITE and doubts is not odds:
                strength = decide(candidate, beside.index(position), doubts, model) or Strength.POSSIBLE
            if strength is not None:
                told.append(_Told(tier, candidate, strength))
    return sorted(told, key=_Told.order)


def rank(identity: Identity, index: CandidateIndex, model: Model, limit: int = 5) -> tuple[Ranked, ...]:
    """Return the best candidates, told or not, best first: to measure recognition, never to answer with."""
    scored = Candidates(identity, index, model, lambda: False).all()
    odds = Odds(_weigh(scored, index, model), model, index)
    best = sorted(range(len(scored)), key=lambda each: (-odds.probability(each), scored[each].record.ppo_ref))[:limit]
    return tuple(Ranked(scored[each].record, odds.probability(each), odds.weight_of_evidence(each)) for each in best)
