"""GET /v1/alerts: earlier lookups of this caller whose answer has changed since. It says to look again, and no more."""

import orjson
from flask import Blueprint, Response, abort

from flagging.access.declared import LOOKUP_ROLES, open_to
from flagging.api.gate import admit
from flagging.api.services import services
from flagging.errors import SpoolUnwritable

blueprint = Blueprint("alerts", __name__)


@blueprint.get("/v1/alerts")
@open_to(LOOKUP_ROLES)
def show_alerts() -> Response:
    caller = admit()
    services().limiter.spend(caller.caller_id)
    try:
        alerts = services().alerts.alerts_for(caller)
    except SpoolUnwritable:
        abort(503)
    return Response(orjson.dumps({"alerts": [alert.as_dict() for alert in alerts]}), content_type="application/json")
