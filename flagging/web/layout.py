"""What every page has around it: who is signed in, the pages of their role, the end of the session, whom to ring."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Any, Final

from flask import Flask, Response, request, url_for
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader

from flagging.access.declared import ANYBODY, open_to
from flagging.terms import Role
from flagging.web.gate import browser
from flagging.web.parts import parts
from flagging.web.static_files import StaticFiles
from flagging.web.words import LONDON, dialled, field_words, moment_words

ROLES: Final = {
    Role.CUSTODY: "custody",
    Role.ARREST_REFERRAL: "arrest referral",
    Role.PRISON: "prison reception",
    Role.ADMINISTRATOR: "administrator",
    Role.AUDITOR: "auditor",
}
_ALERTS: Final = ("alerts_page.show", "Look again")
_CHECKING: Final = (("check.show", "Check a person"), _ALERTS, ("referral.blank", "Blank referral form"))
PAGES: Final = {
    Role.CUSTODY: _CHECKING,
    Role.ARREST_REFERRAL: _CHECKING,
    Role.PRISON: (("reception.show", "Arrivals"), _ALERTS, ("referral.blank", "Blank referral form")),
    Role.ADMINISTRATOR: (("register_page.show", "Register"), ("notifications_page.show", "Notifications")),
    Role.AUDITOR: (("ledger_page.show", "Ledger"),),
}
"""The pages of each role, its first one first."""
A_YEAR: Final = 365 * 86400


def page(html: str, status: int = HTTPStatus.OK) -> Response:
    return Response(html, status, content_type="text/html; charset=utf-8")


def today() -> date:
    """Return the day it is in England."""
    return datetime.now(LONDON).date()


def first_page_of(role: Role) -> str:
    """Return the address of the first page of a role."""
    endpoint, _ = PAGES[role][0]
    return url_for(endpoint)


def dress(app: Flask, static: StaticFiles) -> None:
    """Give templates the GOV.UK components, the words they read aloud in, and what the layout shows."""
    jinja = app.jinja_env
    jinja.filters |= {
        "dialled": dialled,
        "moment_words": moment_words,
        "field_words": field_words,
        "capitalize_first": capitalize_first,
    }
    components = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
    app.jinja_loader = ChoiceLoader([PackageLoader("flagging.web"), components])

    def asset(name: str) -> str:
        return url_for("assets", digest=static.digest, name=name)

    @open_to(ANYBODY)
    def assets(digest: str, name: str) -> Response:
        return _static_response(static, digest, name)

    jinja.globals["asset"] = asset
    app.add_url_rule("/assets/<digest>/<name>", "assets", assets)
    app.context_processor(_surroundings)


def capitalize_first(text: str) -> str:
    return text[:1].upper() + text[1:]


def _surroundings() -> dict[str, Any]:
    signed_in = None if browser().is_store_away else browser().signed_in
    around: dict[str, Any] = {"duty_desk": parts().duty_desk, "navigation": [], "person": None}
    if signed_in is None:
        return around
    role = signed_in.person.role
    return around | {
        "person": signed_in.person,
        "role_words": ROLES[role],
        "navigation": [
            {"href": url_for(endpoint), "text": text, "current": request.path == url_for(endpoint)}
            for endpoint, text in PAGES[role]
        ],
        "idle_minutes": int(parts().sessions.idle // 60),
        "seconds_left": int(parts().sessions.seconds_left(signed_in)),
    }


def _static_response(static: StaticFiles, digest: str, name: str) -> Response:
    """Send one file; of an earlier version, the present one, but not for keeps."""
    found = static.files.get(name)
    if found is None:
        return Response(status=HTTPStatus.NOT_FOUND)
    takes_gzip = request.accept_encodings.quality("gzip") > 0
    response = Response(found.compressed if takes_gzip else found.content, content_type=found.content_type)
    if takes_gzip:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    is_present = digest == static.digest
    response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable" if is_present else "no-cache"
    return response
