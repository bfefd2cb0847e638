"""Signing in at an OpenID Connect provider: the way there and the way back."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import structlog
from flask import Blueprint, redirect, request, session, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from flagging.access.declared import ANYBODY, open_to
from flagging.errors import ProviderBusy, ProviderUnknown, SignInRefused, TooManyRequests
from flagging.web.gate import browser, guarded, place_to_go
from flagging.web.parts import parts
from flagging.web.records import address, record_refused, record_signed_in
from flagging.web.sign_in import refuse_attempt

if TYPE_CHECKING:
    from flagging.access.openid.people import PeopleSignIn

PENDING: Final = "pending"

blueprint = guarded(Blueprint("sign_in_elsewhere", __name__))
log = structlog.get_logger(__name__)


@blueprint.get("/sign-in/elsewhere")
@open_to(ANYBODY)
def leave() -> Response:
    """Send the browser to the provider; it holds, sealed, what only this sign-in may bring back."""
    address, session[PENDING] = _provider().begin(url_for(".come_back", _external=True))
    return redirect(address, HTTPStatus.SEE_OTHER)


@blueprint.get("/sign-in/back")
@open_to(ANYBODY)
def come_back() -> Response:
    """Sign in whom the provider vouches for. What the browser brought is good once, also if it is refused.

    Where others wait for the provider it was not asked, so that loading the page again does. Each time that it is asked
    counts as an attempt to come back from the address, unless it vouches for somebody or cannot say.
    """
    pending, provider = session.pop(PENDING, {}), _provider()
    try:
        # Only what this browser began counts: pages elsewhere that lead people here use up no attempts of theirs.
        code = provider.code_in(pending, request.args.to_dict())
        counted = parts().attempts.spend(None, address())
    except TooManyRequests as error:
        return refuse_attempt(error)
    except SignInRefused as error:
        record_refused(f"provider: {error}")
        raise
    try:
        person = provider.finish(pending, code, url_for(".come_back", _external=True))
    except ProviderUnknown as error:
        if isinstance(error, ProviderBusy):
            session[PENDING] = pending
        parts().attempts.give_back(counted)
        raise
    except SignInRefused as error:
        record_refused(f"provider: {error}")
        raise
    parts().attempts.give_back(counted)
    place = place_to_go()
    browser().sign_in(person)
    record_signed_in()
    return redirect(place, HTTPStatus.SEE_OTHER)


def _provider() -> "PeopleSignIn":
    found = parts().elsewhere
    if found is None:
        raise NotFound
    return found
