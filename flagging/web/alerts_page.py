"""/alerts: look-ups to be repeated, because the register has changed since. The new look-up says what."""

import contextlib
from typing import TYPE_CHECKING

from flask import Blueprint, Response, render_template

from flagging.access.declared import LOOKUP_ROLES, open_to
from flagging.api.services import services
from flagging.errors import LedgerUnreachable
from flagging.web.gate import caller, guarded
from flagging.web.layout import page

if TYPE_CHECKING:
    from flagging.notify.alerts import Alert

blueprint = guarded(Blueprint("alerts_page", __name__))


@blueprint.get("/alerts")
@open_to(LOOKUP_ROLES)
def show() -> Response:
    """Show the alerts of whoever is signed in; that they could not be looked for is said, and is not none."""
    alerts: list[Alert] | None = None
    with contextlib.suppress(LedgerUnreachable):
        alerts = services().alerts.alerts_for(caller())
    return page(render_template("web/alerts.html", alerts=alerts))
