"""Every fault as a page: what went wrong in words, and whom to ring when it is us.

Nothing a browser sent is repeated; the text of an unexpected error stays in the log.
"""

from http import HTTPStatus

import structlog
from flask import Blueprint, Response, render_template, request
from werkzeug.exceptions import HTTPException

from flagging import metrics
from flagging.errors import (
    FlaggingError,
    ProviderBusy,
    ProviderUnknown,
    SignInRefused,
    StoreTakesNoWrites,
    StoreUnreachable,
    TooManyRequests,
)
from flagging.logs import place_of
from flagging.web.parts import parts

RETRY_SECONDS = 5
SAYS = {
    400: ("This form cannot be used any more", "Go back, open the page anew and send it again."),
    403: ("This page is not for your role", "Ask your administrator if you need it."),
    404: ("Page not found", "Check the address, or begin at the first page."),
    405: ("Page not found", "Check the address, or begin at the first page."),
    413: ("Too much was sent at once", "Send less at a time."),
    429: ("Too many requests", "Wait a moment, then try again."),
    503: ("The service cannot answer at the moment", ""),
}
FAILED = ("The service failed", "")
NOBODY_SIGNED_IN = (
    "You cannot be signed in",
    "Begin again at the first page, or ask your administrator for a role here.",
)
NO_SESSIONS = ("Nobody can sign in at the moment", "")
OTHERS_WAIT = ("The sign-in service is slow to answer", "You can load this page again in a moment to be signed in.")
"""For 5xx the page names the duty desk, which has the register at hand."""

SAYS_OF = {
    SignInRefused: NOBODY_SIGNED_IN,
    StoreUnreachable: NO_SESSIONS,
    StoreTakesNoWrites: NO_SESSIONS,
    ProviderUnknown: NO_SESSIONS,
    ProviderBusy: OTHERS_WAIT,
}

log = structlog.get_logger(__name__)


def show_faults(blueprint: Blueprint) -> None:
    """Turn whatever a page of the blueprint raises into a page."""
    blueprint.register_error_handler(FlaggingError, _own_error)
    blueprint.register_error_handler(HTTPException, show_http_error)
    blueprint.register_error_handler(Exception, _unexpected_error)


def is_asked_by_person() -> bool:
    """Tell whether an address that leads nowhere was asked for by a browser, outside the API."""
    is_api = request.path.startswith(("/v1/", "/health", "/metrics"))
    return not is_api and request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"


def show_http_error(error: HTTPException) -> Response:
    response = _page(error.code or 500, *SAYS.get(error.code or 500, FAILED))
    if error.code == HTTPStatus.METHOD_NOT_ALLOWED and getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(error.valid_methods)  # type: ignore[attr-defined]
    return response


def _own_error(error: FlaggingError) -> Response:
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("request_failed", problem=error.problem, reason=str(error))
    metrics.REFUSALS.labels(error.problem).inc()
    says = SAYS_OF.get(type(error)) or SAYS.get(error.status, FAILED)
    response = _page(error.status, *says)
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _unexpected_error(error: Exception) -> Response:
    log.error("unexpected_error", kind=type(error).__name__, at=place_of(error), endpoint=request.endpoint)
    return _page(500, *FAILED)


def _page(status: int, title: str, advice: str) -> Response:
    is_ours = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    page = render_template("web/fault.html", title=title, advice=advice, desk=parts().duty_desk if is_ours else None)
    response = Response(page, status, content_type="text/html; charset=utf-8")
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response
