"""The short way of one lookup: past Flask, whose request, session and response objects cost as much as the lookup.

It does what the handler of `POST /v1/lookups` does, with the same parts and in the same order. Whatever is not a plain
request goes the long way, through Flask; and what goes wrong here is told there, by the same handlers, but for what
whoever asks is refused for.
"""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Final
from wsgiref.types import StartResponse, WSGIEnvironment

import orjson
from flask import Flask, Response
from werkzeug.datastructures import Headers
from werkzeug.exceptions import BadRequest
from werkzeug.http import HTTP_STATUS_CODES

from flagging.access.declared import declared_roles
from flagging.access.headers import secure
from flagging.api.asking import ask, server_timing
from flagging.api.gate import ALLOWANCE, caller_of, parse_json, request_id, spend
from flagging.api.lookups import MOST_BYTES_OF_A_LOOKUP, respond_to
from flagging.api.problems import PROBLEM_JSON, count_problem, headers_of, problem_of, record_refusal_of
from flagging.api.services import EXTENSION, Services
from flagging.errors import FlaggingError
from flagging.logs import REQUEST
from flagging.lookup.lookups import Reply

PATH: Final = "/v1/lookups"
ENDPOINT: Final = "lookups.ask_one"
NOT_PLAIN: Final = ("HTTP_TRANSFER_ENCODING", "HTTP_CONTENT_ENCODING", "HTTP_EXPECT")


class ShortWay:
    """A WSGI application that answers plain lookups and leaves the rest to the Flask application it is put before."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._long_way = app.wsgi_app
        self._roles = declared_roles(app, ENDPOINT)
        self._headers = _headers("application/json")
        self._headers_of_problems = _headers(PROBLEM_JSON)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        mark = REQUEST.set(request_id(environ))
        try:
            return self._answer(environ, start_response)
        finally:
            REQUEST.reset(mark)

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] != PATH or not _is_plain(environ):
            return self._long_way(environ, start_response)
        try:
            reply = self._ask(environ)
        except Exception as error:  # noqa: BLE001 Flask's handlers log and tell each kind
            if isinstance(error, FlaggingError) and error.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                return self._refuse(environ, start_response, error)
            fault = error
            response = self._in_flask(environ, lambda: self._app.handle_user_exception(fault))
            return response(environ, start_response)
        if reply.unconfirmed is not None:
            return self._in_flask(environ, lambda: respond_to(reply))(environ, start_response)
        limiter = self._parts.limiter
        body = orjson.dumps(reply.body)
        headers = self._headers[environ["wsgi.url_scheme"] == "https"].copy()
        headers += (
            ("Content-Length", str(len(body))),
            ("Server-Timing", server_timing(reply.took)),
            ("X-Request-ID", request_id(environ)),
            ("RateLimit-Policy", limiter.policy),
            ("RateLimit", limiter.told(environ[ALLOWANCE])),
        )
        start_response("200 OK", headers)
        return (body,)

    def _refuse(self, environ: WSGIEnvironment, start_response: StartResponse, error: FlaggingError) -> Iterable[bytes]:
        """Refuse as Flask's handler would: a flood that is refused must cost less than one that is answered."""
        record_refusal_of(environ, self._parts, error, ENDPOINT)
        told = problem_of(error)
        count_problem(told)
        body = orjson.dumps(told)
        headers = self._headers_of_problems[environ["wsgi.url_scheme"] == "https"] + headers_of(error)
        headers += (("Content-Length", str(len(body))), ("X-Request-ID", request_id(environ)))
        left = environ.get(ALLOWANCE)
        if left is not None:
            limiter = self._parts.limiter
            headers += (("RateLimit-Policy", limiter.policy), ("RateLimit", limiter.told(left)))
        start_response(f"{error.status} {HTTP_STATUS_CODES[error.status].upper()}", headers)
        return (body,)

    @property
    def _parts(self) -> Services:
        found: Services = self._app.extensions[EXTENSION]
        return found

    def _ask(self, environ: WSGIEnvironment) -> Reply:
        parts = self._parts
        caller = caller_of(environ, parts, self._roles)
        spend(environ, parts, caller)
        length = int(environ["CONTENT_LENGTH"])
        body = environ["wsgi.input"].read(length)
        if len(body) != length:  # the caller went away
            raise BadRequest
        return ask(environ, parts, parse_json(body), caller)

    def _in_flask(self, environ: WSGIEnvironment, make: Callable[[], object]) -> Response:
        with self._app.request_context(environ):
            return self._app.process_response(self._app.make_response(make()))  # type: ignore[arg-type]


def _is_plain(environ: WSGIEnvironment) -> bool:
    """Tell whether a request says plainly that it posts JSON, and how much of it."""
    length = environ.get("CONTENT_LENGTH", "")
    return (
        environ["REQUEST_METHOD"] == "POST"
        and environ.get("CONTENT_TYPE") == "application/json"
        and length.isdecimal()
        and int(length) <= MOST_BYTES_OF_A_LOOKUP
        and not any(name in environ for name in NOT_PLAIN)
    )


def _headers(content_type: str) -> dict[bool, list[tuple[str, str]]]:
    """Return what every answer of that type says, by whether it goes over TLS."""
    found = {}
    for over_tls in (False, True):
        headers = Headers({"Content-Type": content_type})
        secure(headers, over_tls=over_tls)
        found[over_tls] = list(headers)
    return found
