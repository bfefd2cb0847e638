"""POST /v1/lookups and /v1/lookups/batch."""

from collections import Counter
from typing import Any, Final

import orjson
from flask import Blueprint, Response

from flagging import metrics
from flagging.access.caller import Caller
from flagging.api.gate import LOOKUP_ROLES, admit, open_to, read_json
from flagging.api.problems import PROBLEM_JSON, RETRY_SECONDS, problem_of, problem_of_reply
from flagging.api.services import services
from flagging.errors import Fault, FlaggingError, QuestionInvalid

MOST_BYTES_OF_A_LOOKUP: Final = 64 * 1024
MOST_BYTES_OF_A_BATCH: Final = 1024 * 1024

blueprint = Blueprint("lookups", __name__)


@blueprint.post("/v1/lookups")
@open_to(LOOKUP_ROLES)
def ask_one() -> Response:
    caller = admit()
    services().limiter.spend(caller.caller_id)
    status, body = _ask(read_json(MOST_BYTES_OF_A_LOOKUP), caller)
    if status == 200:  # noqa: PLR2004
        return Response(orjson.dumps(body), status, content_type="application/json")
    metrics.REFUSALS.labels(body["type"]).inc()
    response = Response(orjson.dumps(body), status, content_type=PROBLEM_JSON)
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


@blueprint.post("/v1/lookups/batch")
@open_to(LOOKUP_ROLES)
def ask_many() -> Response:
    caller = admit()
    items = services().reader.batch(read_json(MOST_BYTES_OF_A_BATCH))
    services().limiter.spend(caller.caller_id, len(items))
    times_used = Counter(item["id"] for item in items if isinstance(item.get("id"), str))
    answers = [_ask_item(item, times_used, caller) for item in items]
    return Response(orjson.dumps({"answers": answers}), content_type="application/json")


def _ask(body: Any, caller: Caller) -> tuple[int, dict[str, Any]]:
    reply = services().lookups.look_up(services().reader.question(body, caller), caller)
    return (200, reply.body) if reply.unconfirmed is None else (503, problem_of_reply(reply))


def _ask_item(item: dict[str, Any], times_used: Counter[str], caller: Caller) -> dict[str, Any]:
    """Answer one item of a batch; whatever is wrong with it stays with it."""
    item_id = item.pop("id", None)
    try:
        if not isinstance(item_id, str) or not item_id:
            raise QuestionInvalid([Fault("/id", "required: a text to tell the answer by")])
        if times_used[item_id] > 1:
            raise QuestionInvalid([Fault("/id", "used more than once: the answers could not be told apart")])
        status, body = _ask(item, caller)
    except FlaggingError as error:
        status, body = error.status, problem_of(error)
    shown_id = item_id if isinstance(item_id, str) else None
    return {"id": shown_id, "status": status, ("answer" if status == 200 else "problem"): body}  # noqa: PLR2004
