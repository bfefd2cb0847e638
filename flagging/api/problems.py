"""Every fault as `application/problem+json` (RFC 9457), in one place.

`type` is the problem's name, a relative URI reference. Nothing a caller sent is ever repeated, but for the names of
fields; the text of an unexpected error stays in the log.
"""

from collections.abc import Sequence
from typing import Any
from wsgiref.types import WSGIEnvironment

import orjson
import structlog
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from flagging import metrics
from flagging.api.gate import CALLER
from flagging.api.services import Services, services
from flagging.errors import (
    CallersUnknown,
    Fault,
    FlaggingError,
    Forbidden,
    QuestionInvalid,
    TooManyRequests,
    Unauthenticated,
)
from flagging.logs import place_of
from flagging.lookup.finding import Unconfirmed
from flagging.lookup.lookups import Reply

PROBLEM_JSON = "application/problem+json"
RETRY_SECONDS = 5

HTTP_PROBLEMS = {
    400: ("bad-request", "The request cannot be read"),
    404: ("not-found", "There is nothing at this address"),
    405: ("method-not-allowed", "This address does not take that method"),
    413: ("too-large", "The request body is too large"),
    415: ("not-json", "The request body must be application/json"),
}

log = structlog.get_logger(__name__)


def problem(name: str, title: str, status: int, detail: str | None = None, **members: Any) -> dict[str, Any]:
    """Return the members of a problem, its own ones last."""
    body: dict[str, Any] = {"type": name, "title": title, "status": status}
    if detail:
        body["detail"] = detail
    return body | members


def problem_of(error: FlaggingError) -> dict[str, Any]:
    members: dict[str, Any] = {}
    detail: str | None = str(error)
    if isinstance(error, QuestionInvalid):
        detail = None
        members["errors"] = _errors(error.faults)
    elif error.status >= 500:  # noqa: PLR2004 what failed inside is the log's, not the caller's
        detail = None
    return problem(error.problem, error.title, error.status, detail, **members)


def problem_of_reply(reply: Reply) -> dict[str, Any]:
    """A `cannot_confirm` reply as the problem it is."""
    return problem("cannot-confirm", "The register cannot confirm this person", 503, reply.unconfirmed) | reply.body


def count_problem(body: dict[str, Any]) -> None:
    metrics.REFUSALS.labels(body["type"]).inc()


def respond(body: dict[str, Any]) -> Response:
    count_problem(body)
    response = Response(orjson.dumps(body), body["status"], content_type=PROBLEM_JSON)
    if response.status_code == 503:  # noqa: PLR2004
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def register_handlers(app: Flask) -> None:
    app.register_error_handler(FlaggingError, _own_error)
    app.register_error_handler(HTTPException, show_http_error)
    app.register_error_handler(Exception, _unexpected_error)


def record_refusal(error: FlaggingError) -> None:
    """Put on record that this request was refused for who asked, not for how it was written."""
    record_refusal_of(request.environ, services(), error, request.endpoint or "")


def record_refusal_of(environ: WSGIEnvironment, parts: Services, error: FlaggingError, endpoint: str) -> None:
    if isinstance(error, Unauthenticated | Forbidden | TooManyRequests):
        parts.records.request_refused(error.problem, endpoint, environ.get("REMOTE_ADDR", ""), environ.get(CALLER))


def headers_of(error: FlaggingError) -> list[tuple[str, str]]:
    """Return what the answer to an error says besides its body."""
    if isinstance(error, Unauthenticated):
        return [("WWW-Authenticate", "Bearer")]
    if isinstance(error, TooManyRequests):
        return [("Retry-After", str(error.retry_after))]
    return []


def _own_error(error: FlaggingError) -> Response:
    record_refusal(error)
    if error.status >= 500:  # noqa: PLR2004
        log.error("request_failed", problem=error.problem, reason=str(error))
    if isinstance(error, CallersUnknown):
        return respond(problem_of_reply(services().lookups.unasked(Unconfirmed.CALLERS_UNKNOWN)))
    response = respond(problem_of(error))
    response.headers.update(headers_of(error))
    return response


def show_http_error(error: HTTPException) -> Response:
    status = error.code or 500
    name, title = HTTP_PROBLEMS.get(status, ("http-error", error.name))
    response = respond(problem(name, title, status))
    if status == 405 and getattr(error, "valid_methods", None):  # noqa: PLR2004
        response.headers["Allow"] = ", ".join(error.valid_methods)  # type: ignore[attr-defined]
    return response


def _unexpected_error(error: Exception) -> Response:
    return respond(problem_of_unexpected(error))


def problem_of_unexpected(error: Exception) -> dict[str, Any]:
    """Log a fault of our own by kind and place: its message may quote what it tripped over."""
    log.error("unexpected_error", kind=type(error).__name__, at=place_of(error), endpoint=request.endpoint)
    return problem("internal-error", "The service failed", 500)


def _errors(faults: Sequence[Fault]) -> list[dict[str, str]]:
    return [{"pointer": f"#{fault.where}", "detail": fault.reason} for fault in faults]
