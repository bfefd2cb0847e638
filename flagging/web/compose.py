"""Puts the pages for people on an application: settings and what the API has already, to what the pages work with."""

from typing import Final

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from flagging.access.accounts import Accounts
from flagging.access.attempts import Attempts
from flagging.access.drafts import Drafts
from flagging.access.live import LiveAccess
from flagging.access.sessions import Sessions
from flagging.policy.directory import Directory
from flagging.redis_connection import connect
from flagging.sealing import Keyring
from flagging.settings import Settings, needed
from flagging.web import sign_in
from flagging.web.browser import Browsers
from flagging.web.gate import csrf
from flagging.web.parts import EXTENSION, Parts

REDIS_SECONDS: Final = 1.0
"""How long a page may wait for Redis."""
BLUEPRINTS: Final = (sign_in.blueprint,)


def add_pages(app: Flask, settings: Settings, access: LiveAccess, keyring: Keyring, directory: Directory) -> None:
    client = connect(settings.sessions_url or needed(settings.redis_url, "FLAGGING_REDIS_URL"), REDIS_SECONDS)
    sessions = Sessions(client, keyring, settings.session_idle, settings.session_longest)
    app.extensions[EXTENSION] = Parts(
        access=access,
        accounts=Accounts(),
        attempts=Attempts(client, keyring),
        sessions=sessions,
        drafts=Drafts(client, keyring),
        duty_desk=directory.force_duty_desk,
    )
    app.session_interface = Browsers(sessions, keyring, is_plain_allowed=settings.is_demo)
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,  # the pages check by themselves (`web.gate`); the API takes no cookies
        WTF_CSRF_SECRET_KEY=keyring.form_secret(),
        WTF_CSRF_TIME_LIMIT=None,  # it ends with the session
        WTF_CSRF_SSL_STRICT=False,  # a proxy may rewrite the host, and a browser leave the referrer out
    )
    csrf.init_app(app)
    if settings.proxies:
        trusted = {"x_for": settings.proxies, "x_proto": settings.proxies}
        app.wsgi_app = ProxyFix(app.wsgi_app, **trusted)  # type: ignore[method-assign]
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
