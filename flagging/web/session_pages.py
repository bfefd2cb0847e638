"""What the pages' script asks for: staying signed in, and keeping what a form holds before the session ends."""

from http import HTTPStatus

from flask import Blueprint, abort, request
from werkzeug.wrappers import Response

from flagging.access.declared import EVERY_ROLE, LOOKUP_ROLES, open_to
from flagging.web.gate import forms_with_drafts, guarded, keep_draft

blueprint = guarded(Blueprint("session_pages", __name__))


@blueprint.post("/session/stay")
@open_to(EVERY_ROLE)
def stay() -> Response:
    """Being admitted is all it takes: the session goes on for another idle time."""
    return Response(status=HTTPStatus.NO_CONTENT)


@blueprint.post("/drafts/<form>")
@open_to(LOOKUP_ROLES)
def keep(form: str) -> Response:
    """Keep a half-filled form for its person; 503 where it cannot be kept."""
    if form not in forms_with_drafts():
        abort(HTTPStatus.NOT_FOUND)
    return Response(status=HTTPStatus.NO_CONTENT if keep_draft(form, request.form) else HTTPStatus.SERVICE_UNAVAILABLE)
