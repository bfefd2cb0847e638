"""Who the event loop of a worker waits for, for how long, and who makes room when there are too many.

A process takes so many connections and no more, and has so many files to take them with. Somebody who connects again
and again, or keeps connections open without asking, must not use them all up: whoever has been waited for longest goes.

Nor does it hold more than so much of unfinished requests. Somebody who sends many long ones slowly must not have those
of others cut off: whoever has held most for longest gives way. Addresses do not count, as behind a proxy all have one.
"""

import errno
import selectors
import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gunicorn import util
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn

from flagging.serving.patient_socket import PatientSocket
from flagging.serving.retiring_worker import RetiringWorker

if TYPE_CHECKING:
    from flagging.serving.arriving import Arriving

REQUEST_SECONDS = 10.0
"""Within which a request must have arrived from its first byte, or a new connection have sent one."""
MERCY_SECONDS = 1.0
"""For so long at least the first request of a connection is waited for, even where connections run out."""
LOOK_SECONDS = 0.25
BREATH_SECONDS = 0.01
COMPLAINT_SECONDS = 60.0
LINGER_SECONDS = 2.0
MOST_LINGERING = 200
READ_BYTES = 1 << 16
MOST_GATHERED = 64 * 1024 * 1024
"""Bytes of requests in one process that have not arrived whole, or are not answered yet."""


class PatientConnection(TConn):  # type: ignore[misc]
    """A connection that the event loop waits for, since when, and `until` when.

    `is_counted` is whether it is one of the connections that a process takes so many of, `is_new` whether no request of
    it has arrived yet.
    """

    def __init__(self, worker: "WaitingWorker", client: PatientSocket, address: Any, listener: Any) -> None:
        super().__init__(worker.cfg, client, address, listener)
        self.worker = worker
        self.arriving: Arriving | None = None
        self.is_hopeless = False
        self.has_leave = False
        self.is_counted = True
        self.is_new = True
        self.counted = 0
        self.since = self.until = 0.0

    def set_timeout(self) -> None:
        """Called by gunicorn when it begins to wait for another request."""
        super().set_timeout()
        self.since = time.monotonic()

    def close(self, graceful: bool = False) -> None:  # noqa: FBT001, FBT002 gunicorn's own signature
        if graceful:
            self.worker.linger(self)
        else:
            util.close(self.sock)


