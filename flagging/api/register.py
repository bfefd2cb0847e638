"""GET /v1/register: how current the register is, and for administrators how the last syncs went."""

from typing import Any, Final

import orjson
from flask import Blueprint, Response, abort

from flagging.access.declared import EVERY_ROLE, open_to
from flagging.api.gate import admit
from flagging.api.services import services
from flagging.lookup.composing import standing_of
from flagging.policy.shapes import register_shape
from flagging.register.kept_report import summary
from flagging.register.manifest import Counts
from flagging.terms import Role

ADMINISTRATOR: Final = frozenset({Role.ADMINISTRATOR})
_FOR_ALL: Final = ("result", "at")
_FOR_ADMINISTRATORS: Final = (*_FOR_ALL, "guard", "reason", "forced", "counts")

blueprint = Blueprint("register", __name__)


@blueprint.get("/v1/register")
@open_to(EVERY_ROLE)
def show_register() -> Response:
    caller = admit()
    services().limiter.spend(caller.caller_id)
    return _json(register_status(caller.role))


@blueprint.get("/v1/register/reports/<report_id>")
@open_to(ADMINISTRATOR)
def show_report(report_id: str) -> Response:
    """One of the kept reports that GET /v1/register lists, in full."""
    services().limiter.spend(admit().caller_id)
    found = [report for report in services().register.reports() if report.get("id") == report_id]
    return _json(found[0]) if found else abort(404)


def register_status(role: Role) -> dict[str, Any]:
    """Return what a role is told of the register."""
    register = services().register
    held = register.held
    standing = standing_of(held, register.freshness(held), register.clock())
    counts = held.edition.manifest.counts if held.edition else Counts(0, 0, 0)
    told = register_shape(standing.register) | {
        "counts": {"active": counts.active, "former": counts.former, "missing": counts.missing}
    }
    if role is not Role.ADMINISTRATOR:
        return told | {"last_sync": held.last_sync and {name: held.last_sync.get(name) for name in _FOR_ALL}}
    reports = register.reports()
    return told | {
        "holds": bool(held.pointer and held.pointer.hold),
        "last_sync": held.last_sync and _last_sync(held.last_sync, reports),
        "reports": [summary(report) for report in reports],
    }


def _last_sync(note: dict[str, Any], reports: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what an administrator is told of the last sync, with the report that told what its list says."""
    report = next((report for report in reports if report.get("id") == note.get("report")), None)
    return {name: note.get(name) for name in _FOR_ADMINISTRATORS} | {"report": report}


def _json(document: dict[str, Any]) -> Response:
    return Response(orjson.dumps(document), content_type="application/json")
