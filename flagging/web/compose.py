"""Puts the pages for people on an application: settings and what the API has already, to what the pages work with."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from flagging.access.accounts import Accounts
from flagging.access.attempts import Attempts
from flagging.access.drafts import Drafts
from flagging.access.live import LiveAccess
from flagging.access.reach import Reach
from flagging.access.records import AccessRecords
from flagging.access.sessions import Sessions
from flagging.policy.directory import Directory
from flagging.redis_connection import connect
from flagging.sealing import Keyring
from flagging.settings import Settings, needed
from flagging.web import (
    alerts_page,
    answers,
    check,
    ledger_page,
    notifications_page,
    reception,
    referral,
    register_page,
    session_pages,
    sign_in,
    sign_in_elsewhere,
)
from flagging.web.browser import Browsers
from flagging.web.gate import csrf
from flagging.web.kept_answers import KeptAnswers
from flagging.web.layout import dress
from flagging.web.parts import EXTENSION, Parts
from flagging.web.static_files import read_static_files

if TYPE_CHECKING:
    from flagging.access.openid.people import PeopleSignIn

REDIS_SECONDS: Final = 0.5
"""How long a page may wait for Redis."""
BLUEPRINTS: Final = tuple(
    part.blueprint
    for part in (
        sign_in,
        sign_in_elsewhere,
        session_pages,
        check,
        answers,
        reception,
        referral,
        alerts_page,
        register_page,
        ledger_page,
        notifications_page,
    )
)


@dataclass(frozen=True, slots=True)
class Shared:
    """What API and pages work with together."""

    access: LiveAccess
    keyring: Keyring
    directory: Directory
    records: AccessRecords
    elsewhere: "PeopleSignIn | None"


def add_pages(app: Flask, settings: Settings, shared: Shared) -> None:
    keyring = shared.keyring
    client = connect(settings.sessions_url or needed(settings.redis_url, "FLAGGING_REDIS_URL"), REDIS_SECONDS)
    reach = Reach()
    sessions = Sessions(client, keyring, settings.session_idle, settings.session_longest, reach=reach)
    app.extensions[EXTENSION] = Parts(
        access=shared.access,
        accounts=Accounts(),
        attempts=Attempts(client, keyring, reach),
        sessions=sessions,
        drafts=Drafts(client, keyring, reach),
        answers=KeptAnswers(client, keyring, reach),
        duty_desk=shared.directory.force_duty_desk,
        form_secret=keyring.form_secret,
        records=shared.records,
        elsewhere=shared.elsewhere,
    )
    app.session_interface = Browsers(sessions, keyring, is_plain_allowed=settings.is_demo)
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,  # the pages check by themselves (`web.gate`); the API takes no cookies
        WTF_CSRF_TIME_LIMIT=None,  # it ends with the session
        WTF_CSRF_SSL_STRICT=False,  # a proxy may rewrite the host, and a browser leave the referrer out
    )
    csrf.init_app(app)
    if settings.proxies:
        trusted = {"x_for": settings.proxies, "x_proto": settings.proxies}
        app.wsgi_app = ProxyFix(app.wsgi_app, **trusted)  # type: ignore[method-assign]
    dress(app, read_static_files())
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
