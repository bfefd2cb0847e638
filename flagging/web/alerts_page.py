"""/alerts: look-ups to be repeated, because the register has changed since. The new look-up says what."""

import contextlib
from dataclasses import dataclass, field

from flask import Blueprint, Response, render_template, url_for

from flagging.access.declared import LOOKUP_ROLES, open_to
from flagging.api.services import services
from flagging.errors import LedgerUnreachable
from flagging.notify.alerts import Alert
from flagging.terms import Setting
from flagging.web.asking import Answered, about_whom
from flagging.web.gate import caller, guarded
from flagging.web.keeping import find_each_kept
from flagging.web.layout import page

blueprint = guarded(Blueprint("alerts_page", __name__))


@dataclass(frozen=True, slots=True)
class Row:
    """One look-up to repeat. `about` says whom it was about, `address` is the form filled in as it was then: both only
    for whoever asked, in the session in which they did.
    """

    alert: Alert
    about: str = field(default="", repr=False)
    address: str | None = None


@blueprint.get("/alerts")
@open_to(LOOKUP_ROLES)
def show() -> Response:
    """Show the alerts of whoever is signed in; that they could not be looked for is said, and is not none."""
    rows: list[Row] | None = None
    with contextlib.suppress(LedgerUnreachable):
        rows = _rows(services().alerts.alerts_for(caller()))
    return page(render_template("web/alerts.html", rows=rows))


def _rows(alerts: list[Alert]) -> list[Row]:
    kept = find_each_kept([alert.lookup_id for alert in alerts])
    return [_row(alert, kept.get(alert.lookup_id)) for alert in alerts]


def _row(alert: Alert, answered: Answered | None) -> Row:
    if answered is None:
        return Row(alert)
    is_arrest = alert.setting == Setting.ARREST
    return Row(alert, about_whom(answered), url_for("check.show", again=alert.lookup_id) if is_arrest else None)
