"""The way in for people: who is signed in, whether the page is open to their role, and what they typed so far.

Deny by default, as in the API: a page without a declaration (`access.declared.open_to`) answers nobody.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import Blueprint, current_app, redirect, request, session, url_for
from flask_wtf import CSRFProtect
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from flagging.access.accounts import is_still_in_use
from flagging.access.caller import Caller
from flagging.access.declared import ANYBODY, declared_roles
from flagging.access.person import LOCAL, Person
from flagging.access.sessions import SignedIn
from flagging.errors import Forbidden, SignedOut, StoreUnreachable
from flagging.web.browser import CSRF_FIELD, BrowserSession
from flagging.web.pages import show_faults
from flagging.web.parts import parts

NEXT = "next"
MOST_BYTES = 1024 * 1024
"""What one form may send, an uploaded list among it."""
NEVER_KEPT = {CSRF_FIELD, "password"}

csrf = CSRFProtect()
View = TypeVar("View", bound=Callable[..., Any])


def guarded(blueprint: Blueprint) -> Blueprint:
    """Have every request to the blueprint's pages admitted first, and every fault shown as a page."""
    blueprint.before_request(admit)
    show_faults(blueprint)
    return blueprint


def drafted(form: str) -> Callable[[View], View]:
    """Declare the form that a page takes: sent when the session is over, it is kept for its person (`find_draft`)."""

    def declare(view: View) -> View:
        view.form = form  # type: ignore[attr-defined]
        return view

    return declare


def admit() -> Response | None:
    """Let the request through, or return the way to the sign-in page.

    Raises Forbidden where the page is not open to the person's role, StoreUnreachable where nobody can say who is
    signed in, and CSRFError for a form that is not one of ours.
    """
    request.max_content_length = MOST_BYTES
    roles = declared_roles(current_app, request.endpoint or "")
    if roles != ANYBODY:
        signed_in = find_signed_in()
        if signed_in is None:
            return _to_sign_in()
        if roles is None or signed_in.person.role not in roles:
            parts().records.request_refused(
                Forbidden.problem,
                request.endpoint or "",
                request.remote_addr or "",
                signed_in.person.caller(signed_in.reference),
            )
            raise Forbidden("this page is not open to your role")
    current_app.config["WTF_CSRF_SECRET_KEY"] = parts().form_secret()  # keys may have been rotated
    csrf.protect()
    return None


def find_signed_in() -> SignedIn | None:
    """Return the session of whoever is signed in, with an account that is still in use; None if nobody is."""
    if browser().is_store_away:
        raise StoreUnreachable("the sessions are out of reach")
    signed_in = browser().signed_in
    if signed_in is not None and not _is_still_known(signed_in.person):
        browser().sign_out()
        return None
    return signed_in


def person() -> Person:
    """Return who is signed in; raises SignedOut if nobody is, which a guarded page never sees."""
    signed_in = browser().signed_in
    if signed_in is None:
        raise SignedOut
    return signed_in.person


def caller() -> Caller:
    """Return who is signed in as the caller of lookups. The operator is the caller's name."""
    signed_in = browser().signed_in
    if signed_in is None:
        raise SignedOut
    return signed_in.person.caller(signed_in.reference)


def browser() -> BrowserSession:
    return cast("BrowserSession", session._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001


# -- what somebody typed ---------------------------------------------------------------------------------------------


def keep_draft(form: str, fields: "MultiDict[str, str]") -> bool:
    """Keep a half-filled form of the person who is signed in; tell whether it was (64 KiB at most)."""
    return parts().drafts.keep(_digest(), form, _worth_keeping(fields))


def find_draft(form: str) -> "MultiDict[str, str]":
    """Return what the person had typed into the form before they were signed out or went away; empty if nothing."""
    return MultiDict(parts().drafts.find(_digest(), form))


def drop_draft(form: str) -> None:
    """Forget the draft: the form was sent."""
    parts().drafts.drop(_digest(), form)


def remember(**values: str) -> bool:
    """Remember what the person usually enters, such as the OCU, besides what is remembered already."""
    return parts().drafts.remember(_digest(), remembered() | values)


def remembered() -> dict[str, str]:
    return parts().drafts.remembered(_digest())


def forms_with_drafts() -> list[str]:
    found = {getattr(view, "form", None) for view in current_app.view_functions.values()}
    return sorted(form for form in found if form)


def _digest() -> str:
    return parts().sessions.digest_of(person())


def _worth_keeping(fields: "MultiDict[str, str]") -> dict[str, list[str]]:
    return {name: values for name, values in fields.to_dict(flat=False).items() if name not in NEVER_KEPT}


# -- to the sign-in page and back ------------------------------------------------------------------------------------


def place_to_go() -> str:
    """Return where whoever has just signed in wanted to go: a page of ours, or the first one."""
    wanted = session.get(NEXT, "")
    return wanted if _is_page_of_ours(wanted) else url_for("sign_in.first_page")


def _to_sign_in() -> Response:
    """Remember where they wanted to go, and what they sent, then ask them to sign in."""
    last, form = browser().last_person, getattr(current_app.view_functions[request.endpoint or ""], "form", None)
    if request.method == "POST" and last and form:
        parts().drafts.keep(last, form, _worth_keeping(request.form))
    if _is_page_of_ours(request.path):
        session[NEXT] = request.path
    return redirect(url_for("sign_in.ask"), 303)


def _is_page_of_ours(path: str) -> bool:
    split = urlsplit(path)
    if split.scheme or split.netloc or not path.startswith("/") or path.startswith("//") or "\\" in path:
        return False
    try:
        current_app.url_map.bind("").match(path, method="GET")
    except HTTPException:
        return False
    return True


def _is_still_known(person: Person) -> bool:
    """Tell whether the account is still in use: one that was revoked ends its sessions at once."""
    known = parts().access.access_list
    return person.source != LOCAL or (known is not None and is_still_in_use(known, person))
