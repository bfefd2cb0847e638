"""Who on the register the person asked about is: candidates retrieved, scored, decided, put in order."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from flagging.identity.person import Identity
from flagging.matching.candidates import Candidates
from flagging.matching.decision import Settled, decide, settle
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
# Rivals scored first where what they may come to decides; then twice as many again.
_SCORED_FIRST: Final = 2
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


class _Considered:
    """A candidate weighed; `settled` where he may be told, however many rivals he has."""

    __slots__ = ("settled", "tier", "weighed")

    def __init__(self, weighed: Weighed, tier: int, settled: Settled | None) -> None:
        self.weighed: Final = weighed
        self.tier: Final = tier
        self.settled: Final = settled


class _Telling:
    """Who of one question's candidates is worth telling."""

    def __init__(self, index: CandidateIndex, model: Model, is_flag: Callable[[Record], bool]) -> None:
        self._index = index
        self._model = model
        self._is_flag = is_flag
        self._considered: list[_Considered] = []

    def consider(self, scored: Iterable[Scored]) -> None:
        """Let further candidates be told, and count as rivals of all others."""
        for candidate in scored:
            weighed = weigh(candidate, self._model, self._index)
            settled = settle(weighed, self._model)
            self._considered.append(_Considered(weighed, self._tier(candidate.record), settled))

    def _tier(self, record: Record) -> int:
        if not self._is_flag(record):
            return _NO_FLAG
        return _ACTIVE if record.status is Status.ACTIVE else _FORMER

    def tell_beside(self, rivals: Sequence[Rival]) -> list[_Told] | None:
        """Return those worth telling beside rivals who are not scored; None where it depends on what they come to."""
        unscored = sum_up(rivals)
        # All that rests on the odds of rivals goes one way, from nothing to the most. One of them may also be somebody
        # told who is held twice, and adds to his odds: never by more than if so much were taken from the others'.
        one_way = self.tell(unscored._replace(likeliest=0.0))
        if not rivals:
            return one_way
        other_way = self.tell(unscored._replace(together=-unscored.together))
        # Evidence has no equality of its own: both ways tell of the very same candidates, as each is weighed once.
        return one_way if one_way == other_way else None

    def tell(self, unscored: Unscored = NOBODY_UNSCORED) -> list[_Told]:
        """Return those of the candidates who are worth telling, in order."""
        told = []
        for tier in sorted({each.tier for each in self._considered if each.settled is not None}):
            rivals = self._up_to(tier)
            beside = rivals if tier >= _FORMER else self._up_to(_FORMER)
            odds = self._odds(rivals, unscored)
            doubts = odds if len(beside) == len(rivals) else None
            for at, each in enumerate(rivals):
                if each.tier != tier or each.settled is None:
                    continue
                strength = decide(each.settled, at, odds, self._model)
                if strength is Strength.DEFINITE and doubts is not odds:
                    doubts = doubts or self._odds(beside, unscored)
                    strength = decide(each.settled, beside.index(each), doubts, self._model) or Strength.POSSIBLE
                if strength is not None:
                    told.append(_Told(tier, each.settled.candidate, strength))
        return sorted(told, key=_Told.order)

    def _up_to(self, tier: int) -> list[_Considered]:
        return [each for each in self._considered if each.tier <= tier]

    def _odds(self, considered: list[_Considered], unscored: Unscored) -> Odds:
        return Odds([each.weighed for each in considered], self._model, self._index, unscored)


def _find_told(
    candidates: Candidates, index: CandidateIndex, model: Model, is_flag: Callable[[Record], bool]
) -> list[_Told]:
    """Return those worth telling, in order. Rivals count, however weak; but they are scored only where what they may
    come to at most makes a difference: first those who may come to most.
    """
    telling = _Telling(index, model, is_flag)
    telling.consider(candidates.worth_scoring())
    told = telling.tell()
    # Where nobody is told without rivals, nobody is with them.
    if not told:
        return []
    scored, rivals = candidates.rest()
    if not scored and not rivals:
        return told
    telling.consider(scored)
    decided = telling.tell_beside(rivals)
    if decided is None:
        rivals = sorted(rivals, key=lambda each: (-each.together, -each.alone, each.row))
    number = _SCORED_FIRST
    while decided is None:
        telling.consider(candidates.score(rivals[:number]))
        rivals = rivals[number:]
        decided = telling.tell_beside(rivals)
        number *= 2
    return decided


def rank(identity: Identity, index: CandidateIndex, model: Model, limit: int = 5) -> tuple[Ranked, ...]:
    """Return the best candidates, told or not, best first: to measure recognition, never to answer with."""
    scored = Candidates(identity, index, model, lambda: False).all()
    odds = Odds([weigh(each, model, index) for each in scored], model, index)
    best = sorted(range(len(scored)), key=lambda each: (-odds.probability(each), scored[each].record.ppo_ref))[:limit]
    return tuple(Ranked(scored[each].record, odds.probability(each), odds.weight_of_evidence(each)) for each in best)
