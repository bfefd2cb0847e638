"""The way in: who is calling, how often, and what they sent. To whom an address is open says `access.declared`."""

import re
from typing import Any

import orjson
from flask import Response, current_app, g, request
from ulid import ULID
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from flagging.access.caller import Caller
from flagging.access.declared import declared_roles
from flagging.access.headers import secure
from flagging.access.openid.signed import looks_signed
from flagging.api.services import services
from flagging.errors import CallersUnknown, Forbidden, Unauthenticated

REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")


def admit() -> Caller:
    """Return the caller of this request.

    Raises Unauthenticated without a valid token, Forbidden where the address is not open to the caller's role, and
    CallersUnknown while this process has never seen an access list: that is our fault, not a wrong token.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    caller = _caller(token.strip() if scheme.lower() == "bearer" else "")
    if caller is None:
        raise Unauthenticated("send 'Authorization: Bearer TOKEN' with a token that is in use")
    g.caller = caller
    roles = declared_roles(current_app, request.endpoint or "")
    if roles is None or caller.role not in roles:
        raise Forbidden("this address is not open to the caller's role")
    return caller


def _caller(token: str) -> Caller | None:
    if looks_signed(token):
        return services().system_tokens.caller(token)
    if services().access.book is None:
        raise CallersUnknown
    return services().access.caller(token)


def spend(caller: Caller, cost: int = 1) -> None:
    """Take a request, or several, from the caller's allowance; the answer tells what is left of it."""
    limiter = services().limiter
    g.rate_limit = limiter.told(0.0)  # if it is refused
    g.rate_limit = limiter.told(limiter.spend(caller.caller_id, cost))


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
    told = g.get("rate_limit")
    if told is not None:
        response.headers["RateLimit-Policy"] = services().limiter.policy
        response.headers["RateLimit"] = told
    secure(response.headers, over_tls=request.is_secure)
    return response
