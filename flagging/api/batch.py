"""Many lookups asked at once: each is answered by itself, and none is refused for what the others cost.

That is charged once all are answered. One that costs much, and finds no turn at that, is asked last and
anew: no other's answer waits for it, and it is answered from the edition that is current by then.
"""

import time
from collections import Counter
from typing import Any, Final

from flask import request

from flagging.access.caller import Caller
from flagging.api.asking import charge
from flagging.api.problems import problem_of, problem_of_reply, problem_of_unexpected, record_refusal
from flagging.api.services import services
from flagging.errors import Fault, FlaggingError, OutOfTime, QuestionInvalid, TooManyRequests
from flagging.lookup.costly import Turn
from flagging.lookup.question import Question

MOST_SECONDS: Final = 10.0
"""What has not been searched by then cannot be confirmed; its caller would not wait for it."""
MOST_SECONDS_OF_WAITING: Final = 4.0
"""Of a batch, for turns: meanwhile it has a thread that somebody else's could have."""

Told = tuple[int, dict[str, Any]]
"""The status of an item, and its answer or problem."""


def answer_batch(items: list[Any], caller: Caller) -> list[dict[str, Any]]:
    """Answer items in their order; whatever is wrong with one stays with it."""
    batch = _Batch(caller)
    asked = _within_operators_rates(_read(items, caller))
    told = [batch.ask(each) if isinstance(each, Question) else each for each in asked]
    for place, question in enumerate(asked):
        if told[place] is None and isinstance(question, Question):
            told[place] = batch.ask_at_turn(question)
    batch.charge()
    return [_named(item, each) for item, each in zip(items, told, strict=True) if each is not None]


class _Batch:
    """What the items of one batch share: its caller, its time, and what they cost."""

    def __init__(self, caller: Caller) -> None:
        self._caller: Final = caller
        self._until: Final = time.perf_counter_ns() + MOST_SECONDS * 1e9
        self._patience = MOST_SECONDS_OF_WAITING
        self._took: list[tuple[str, int]] = []

    def ask(self, question: Question) -> Told | None:
        """Return what is told of a question; nothing if it has to wait for its turn."""
        try:
            return self._look_up(question, Turn.LATER, self._until)
        except TooManyRequests:
            return None
        except Exception as error:  # noqa: BLE001 the others of a van are answered all the same
            return _told_of(error)

    def ask_at_turn(self, question: Question) -> Told:
        """Return what is told of a question once it has its turn; if none comes, what one alone would be told."""
        turns, who = services().lookups.costly, self._caller.caller_id
        began = time.perf_counter_ns()
        try:
            turns.wait_for(who, min(self._patience, (self._until - began) / 1e9))
        except TooManyRequests as error:
            return _told_of(error)
        except OutOfTime:
            return self._told_by(question, Turn.AT_ONCE, began)
        finally:
            self._patience -= (time.perf_counter_ns() - began) / 1e9
        try:
            return self._told_by(question, Turn.HELD, self._until)
        finally:
            turns.give_back(who)

    def _told_by(self, question: Question, turn: Turn, until: float) -> Told:
        try:
            return self._look_up(question, turn, until)
        except Exception as error:  # noqa: BLE001 the others of a van are answered all the same
            return _told_of(error)

    def _look_up(self, question: Question, turn: Turn, until: float) -> Told:
        began = time.thread_time_ns()
        try:
            reply = services().lookups.look_up(question, self._caller, until, turn)
        finally:
            self._took.append((question.operator, time.thread_time_ns() - began))
        return (200, reply.body) if reply.unconfirmed is None else (503, problem_of_reply(reply))

    def charge(self) -> None:
        for operator, took in self._took:
            charge(request.environ, services(), self._caller, operator, took)


def _read(items: list[Any], caller: Caller) -> list[Question | Told]:
    """Return the question of each item, or what is told of one that cannot be read."""
    times_used = Counter(item_id for item in items if isinstance(item_id := _id_of(item), str))
    return [_read_one(item, times_used, caller) for item in items]


def _read_one(item: Any, times_used: Counter[str], caller: Caller) -> Question | Told:
    try:
        return services().reader.question(_body_of(item, times_used), caller)
    except Exception as error:  # noqa: BLE001 the others of a van are answered all the same
        return _told_of(error)


def _within_operators_rates(read: list[Question | Told]) -> list[Question | Told]:
    """Take from operators' rates all that they ask, of each all or none; return what may be asked.

    At once, so that none of it is refused for what another batch of theirs comes to owe meanwhile.
    """
    refused: dict[str, int] = {}
    for operator, times in Counter(each.operator for each in read if isinstance(each, Question)).items():
        try:
            services().operator_limiter.spend(operator, times)
        except TooManyRequests as error:
            refused[operator] = error.retry_after
    return [
        _told_of(TooManyRequests(refused[each.operator]))
        if isinstance(each, Question) and each.operator in refused
        else each
        for each in read
    ]


def _told_of(error: Exception) -> Told:
    """Put on record or log what speaks against an item, and return what is told of it."""
    if isinstance(error, FlaggingError):
        record_refusal(error)
        return error.status, problem_of(error)
    return 500, problem_of_unexpected(error)


def _named(item: Any, told: Told) -> dict[str, Any]:
    status, body = told
    item_id = _id_of(item)
    shown_id = item_id if isinstance(item_id, str) else None
    return {"id": shown_id, "status": status, ("answer" if status == 200 else "problem"): body}  # noqa: PLR2004


def _body_of(item: Any, times_used: Counter[str]) -> dict[str, Any]:
    """Return what an item asks, without its id; raise QuestionInvalid if its answer could not be told by that."""
    if not isinstance(item, dict):
        raise QuestionInvalid([Fault("", "must be an object")])
    item_id = _id_of(item)
    if not isinstance(item_id, str) or not item_id:
        raise QuestionInvalid([Fault("/id", "required: a text to tell the answer by")])
    if times_used[item_id] > 1:
        raise QuestionInvalid([Fault("/id", "used more than once: the answers could not be told apart")])
    return {name: value for name, value in item.items() if name != "id"}


def _id_of(item: Any) -> Any:
    return item.get("id") if isinstance(item, dict) else None
