"""The background thread that keeps a process up to date: woken by announcements, polling as the backstop."""

import contextlib
import threading
import time
from collections.abc import Callable, Sequence

import structlog
from redis import Redis
from redis.client import PubSub
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

POLL_SECONDS = 0.5
"""An announcement missed costs at most this much: what changes in Redis is known within a second everywhere."""
QUIET_SECONDS, MUTE_SECONDS = 2.0, 4.0
"""A subscription on which nothing was heard for so long is asked for a sign of life, and given up for lack of one: the
Redis behind it may have been replaced by another, where we would not be counted."""

log = structlog.get_logger(__name__)


def _no_badge() -> None:
    return None


class Follower:
    """Calls every `look` at start, on each announcement, and at least every POLL_SECONDS.

    `badge` names a second channel to be subscribed to, only for others to count who is: it may change at any look.
    """

    def __init__(
        self,
        client: Redis,
        channel: str,
        looks: Sequence[Callable[[], object]],
        badge: Callable[[], str | None] = _no_badge,
    ) -> None:
        self._client = client
        self._channel = channel
        self._looks = looks
        self._badge = badge
        self._worn: str | None = None
        self._heard_at, self._has_asked = 0.0, False
        self._has_looked = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="follower", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def await_first_look(self, seconds: float) -> bool:
        """Wait until everything has been looked at once, but no longer than `seconds`; tell whether it has."""
        return self._has_looked.wait(seconds)

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=2 * POLL_SECONDS + 5)

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _follow(self) -> None:
        announcements: PubSub | None = None
        while not self._stopping.is_set():
            for look in self._looks:
                try:
                    look()
                except Exception:  # a thread that died would let the register grow stale in silence
                    log.exception("look_failed")
            self._has_looked.set()
            announcements = self._wait(announcements)
        _close(announcements)

    def _wait(self, announcements: PubSub | None) -> PubSub | None:
        """Wait for an announcement, or for the poll to be due; return the subscription if it still stands."""
        try:
            if announcements is None:
                announcements = self._client.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
                announcements.subscribe(self._channel)
                self._worn = None
                self._heard_at, self._has_asked = time.monotonic(), False
            self._wear_badge(announcements)
            self._listen(announcements)
        except Exception as error:
            if not isinstance(error, RedisError | OSError):  # a subscription cut off at a bad moment fails in odd ways
                log.exception("waiting_failed")
            _close(announcements)
            self._stopping.wait(POLL_SECONDS)
            return None
        return announcements

    def _listen(self, announcements: PubSub) -> None:
        if announcements.get_message(timeout=POLL_SECONDS) is not None:
            self._heard_at, self._has_asked = time.monotonic(), False
        silence = time.monotonic() - self._heard_at
        if silence > MUTE_SECONDS and self._has_asked:
            raise RedisConnectionError("nothing is heard on the subscription")
        if silence > QUIET_SECONDS and not self._has_asked:
            announcements.ping()
            self._has_asked = True

    def _wear_badge(self, announcements: PubSub) -> None:
        badge = self._badge()
        if badge != self._worn:
            if badge is not None:
                announcements.subscribe(badge)
            if self._worn is not None:
                announcements.unsubscribe(self._worn)  # type: ignore[no-untyped-call]
            self._worn = badge


def _close(announcements: PubSub | None) -> None:
    if announcements is not None:
        with contextlib.suppress(RedisError, OSError):
            announcements.close()
