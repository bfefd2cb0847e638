"""The way in: which roles an address is open to, who is calling, how often, and what they sent.

Deny by default: an address without a declaration answers nobody.
"""

import re
from collections.abc import Callable
from typing import Any, Final

import orjson
from flask import Flask, Response, current_app, g, request
from ulid import ULID
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from flagging.access.caller import Caller
from flagging.api.services import services
from flagging.errors import CallersUnknown, Forbidden, Unauthenticated
from flagging.terms import Role

REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")
EVERY_ROLE: Final = frozenset(Role)
LOOKUP_ROLES: Final = frozenset({Role.CUSTODY, Role.ARREST_REFERRAL, Role.PRISON})
ANYBODY: Final[frozenset[Role]] = frozenset()

View = Callable[..., Response]


def open_to(roles: frozenset[Role]) -> Callable[[View], View]:
    """Declare which roles may call an address; ANYBODY needs no token."""

    def declare(view: View) -> View:
        view.roles = roles  # type: ignore[attr-defined]
        return view

    return declare


def declared_roles(app: Flask, endpoint: str) -> frozenset[Role] | None:
    """Return the roles an endpoint was declared open to; None if nobody declared any."""
    return getattr(app.view_functions[endpoint], "roles", None)


def admit() -> Caller:
    """Return the caller of this request.

    Raises Unauthenticated without a valid token, Forbidden where the address is not open to the caller's role, and
    CallersUnknown while this process has never seen an access list: that is our fault, not a wrong token.
    """
    if services().access.book is None:
        raise CallersUnknown
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    caller = services().access.caller(token.strip()) if scheme.lower() == "bearer" else None
    if caller is None:
        raise Unauthenticated("send 'Authorization: Bearer TOKEN' with a token that is in use")
    roles = declared_roles(current_app, request.endpoint or "")
    if roles is None or caller.role not in roles:
        raise Forbidden("this address is not open to the caller's role")
    return caller


def read_json(most_bytes: int) -> Any:
    """Return the JSON body; 415 unless it says it is JSON, 413 if it is too large, 400 if it is not JSON."""
    if request.mimetype != "application/json" or request.headers.get("Content-Encoding", "identity") != "identity":
        raise UnsupportedMediaType
    request.max_content_length = most_bytes + 1  # a body in chunks is cut off there without a word
    body = request.get_data(cache=False)
    if len(body) > most_bytes:
        raise RequestEntityTooLarge
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadRequest from None


def name_request() -> None:
    """Take over the caller's request id where it is a sane one, else make one."""
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else str(ULID())


def finish(response: Response) -> Response:
    """Answers are for the caller alone: no cache keeps them, no browser guesses what they are."""
    response.headers["X-Request-ID"] = g.get("request_id", "")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Cache-Control", "no-store")
    return response
