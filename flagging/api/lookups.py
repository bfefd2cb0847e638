"""POST /v1/lookups and /v1/lookups/batch."""

import time
from collections import Counter
from typing import Any, Final

import orjson
from flask import Blueprint, Response, request

from flagging.access.caller import Caller
from flagging.access.declared import LOOKUP_ROLES, open_to
from flagging.api.asking import Owed, ask, charge, look_up, server_timing
from flagging.api.gate import admit, read_json, spend
from flagging.api.problems import problem_of, problem_of_reply, problem_of_unexpected, record_refusal, respond
from flagging.api.services import services
from flagging.errors import Fault, FlaggingError, QuestionInvalid, TooManyRequests
from flagging.lookup.lookups import Reply
from flagging.lookup.question import Question

MOST_BYTES_OF_A_LOOKUP: Final = 64 * 1024
MOST_BYTES_OF_A_BATCH: Final = 1024 * 1024
MOST_SECONDS_OF_A_BATCH: Final = 10.0
"""What has not been searched by then cannot be confirmed; its caller would not wait for it."""

blueprint = Blueprint("lookups", __name__)


@blueprint.post("/v1/lookups")
@open_to(LOOKUP_ROLES)
def ask_one() -> Response:
    caller = admit()
    spend(request.environ, services(), caller)
    return respond_to(ask(request.environ, services(), read_json(MOST_BYTES_OF_A_LOOKUP), caller))


def respond_to(reply: Reply) -> Response:
    if reply.unconfirmed is None:
        response = Response(orjson.dumps(reply.body), content_type="application/json")
    else:
        response = respond(problem_of_reply(reply))
    response.headers["Server-Timing"] = server_timing(reply.took)
    return response


@blueprint.post("/v1/lookups/batch")
@open_to(LOOKUP_ROLES)
def ask_many() -> Response:
    caller = admit()
    items: list[Any] = []
    try:
        items = services().reader.batch(read_json(MOST_BYTES_OF_A_BATCH))
    finally:  # a batch that cannot be read costs as much as one lookup
        spend(request.environ, services(), caller, max(1, len(items)))
    until = time.perf_counter_ns() + MOST_SECONDS_OF_A_BATCH * 1e9
    asked = _operators_charged(_questions(items, caller))
    owed: Owed = []  # no item is refused for what others of the same batch cost
    answers = [_answer_item(item, question, caller, until, owed) for item, question in zip(items, asked, strict=True)]
    charge(request.environ, services(), caller, owed)
    return Response(orjson.dumps({"answers": answers}), content_type="application/json")


def _questions(items: list[Any], caller: Caller) -> list[Question | Exception]:
    """Read each item's question, or what is wrong with it."""
    times_used = Counter(item_id for item in items if isinstance(item_id := _id_of(item), str))
    asked: list[Question | Exception] = []
    for item in items:
        try:
            asked.append(services().reader.question(_body_of(item, times_used), caller))
        except Exception as error:  # noqa: BLE001 the others of a van are answered all the same
            asked.append(error)
    return asked


def _operators_charged(asked: list[Question | Exception]) -> list[Question | Exception]:
    """Charge operators for all that they ask in a batch, and return what is asked or speaks against it.

    At once, so that none of it is refused for what another batch of theirs comes to owe meanwhile.
    """
    refused: dict[str, TooManyRequests] = {}
    for operator, times in Counter(each.operator for each in asked if isinstance(each, Question)).items():
        try:
            services().operator_limiter.spend(operator, times)
        except TooManyRequests as error:
            refused[operator] = error
    return [refused.get(each.operator, each) if isinstance(each, Question) else each for each in asked]


def _answer_item(item: Any, asked: Question | Exception, caller: Caller, until: float, owed: Owed) -> dict[str, Any]:
    """Answer one item of a batch; whatever is wrong with it stays with it."""
    if isinstance(asked, Exception):
        status, body = _told_of(asked)
    else:
        try:
            reply = look_up(request.environ, services(), asked, caller, until, owed)
            status, body = (200, reply.body) if reply.unconfirmed is None else (503, problem_of_reply(reply))
        except Exception as error:  # noqa: BLE001 the others of a van are answered all the same
            status, body = _told_of(error)
    item_id = _id_of(item)
    shown_id = item_id if isinstance(item_id, str) else None
    return {"id": shown_id, "status": status, ("answer" if status == 200 else "problem"): body}  # noqa: PLR2004


def _told_of(error: Exception) -> tuple[int, dict[str, Any]]:
    """Put on record or log what speaks against one item, and return the status and the problem it is told as."""
    if isinstance(error, FlaggingError):
        record_refusal(error)
        return error.status, problem_of(error)
    return 500, problem_of_unexpected(error)


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
