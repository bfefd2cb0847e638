"""Answers made up for the tests of measuring: whom was meant, whom was told, how sure."""

from flagging.identity.person import Identity
from flagging.matching.search import Ranked
from flagging.measure.asking import Answer
from flagging.measure.people import Query
from flagging.record import Record
from flagging.terms import Outcome, Status

FLAGGED, POSSIBLE, NOBODY = Outcome.FLAGGED, Outcome.POSSIBLE_MATCH, Outcome.NOT_ON_REGISTER


def answer(meant, outcome, *told, best=(), kinds="", retrieved=True, seconds=0.001):
    """Answer a question that means `meant` (None: nobody on the register); `best` pairs references and probabilities."""
    return Answer(
        query=Query("q", Identity(()), meant, tuple(kinds.split())),
        outcome=outcome,
        told=told,
        best=tuple(Ranked(Record(ref, Status.ACTIVE, Identity(())), probability, 0.0) for ref, probability in best),
        is_retrieved=retrieved,
        seconds=seconds,
    )
