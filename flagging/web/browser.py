"""`flask.session`, and the two cookies behind it. Opened only when somebody asks: the API never does.

While nobody is signed in, what little there is (the CSRF secret, where to go after signing in) stands sealed in a
cookie of its own, for an hour: strangers can fill no store of ours. Who is signed in has a session on the server; the
cookie holds its random id and the digest that stands for the person, sealed, so that no made-up id ever reaches Redis.
Signing in begins a session with a new id and nothing of what a stranger may have put into the browser before.
"""

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin

from flagging.access.person import Person
from flagging.access.sessions import Sessions, SignedIn
from flagging.errors import StoreUnreachable
from flagging.sealing import Keyring, Purpose
from flagging.web.cookies import Jar

SESSION_COOKIE: Final = "flagging"
START_COOKIE: Final = "flagging-start"
START_SECONDS: Final = 3600
CSRF_FIELD: Final = "csrf_token"

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Found:
    """What a browser's cookies say. `person` is the digest of whoever was the last to sign in there."""

    signed_in: SignedIn | None = None
    values: dict[str, Any] = field(default_factory=dict)
    person: str | None = None
    is_store_away: bool = False


class BrowserSession(SessionMixin):
    """A mapping of small JSON values; who is signed in; and signing in and out, which is written with the answer."""

    modified = False
    accessed = True

    def __init__(self, sessions: Sessions, jar: Jar) -> None:
        self._sessions = sessions
        self._jar = jar
        self._opened: _Found | None = None
        self._is_begun = self._is_ended = False

    @property
    def signed_in(self) -> SignedIn | None:
        return self._found.signed_in

    @property
    def is_store_away(self) -> bool:
        """Whether somebody seems to be signed in and the sessions are out of reach."""
        return self._found.is_store_away

    @property
    def last_person(self) -> str | None:
        """The digest of whoever was the last to sign in with this browser, also when the session is over."""
        return self._found.person

    def sign_in(self, person: Person) -> None:
        """Begin a session for the person, in place of any other; raises StoreUnreachable, and then nothing changed."""
        before = self._found.signed_in
        begun = self._sessions.begin(person, {CSRF_FIELD: secrets.token_hex(20)})
        if before is not None:
            self._sessions.end(before)
        self._opened = _Found(begun, begun.values, self._sessions.digest_of(person))
        self._is_begun, self._is_ended, self.modified = True, False, False

    def sign_out(self, *, everywhere: bool = False) -> None:
        """End the session, on all of the person's devices where asked to.

        Raises StoreUnreachable, and then this browser forgets the session nevertheless: others may come to it.
        """
        signed_in = self._found.signed_in
        self._opened = _Found()
        self._is_begun, self._is_ended, self.modified = False, True, False
        if signed_in is not None:
            self._sessions.end(signed_in)
            if everywhere:
                self._sessions.end_all(signed_in.person)

    def write(self, response: Response) -> None:
        """Have store and browser hold what changed in this request."""
        if self._opened is None:
            return
        response.vary.add("Cookie")
        if self._is_begun and self.signed_in is not None:
            self._jar.set(response, SESSION_COOKIE, {"id": self.signed_in.session_id, "person": self.last_person})
            self._jar.clear(response, START_COOKIE)
        elif self._is_ended:
            self._jar.clear(response, SESSION_COOKIE)
        if self.modified:
            self._write_values(response)

    def _write_values(self, response: Response) -> None:
        if self.signed_in is None:
            start = {"until": time.time() + START_SECONDS, "values": self._found.values}
            self._jar.set(response, START_COOKIE, start, START_SECONDS)
            return
        try:
            self._sessions.save(self.signed_in)
        except StoreUnreachable as error:
            log.warning("session_not_written", reason=str(error))

    @property
    def _found(self) -> _Found:
        if self._opened is None:
            self._opened = self._read()
        return self._opened

    def _read(self) -> _Found:
        """Return what the cookies say; whatever is not ours, or too old, says nothing."""
        start, held = self._jar.get(START_COOKIE), self._jar.get(SESSION_COOKIE)
        values = start["values"] if start.get("until", 0) > time.time() else {}
        if not held:
            return _Found(values=values)
        try:
            signed_in = self._sessions.find(held["id"], held["person"])
        except StoreUnreachable as error:
            log.warning("sessions_out_of_reach", reason=str(error))
            return _Found(values=values, person=held["person"], is_store_away=True)
        return _Found(signed_in, values if signed_in is None else signed_in.values, held["person"])

    def __getitem__(self, name: str) -> Any:
        return self._found.values[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._found.values[name] = value
        self.modified = True

    def __delitem__(self, name: str) -> None:
        del self._found.values[name]
        self.modified = True

    def __iter__(self) -> Iterator[str]:
        return iter(self._found.values)

    def __len__(self) -> int:
        return len(self._found.values)


class Browsers(SessionInterface):
    """Opens the session of each request. `is_plain_allowed`: over plain http, cookies go without `Secure`.

    That is for the demo alone, at the loopback address: not everything that speaks http there takes a `Secure` cookie.
    """

    def __init__(self, sessions: Sessions, keyring: Keyring, *, is_plain_allowed: bool) -> None:
        self._sessions = sessions
        self._seal = keyring.seal_for(Purpose.COOKIE)
        self._is_plain_allowed = is_plain_allowed

    def open_session(self, app: Flask, request: Request) -> BrowserSession:  # noqa: ARG002 Flask's form
        is_plain = self._is_plain_allowed and not request.is_secure
        return BrowserSession(self._sessions, Jar(request, self._seal, is_plain=is_plain))

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:  # noqa: ARG002 Flask's form
        if isinstance(session, BrowserSession):
            session.write(response)
