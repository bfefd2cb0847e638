"""GET /v1/register: how current the register is, and for administrators what the last sync did."""

from typing import Any

import orjson
from flask import Blueprint, Response

from flagging.api.gate import EVERY_ROLE, admit, open_to
from flagging.api.services import services
from flagging.lookup.composing import standing_of
from flagging.policy.shapes import register_shape
from flagging.register.manifest import Counts
from flagging.terms import Role

blueprint = Blueprint("register", __name__)


@blueprint.get("/v1/register")
@open_to(EVERY_ROLE)
def show_register() -> Response:
    caller = admit()
    services().limiter.spend(caller.caller_id)
    return Response(orjson.dumps(_register(caller.role)), content_type="application/json")


def _register(role: Role) -> dict[str, Any]:
    register = services().register
    held = register.held
    standing = standing_of(held, register.freshness(held), register.clock())
    counts = held.edition.manifest.counts if held.edition else Counts(0, 0, 0)
    last_sync = held.last_sync
    if last_sync is not None:
        told = ("result", "at", "guard", "reason", "counts") if role is Role.ADMINISTRATOR else ("result", "at")
        last_sync = {name: last_sync.get(name) for name in told}
        if role is Role.ADMINISTRATOR:
            last_sync["report"] = register.last_report()
    return register_shape(standing.register) | {
        "counts": {"active": counts.active, "former": counts.former, "missing": counts.missing},
        "last_sync": last_sync,
    }
