"""Who on the register the person asked about is: candidates retrieved, scored, decided, put in order."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from flagging.errors import OutOfTime
from flagging.identity.person import Identity
from flagging.matching.bound import worth_scoring
from flagging.matching.decision import decide
from flagging.matching.index import CandidateIndex
from flagging.matching.match import Match, describe
from flagging.matching.model import Model
from flagging.matching.odds import Odds
from flagging.matching.score import Scored, Scorer
from flagging.record import Record
from flagging.terms import Status, Strength

# Candidates scored between two looks at the clock.
_SCORED_AT_ONCE = 32
# Up to so many candidates, scoring them is cheaper than finding out whom to leave out.
_FEW_CANDIDATES = 40
_ACTIVE, _FORMER, _NO_FLAG = 0, 1, 2
_RANKS = {
    (Strength.DEFINITE, Status.ACTIVE): 0,
    (Strength.POSSIBLE, Status.ACTIVE): 1,
    (Strength.DEFINITE, Status.FORMER): 2,
    (Strength.POSSIBLE, Status.FORMER): 3,
}


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Matches, best first; `truncated` when there were too many to tell them all."""

    matches: tuple[Match, ...]
    truncated: bool = False


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
    scored = _score_candidates(identity, index, model, is_out_of_time, all_of_them=False)
    tiers = [_tier(candidate.record, is_flag) for candidate in scored]
    told = []
    for tier in sorted(set(tiers)):
        rivals = [position for position, other in enumerate(tiers) if other <= tier]
        beside = [position for position, other in enumerate(tiers) if other <= max(tier, _FORMER)]
        odds = Odds([scored[position] for position in rivals], model, len(index))
        doubts = odds if beside == rivals else Odds([scored[position] for position in beside], model, len(index))
        for at, position in enumerate(rivals):
            if tiers[position] != tier:
                continue
            strength = decide(scored[position], at, odds, model)
            if strength is Strength.DEFINITE and doubts is not odds:
                strength = decide(scored[position], beside.index(position), doubts, model) or Strength.POSSIBLE
            if strength is not None:
                told.append(_Told(tier, scored[position], strength, odds.probability(at)))
    told.sort(key=_Told.order)
    matches = [
        describe(each.candidate, identity, each.strength, each.probability, model) for each in told[: model.most_told]
    ]
    return SearchResult(tuple(matches), truncated=len(told) > model.most_told)


class _Told(NamedTuple):
    """A candidate worth telling, and how it is ranked among the others."""

    tier: int
    candidate: Scored
    strength: Strength
    probability: float

    def order(self) -> tuple[bool, int, float, str]:
        record = self.candidate.record
        return self.tier == _NO_FLAG, _RANKS[self.strength, record.status], -self.candidate.bits, record.ppo_ref


def _tier(record: Record, is_flag: Callable[[Record], bool]) -> int:
    if not is_flag(record):
        return _NO_FLAG
    return _ACTIVE if record.status is Status.ACTIVE else _FORMER


def rank(identity: Identity, index: CandidateIndex, model: Model, limit: int = 5) -> tuple[Ranked, ...]:
    """Return the best candidates, told or not, best first: to measure recognition, never to answer with."""
    scored = _score_candidates(identity, index, model, lambda: False, all_of_them=True)
    odds = Odds(scored, model, len(index))
    best = sorted(range(len(scored)), key=lambda each: (-odds.probability(each), scored[each].record.ppo_ref))[:limit]
    return tuple(Ranked(scored[each].record, odds.probability(each), odds.weight_of_evidence(each)) for each in best)


def _score_candidates(
    identity: Identity, index: CandidateIndex, model: Model, is_out_of_time: Callable[[], bool], *, all_of_them: bool
) -> list[Scored]:
    scorer = Scorer(identity, index, model)
    rows = index.by_identity(identity)
    for persona in identity.personas:
        _look_at_the_clock(is_out_of_time)
        likes = index.likes_of(persona.name)
        alike = index.by_details(persona, likes)
        if len(alike) > _FEW_CANDIDATES and not all_of_them:
            alike = worth_scoring(alike, persona, likes, scorer)
        rows |= alike
    scored = []
    for number, row in enumerate(sorted(rows)):
        if number % _SCORED_AT_ONCE == 0:
            _look_at_the_clock(is_out_of_time)
        scored.append(scorer.score(index.records[row]))
    return scored


def _look_at_the_clock(is_out_of_time: Callable[[], bool]) -> None:
    if is_out_of_time():
        raise OutOfTime("candidates were left unsearched")
