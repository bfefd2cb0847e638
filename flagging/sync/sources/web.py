"""The master list at an https address: fetched whole, and again only when the server says that it has changed.

Of an address nothing is told but its last part, which is no secret in a query or before the host; of credentials
nothing at all.
"""

import random
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import structlog
import urllib3
from urllib3 import exceptions as faults
from urllib3.response import BaseHTTPResponse

from flagging.errors import SourceUnreadable
from flagging.sync.progress import SyncEnded
from flagging.sync.sources.address import name_of_address, origin_of, split_address
from flagging.sync.sources.credentials import Credentials, open_context, read_token
from flagging.sync.sources.master_list import ListFile

_MOST_REDIRECTS = 5
_PIECE = 1 << 16
_ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Younger than this when it was given, a time to the second does not tell two changes within one second apart.
_SURE_AFTER = timedelta(seconds=60)

_FAULTS: dict[type[faults.HTTPError], str] = {
    faults.NameResolutionError: "its host name is not known",
    faults.NewConnectionError: "the server cannot be reached",
    faults.TimeoutError: "the server does not answer in time",
    faults.DecodeError: "its compression is damaged",
    faults.HTTPError: "the connection broke off",
}
"""What each kind of fault is called, the more special kinds first."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds: to connect, for the next bytes, for the whole list with every attempt at it.

    `backoff` is the wait before the second attempt; it doubles with each, and is spread by a half either way.
    """

    connect: float = 5.0
    read: float = 15.0
    altogether: float = 90.0
    attempts: int = 4
    backoff: float = 0.5


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    etag: str | None
    modified: str | None
    date: str | None
    content: bytes = b""


class _Passing(Exception):
    """A fault that may be over before long: of the connection, of time, or of the server's own."""


