"""The way in: who is calling, how often, and what they sent. To whom an address is open says `access.declared`."""

import re
from typing import Any, Final
from wsgiref.types import WSGIEnvironment

import orjson
from flask import Response, current_app, request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from flagging.access.caller import Caller
from flagging.access.declared import declared_roles
from flagging.access.headers import secure
from flagging.access.openid.signed import looks_signed
from flagging.api.services import Services, services
from flagging.errors import CallersUnknown, Forbidden, Unauthenticated
from flagging.randomness import draw
from flagging.terms import Role

REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")
# Where a request's environment tells, for whoever answers it, its id, its caller and what is left of the allowance.
ID: Final = "flagging.request_id"
CALLER: Final = "flagging.caller"
ALLOWANCE: Final = "flagging.allowance"


def admit() -> Caller:
    """Return the caller of this request; raise as `caller_of` does."""
    return caller_of(request.environ, services(), declared_roles(current_app, request.endpoint or ""))


def caller_of(environ: WSGIEnvironment, parts: Services, roles: frozenset[Role] | None) -> Caller:
    """Return the caller of a request to an address that is open to these roles.

    Raises Unauthenticated without a valid token, Forbidden where the address is not open to the caller's role, and
    CallersUnknown while this process has never seen an access list: that is our fault, not a wrong token.
    """
    scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    caller = _caller(parts, token.strip() if scheme.lower() == "bearer" else "")
    if caller is None:
        raise Unauthenticated("send 'Authorization: Bearer TOKEN' with a token that is in use")
    environ[CALLER] = caller
    if roles is None or caller.role not in roles:
        raise Forbidden("this address is not open to the caller's role")
    return caller


def _caller(parts: Services, token: str) -> Caller | None:
    if looks_signed(token):
        return parts.system_tokens.caller(token)
    if parts.access.book is None:
        raise CallersUnknown
    return parts.access.caller(token)


def spend(environ: WSGIEnvironment, parts: Services, caller: Caller, cost: int = 1) -> None:
    """Take a request, or several, from the caller's allowance; the answer tells what is left of it."""
    environ[ALLOWANCE] = 0.0  # if it is refused
    environ[ALLOWANCE] = parts.limiter.spend(caller.caller_id, cost)


def read_json(most_bytes: int) -> Any:
    """Return the JSON body; 415 unless it says it is JSON, 413 if it is too large, 400 if it is not JSON."""
    if request.mimetype != "application/json" or request.headers.get("Content-Encoding", "identity") != "identity":
        raise UnsupportedMediaType
    request.max_content_length = most_bytes + 1  # a body in chunks is cut off there without a word
    body = request.get_data(cache=False)
    if len(body) > most_bytes:
        raise RequestEntityTooLarge
    return parse_json(body)


def parse_json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadRequest from None


def request_id(environ: WSGIEnvironment) -> str:
    """Return the caller's id of a request where it is a sane one, else a random one; the same whenever it is asked."""
    found: str | None = environ.get(ID)
    if found is None:
        given = environ.get("HTTP_X_REQUEST_ID")
        found = environ[ID] = given if given and REQUEST_ID.fullmatch(given) else draw().hex()
    return found


def finish(response: Response) -> Response:
    """Answers are for the caller alone: no cache keeps them, no browser guesses what they are."""
    response.headers["X-Request-ID"] = request_id(request.environ)
    left = request.environ.get(ALLOWANCE)
    if left is not None:
        limiter = services().limiter
        response.headers["RateLimit-Policy"] = limiter.policy
        response.headers["RateLimit"] = limiter.told(left)
    secure(response.headers, over_tls=request.is_secure)
    return response
