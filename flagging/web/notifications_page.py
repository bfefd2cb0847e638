"""/notifications: who was told of people recognised, when, and what failed. For administrators."""

import contextlib
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response, render_template

from flagging.access.declared import open_to
from flagging.api.services import services
from flagging.errors import LedgerUnreachable
from flagging.notify.messages import Message, list_messages
from flagging.notify.outbox import EMAIL, WEBHOOK, State
from flagging.terms import Role
from flagging.web.gate import guarded
from flagging.web.layout import page


@dataclass(frozen=True, slots=True)
class Shown:
    """How a state is shown: its words, and the class of the tag they stand in."""

    words: str
    tag: str


STATES: Final = {
    State.WAITING: Shown("Waiting", "govuk-tag--yellow"),
    State.TOLD: Shown("Told", "govuk-tag--green"),
    State.GIVEN_UP: Shown("Given up", "govuk-tag--red"),
}
CHANNELS: Final = {EMAIL: "E-mail", WEBHOOK: "Webhook"}

blueprint = guarded(Blueprint("notifications_page", __name__))


@blueprint.get("/notifications")
@open_to(frozenset({Role.ADMINISTRATOR}))
def show() -> Response:
    """Show the newest; that the ledger cannot be asked is said, and is not that there are none."""
    messages: list[Message] | None = None
    ledger = services().ledger
    with contextlib.suppress(LedgerUnreachable):
        messages = list_messages(ledger.database, ledger.keyring)
    return page(render_template("web/notifications.html", messages=messages, states=STATES, channels=CHANNELS))