class WaitingWorker(RetiringWorker):
    """`waiting` are connections the event loop waits for, oldest first, each with what is done if it was in vain.

    Kept open without a request waited for they are gunicorn's `keepalived_conns`, oldest first as well.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.waiting: dict[PatientConnection, Callable[[PatientConnection], None]] = {}
        self.lingering = 0
        self.gathered = 0
        self.lacking = 0
        self.next_look = 0.0
        self.next_complaint = 0.0

    # -- waiting -----------------------------------------------------------------------------------------------------

    def murder_pending(self) -> None:
        """Give up what has been waited for long enough, and make room. Called by gunicorn after every round of events.

        Only then: what is dropped while others are seen to may have an event of its own in the same round.
        """
        super().murder_pending()
        now = time.monotonic()
        if now >= self.next_look:
            self.next_look = now + LOOK_SECONDS
            self._give_up(now)
        if self.has_gathered_too_much:
            self._gather_less(now)
        while self.nr_conns >= self.worker_connections and self._make_room(now - MERCY_SECONDS):
            pass
        if self.lacking:
            # Where the whole system has no more it helps nobody to drop anybody.
            if self.lacking != errno.EMFILE or not self._free_a_file(now):
                time.sleep(BREATH_SECONDS)  # all are being answered, or gunicorn's own: one of them will close
            self.lacking = 0

    def _give_up(self, now: float) -> None:
        for conn, give_up in list(self.waiting.items()):
            if not self.alive and conn.arriving is not None:
                conn.until = min(conn.until, now + STOP_KEEPALIVE_LINGER)
            if now >= conn.until:
                self._stop_waiting(conn)
                give_up(conn)

    def _wait(
        self,
        conn: PatientConnection,
        events: int,
        on_event: Callable[[PatientConnection], None],
        give_up: Callable[[PatientConnection], None],
    ) -> None:
        conn.since = time.monotonic()
        try:
            self.poller.register(conn.sock, events, lambda _sock: on_event(conn))
        except (ValueError, OSError):  # it was closed by whoever answered, or the system waits for too many
            give_up(conn)
            return
        self.waiting[conn] = give_up

    def _stop_waiting(self, conn: PatientConnection) -> None:
        if self.waiting.pop(conn, None):
            self.poller.unregister(conn.sock)

    # -- too much gathered -------------------------------------------------------------------------------------------

    @property
    def has_gathered_too_much(self) -> bool:
        return self.gathered > MOST_GATHERED

    def _gather_less(self, now: float) -> None:
        """Give up requests that hold most for longest, bytes times seconds, until there is room.

        A long request that arrives as fast as it can is never among them while others that are as long take their time.
        """
        unfinished = [conn for conn in self.waiting if conn.counted]
        unfinished.sort(key=lambda conn: conn.counted * (now - conn.since))
        while self.has_gathered_too_much and unfinished:
            conn = unfinished.pop()
            give_up = self.waiting[conn]
            self._stop_waiting(conn)
            give_up(conn)

    # -- too many connections ----------------------------------------------------------------------------------------

    @property
    def max_keepalived(self) -> int:
        """How many connections are kept open between requests: none where they have run out.

        gunicorn asks as an answer begins, which then says that the connection closes. Otherwise somebody who sends many
        requests at once would have it until all are answered.
        """
        return 0 if self.nr_conns >= self.worker_connections else self._most_kept

    @max_keepalived.setter
    def max_keepalived(self, most: int) -> None:
        self._most_kept = most

    def _make_room(self, before: float) -> bool:
        """Drop whoever has been waited for longest; tell whether there was anybody, in the middle of something or not.

        Better than taking no connections any more, which is what gunicorn does: one caller could have them all. Whoever
        has connected after the time `before` and not asked yet stays, and of whom something has arrived unread.
        """
        if self.cfg.is_ssl:
            return False
        counted = (conn for conn in self.waiting if conn.is_counted and (not conn.is_new or conn.since <= before))
        amid = next((conn for conn in counted if conn.arriving is None or not conn.sock.has_more()), None)
        kept = next((conn for conn in self.keepalived_conns if not conn.sock.has_more()), None)
        if amid is not None and (kept is None or amid.since <= kept.since):
            self._stop_waiting(amid)
            self._drop(amid)
        elif kept is not None:
            self.keepalived_conns.remove(kept)
            self.poller.unregister(kept.sock)
            self._drop(kept)
        else:
            return False
        return True

    def _free_a_file(self, now: float) -> bool:
        """Close a connection whose answer has gone, or else make room; tell whether there was one."""
        answered = next((conn for conn in self.waiting if not conn.is_counted), None)
        if answered is None:
            return self._make_room(now - MERCY_SECONDS) or self._make_room(now)
        self._stop_waiting(answered)
        self._end_lingering(answered)
        return True

    def note_lack(self, error: OSError) -> None:
        """Somebody has connected for whom there is no file, or no memory: see after this round what can be done."""
        self.lacking = error.errno or 0
        now = time.monotonic()
        if now >= self.next_complaint:
            self.next_complaint = now + COMPLAINT_SECONDS
            self.log.warning("a connection could not be taken: %s", error.strerror)

    def _drop(self, conn: PatientConnection) -> None:
        self._count(conn, 0)
        conn.arriving, conn.is_counted = None, False
        self.nr_conns -= 1
        conn.close()

    def _count(self, conn: PatientConnection, size: int) -> None:
        self.gathered += size - conn.counted
        conn.counted = size

    # -- an end -------------------------------------------------------------------------------------------------------

    def linger(self, conn: PatientConnection) -> None:
        """Close a connection that is counted no more, once the client has: it might lose the answer otherwise."""
        conn.is_counted = False
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            util.close(conn.sock)
            return
        if self.lingering >= MOST_LINGERING:
            util.close(conn.sock)
            return
        self.lingering += 1
        conn.until = time.monotonic() + LINGER_SECONDS
        self._wait(conn, selectors.EVENT_READ, self._read_away, self._end_lingering)

    def _read_away(self, conn: PatientConnection) -> None:
        try:
            is_over = conn.sock.read_now(READ_BYTES) == b""
        except OSError:
            is_over = True
        if is_over:
            self._stop_waiting(conn)
            self._end_lingering(conn)

    def _end_lingering(self, conn: PatientConnection) -> None:
        self.lingering -= 1
        util.close(conn.sock)