class Fetcher:
    """Fetches lists, and holds the last one to answer with while the server says that it has not changed."""

    def __init__(
        self,
        credentials: Credentials = Credentials(),  # noqa: B008 - frozen
        patience: Patience = Patience(),
        pause: Callable[[float], object] = time.sleep,
        is_stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._credentials = credentials
        self._patience = patience
        self._pause = pause
        self._is_stopping = is_stopping
        self._held: tuple[str, _Answer] | None = None

    def fetch(self, where: str, size_limit: int) -> tuple[list[ListFile], datetime | None]:
        """Return the list at an address, at most `size_limit` bytes unpacked, and its Last-Modified (UTC), if any.

        Raises SourceUnreadable when it cannot be had whole. A fault that may pass is tried again a few times; an
        answer that the server means (4xx) and a certificate that does not verify are not. Raises SyncEnded once
        `is_stopping`: before each request, and with whatever arrives of the list.
        """
        name = name_of_address(where)
        try:
            address = split_address(where).geturl()
            answer = self._fetch(address, size_limit)
        except SourceUnreadable as error:
            raise SourceUnreadable(f"{name}: {error}") from None
        self._held = (address, answer)
        return [ListFile(answer.content)], _moment(answer.modified)

    def _fetch(self, where: str, size_limit: int) -> _Answer:
        held = self._held[1] if self._held and self._held[0] == where else None
        until = time.monotonic() + self._patience.altogether
        answer = self._persist(lambda: self._ask(where, _conditions(held), size_limit, until), until)
        if answer.status != HTTPStatus.NOT_MODIFIED:
            return answer
        if held is None:
            raise SourceUnreadable("the server says that it has not changed, and was not asked")
        return replace(held, modified=answer.modified or held.modified)

    def _persist(self, ask: Callable[[], _Answer], until: float) -> _Answer:
        wait = self._patience.backoff
        for left in reversed(range(self._patience.attempts)):
            try:
                return ask()
            except _Passing as error:
                wait_now = wait * random.uniform(0.5, 1.5)  # noqa: S311 - spreads the load, guards nothing # nosec B311
                if not left or time.monotonic() + wait_now > until:
                    raise SourceUnreadable(str(error)) from None
                log.info("master_list_fetched_again", reason=str(error))
            self._pause(wait_now)  # one that the fetcher's owner can cut short
            wait *= 2
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _ask(self, where: str, conditions: dict[str, str], size_limit: int, until: float) -> _Answer:
        """Ask once, and again where the server redirects to within its own origin: nobody else gets a token."""
        headers = {"Accept-Encoding": "gzip", "Cache-Control": "no-cache", "User-Agent": "ppo-flagging", **conditions}
        if self._credentials.token_file:
            headers["Authorization"] = f"Bearer {read_token(self._credentials.token_file)}"
        patience = urllib3.Timeout(connect=self._patience.connect, read=self._patience.read)
        with urllib3.PoolManager(ssl_context=open_context(self._credentials), timeout=patience, retries=False) as pool:
            for _ in range(1 + _MOST_REDIRECTS):
                self._go_on()
                try:
                    response = pool.request("GET", where, headers=headers, redirect=False, preload_content=False)
                    if response.status not in _REDIRECTS:
                        return _read(response, size_limit, until, self._go_on)
                except faults.HTTPError as error:
                    raise _told(error) from None
                where = _redirected(where, response)
        raise SourceUnreadable("the server redirects again and again")

    def _go_on(self) -> None:
        if self._is_stopping():
            raise SyncEnded


def _redirected(where: str, response: BaseHTTPResponse) -> str:
    response.close()
    try:
        target = split_address(urljoin(where, response.headers.get("Location", "")))
    except (ValueError, SourceUnreadable):
        target = None
    if target is None or origin_of(target) != origin_of(urlsplit(where)):
        raise SourceUnreadable("the server redirects to another host, or away from https")
    return target.geturl()


# -- answers ---------------------------------------------------------------------------------------------------------


def _conditions(held: _Answer | None) -> dict[str, str]:
    """Return the headers that ask for the list only if it is another one."""
    if held is None:
        return {}
    if held.etag:
        return {"If-None-Match": held.etag}
    modified, date = _moment(held.modified), _moment(held.date)
    if held.modified and modified and date and date - modified >= _SURE_AFTER:
        return {"If-Modified-Since": held.modified}
    return {}


def _read(response: BaseHTTPResponse, size_limit: int, until: float, go_on: Callable[[], None]) -> _Answer:
    headers = response.headers
    try:
        answer = _Answer(response.status, headers.get("ETag"), headers.get("Last-Modified"), headers.get("Date"))
        if response.status == HTTPStatus.NOT_MODIFIED:
            return answer
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise _Passing(f"the server answers {_words(response.status)}")
        if response.status != HTTPStatus.OK:
            raise SourceUnreadable(f"the server answers {_words(response.status)}")
        return replace(answer, content=_read_whole(response, size_limit, until, go_on))
    finally:
        response.close()


def _read_whole(response: BaseHTTPResponse, size_limit: int, until: float, go_on: Callable[[], None]) -> bytes:
    """Return the body, unpacked. One that does not say where it ends may have been cut off, and is not taken."""
    headers = response.headers
    if headers.get("Content-Encoding", "").strip().casefold() not in _ENCODINGS:
        raise SourceUnreadable("the server packs it in a way that was not asked for")
    if (
        not headers.get("Content-Length", "").strip().isdecimal()
        and "chunked" not in headers.get("Transfer-Encoding", "").casefold()
    ):
        raise SourceUnreadable("the server does not say where it ends (Content-Length, or chunked)")
    content = bytearray()
    while piece := response.read1(_PIECE, decode_content=True):
        go_on()
        content += piece
        if len(content) > size_limit:
            raise SourceUnreadable("is larger than size_limit_mib in master_list.toml allows")
        if time.monotonic() > until:
            raise SourceUnreadable("takes too long to arrive")
    return bytes(content)


def _told(error: faults.HTTPError) -> Exception:
    """Return a fault of the connection in words, without the address that urllib3 repeats."""
    if not isinstance(error, faults.SSLError):
        return _Passing(next(words for kind, words in _FAULTS.items() if isinstance(error, kind)))
    cause = error.args[0] if error.args else None
    if isinstance(cause, ssl.SSLCertVerificationError):
        return SourceUnreadable(f"its certificate does not verify: {cause.verify_message}")
    return SourceUnreadable(f"TLS: {getattr(cause, 'reason', None) or 'no agreement'}")


def _words(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _moment(header: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(header or "")
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
