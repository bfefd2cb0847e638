"""Signing in and out."""

from http import HTTPStatus
from typing import Final

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from flagging.access.declared import ANYBODY, EVERY_ROLE, open_to
from flagging.access.person import Person
from flagging.errors import CallersUnknown, TooManyRequests
from flagging.web.gate import browser, caller, find_signed_in, forms_with_drafts, guarded, person, place_to_go
from flagging.web.layout import first_page_of, page
from flagging.web.parts import parts
from flagging.web.records import LONGEST_USERNAME, address, record_refused, record_signed_in, record_signed_out

REFUSED: Final = "The username or the password is not right."

blueprint = guarded(Blueprint("sign_in", __name__))


@blueprint.get("/")
@open_to(ANYBODY)
def first_page() -> Response:
    """The first page of the person's role, or the form to sign in."""
    signed_in = find_signed_in()
    if signed_in is None:
        return _form()
    return redirect(first_page_of(signed_in.person.role), HTTPStatus.SEE_OTHER)


@blueprint.get("/sign-in")
@open_to(ANYBODY)
def ask() -> Response:
    return _form()


@blueprint.post("/sign-in")
@open_to(ANYBODY)
def sign_in() -> Response:
    username = request.form.get("username", "")[:LONGEST_USERNAME].strip()
    try:
        counted = parts().attempts.spend(username, address())
    except TooManyRequests as error:
        return refuse_attempt(error, username)
    found = _find_person(username, request.form.get("password", ""))
    if found is None:
        record_refused("wrong_username_or_password", username)
        return _form(REFUSED, HTTPStatus.UNPROCESSABLE_ENTITY)
    place = place_to_go()
    browser().sign_in(found)
    record_signed_in()
    parts().attempts.give_back(counted)
    return redirect(place, HTTPStatus.SEE_OTHER)


@blueprint.post("/sign-out")
@open_to(EVERY_ROLE)
def sign_out() -> Response:
    """Sign out here, or everywhere where the form says so; what was typed is forgotten."""
    everywhere, who, signed_in = "everywhere" in request.form, caller(), browser().signed_in
    digest = parts().sessions.digest_of(person())
    browser().sign_out(everywhere=everywhere)
    record_signed_out(who, everywhere=everywhere)
    # What only tidies up comes last: a Redis that does not answer it would not be asked to end the session.
    parts().drafts.drop(digest, *forms_with_drafts())
    if signed_in is not None:
        parts().answers.forget(signed_in)
    return redirect(url_for(".ask"), HTTPStatus.SEE_OTHER)


def refuse_attempt(error: TooManyRequests, username: str = "") -> Response:
    """Record an attempt too many, and show the form to sign in with the reason."""
    record_refused("too_many_attempts", username)
    response = _form("Too many attempts to sign in. Try again later.", HTTPStatus.TOO_MANY_REQUESTS)
    response.headers["Retry-After"] = str(error.retry_after)
    return response


def _find_person(username: str, password: str) -> Person | None:
    known = parts().access.access_list
    if known is None:
        raise CallersUnknown
    return parts().accounts.person(known, username, password)


def _form(fault: str = "", status: int = HTTPStatus.OK) -> Response:
    session.setdefault("started", True)  # a session for the CSRF secret to stand in
    html = render_template("web/sign_in.html", fault=fault, elsewhere=parts().elsewhere is not None)
    return page(html, status)
