"""Putting one question to a register as a lookup does, and keeping all that can be measured of the answer."""

from collections.abc import Callable
from dataclasses import dataclass

from flagging.matching.index import CandidateIndex
from flagging.matching.model import Model
from flagging.matching.search import Ranked, rank, search
from flagging.measure.people import Query
from flagging.policy.outcome import decide_outcome
from flagging.terms import Outcome

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one question.

    `told` are the references a caller would be told of, best first; `best` the best five candidates, told or not.
    `is_retrieved` says whether blocking brought up the person who is meant, whatever scoring made of it; `seconds` is
    the time from identity to outcome.
    """

    query: Query
    outcome: Outcome
    told: tuple[str, ...]
    best: tuple[Ranked, ...]
    is_retrieved: bool
    seconds: float

    @property
    def is_flagged(self) -> bool:
        return self.outcome is Outcome.FLAGGED

    @property
    def is_right_first(self) -> bool:
        """Tell whether the first person told is the one who is meant."""
        return self.query.true_id is not None and self.told[:1] == (self.query.true_id,)

    @property
    def is_told(self) -> bool:
        """Tell whether the one who is meant is among those told."""
        return self.query.true_id in self.told


def ask(query: Query, index: CandidateIndex, model: Model, clock: Clock) -> Answer:
    """Answer one question; every record of these files counts as an active PPO."""
    began = clock()
    matches = search(query.identity, index, model, _never).matches
    verdict = decide_outcome([(match.strength, match.record.status, True) for match in matches])
    seconds = clock() - began
    return Answer(
        query=query,
        outcome=verdict.outcome,
        told=tuple(matches[position].record.ppo_ref for position in verdict.order),
        best=rank(query.identity, index, model),
        is_retrieved=_is_retrieved(query, index),
        seconds=seconds,
    )


def _is_retrieved(query: Query, index: CandidateIndex) -> bool:
    if query.true_id is None:
        return False
    rows = index.retrieve(query.identity, _never)
    return any(index.records[row].ppo_ref == query.true_id for row in rows)


def _never() -> bool:
    return False
