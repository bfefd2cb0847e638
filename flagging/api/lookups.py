"""POST /v1/lookups and /v1/lookups/batch."""

from typing import Any, Final

import orjson
from flask import Blueprint, Response, request

from flagging.access.declared import LOOKUP_ROLES, open_to
from flagging.api.asking import ask, server_timing
from flagging.api.batch import answer_batch
from flagging.api.gate import admit, read_json, spend
from flagging.api.problems import problem_of_reply, respond
from flagging.api.services import services
from flagging.lookup.lookups import Reply

MOST_BYTES_OF_A_LOOKUP: Final = 64 * 1024
MOST_BYTES_OF_A_BATCH: Final = 1024 * 1024

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
    return Response(orjson.dumps({"answers": answer_batch(items, caller)}), content_type="application/json")
