"""gunicorn's worker with threads, made patient: no thread and no event loop ever waits for a client.

A thread of gunicorn's own worker reads the request and writes the answer, and its event loop waits for a client that
does not close: a handful of callers that send half a request, or do not read, hold up everybody. Here the event loop
gathers a request until all of it has arrived and hands it to a thread then; what the client does not take at once is
sent by the event loop too. So threads wait for nobody, and a few of them, or one, are enough.

With TLS in gunicorn itself it is gunicorn's own worker: leave TLS to a proxy.
"""

import errno
import selectors
import socket
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from gunicorn import util
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn

from flagging.serving.arriving import Arrival, Arriving
from flagging.serving.patient_socket import PatientSocket
from flagging.serving.retiring_worker import RetiringWorker

REQUEST_SECONDS = 10.0
"""Within which a request must have arrived from its first byte, or a new connection have sent one."""
ANSWER_SECONDS = 60.0
"""Within which an answer must have been taken."""
LINGER_SECONDS = 2.0
MOST_LINGERING = 200
READ_BYTES = 1 << 16
MOST_GATHERED = 64 * 1024 * 1024
"""Bytes of unfinished requests in one process; while there are more, long ones are turned away."""
LONG = 1 << 16
SPARE_CONNECTIONS = 50
TIMED_OUT = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class PatientConnection(TConn):  # type: ignore[misc]
    """A connection that the event loop waits for; `until` is when it has waited long enough."""

    def __init__(self, worker: "PatientWorker", client: PatientSocket, address: Any, listener: Any) -> None:
        super().__init__(worker.cfg, client, address, listener)
        self.worker = worker
        self.arriving: Arriving | None = None
        self.is_hopeless = False
        self.has_leave = False
        self.counted = 0
        self.until = 0.0

    def close(self, graceful: bool = False) -> None:  # noqa: FBT001, FBT002 gunicorn's own signature
        if graceful:
            self.worker.linger(self)
        else:
            util.close(self.sock)


class PatientWorker(RetiringWorker):
    """`waiting` are connections the event loop waits for, oldest first, each with what is done if it was in vain."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.waiting: dict[PatientConnection, Callable[[PatientConnection], None]] = {}
        self.lingering = 0
        self.gathered = 0
        self.next_look = 0.0

    # -- a request arrives -------------------------------------------------------------------------------------------

    def take_connection(self, listener: socket.socket) -> None:
        if self.cfg.is_ssl:
            super().take_connection(listener)
            return
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        ours = PatientSocket(client.family, client.type, client.proto, fileno=client.detach())
        self.nr_conns += 1
        if self.nr_conns >= self.worker_connections - SPARE_CONNECTIONS:
            self._make_room()
        self.enqueue_req(PatientConnection(self, ours, address, listener.getsockname()))

    def enqueue_req(self, conn: TConn) -> None:
        """Gather the next request of a connection, beginning with what may have arrived with the last one."""
        if not isinstance(conn, PatientConnection):
            super().enqueue_req(conn)
            return
        conn.arriving, conn.has_leave = Arriving(), False
        conn.until = time.monotonic() + REQUEST_SECONDS
        before = conn.parser.unreader.take_buffered() if conn.parser else b""
        if before and self._take(conn, before):
            return
        if self._read(conn):
            self._wait(conn, selectors.EVENT_READ, self._read_more, self._give_up_request)

    def _read_more(self, conn: PatientConnection) -> None:
        if not self._read(conn):
            self._stop_waiting(conn)

    def _read(self, conn: PatientConnection) -> bool:
        """Take what has arrived; tell whether more of the request is to be waited for."""
        try:
            more = conn.sock.read_now(READ_BYTES)
        except OSError:
            more = b""
        if more is None:
            return True
        if not more:
            self._drop(conn)
            return False
        return not self._take(conn, more)

    def _take(self, conn: PatientConnection, more: bytes) -> bool:
        """Add to what was gathered; tell whether the request has left our hands: to a thread, or turned away."""
        arriving = conn.arriving
        assert arriving is not None  # noqa: S101 only ever gathered for # nosec B101
        arrival = arriving.add(more)
        if arrival is Arrival.PARTIAL:
            self._count(conn, len(arriving.content))
            if self.gathered > MOST_GATHERED and len(arriving.content) > LONG:
                self._drop(conn)
                return True
            if arriving.waits_for_leave and not conn.has_leave:
                conn.has_leave = True
                self._say(conn, CONTINUE)
            return False
        self._count(conn, 0)
        conn.is_hopeless = arrival is Arrival.HOPELESS
        self._hand_over(conn, bytes(arriving.content))
        return True

    def _hand_over(self, conn: PatientConnection, content: bytes) -> None:
        conn.arriving, conn.data_ready = None, True
        conn.init()
        conn.parser.unreader.unread(content)
        super().enqueue_req(conn)

    def _give_up_request(self, conn: PatientConnection) -> None:
        if conn.arriving and conn.arriving.content:
            self._say(conn, TIMED_OUT)
        self._drop(conn)

    # -- an answer leaves --------------------------------------------------------------------------------------------

    def finish_request(self, conn: TConn, fs: Any) -> None:
        """Wait until the client has taken the answer, then go on as gunicorn does."""
        if isinstance(conn, PatientConnection) and conn.sock.unsent:
            conn.until = time.monotonic() + ANSWER_SECONDS
            self._wait(conn, selectors.EVENT_WRITE, partial(self._send_more, fs), self._drop)
        else:
            super().finish_request(conn, fs)

    def _send_more(self, fs: Any, conn: PatientConnection) -> None:
        try:
            is_sent = conn.sock.flush()
        except OSError:
            self._stop_waiting(conn)
            self._drop(conn)
            return
        if is_sent:
            self._stop_waiting(conn)
            super().finish_request(conn, fs)

    def _keepalive_after(self, conn: TConn, keepalive: bool) -> bool:  # noqa: FBT001 gunicorn's own signature
        if isinstance(conn, PatientConnection) and conn.is_hopeless:
            return False
        return bool(super()._keepalive_after(conn, keepalive))

    def linger(self, conn: PatientConnection) -> None:
        """Close a connection that is counted no more, once the client has: it might lose the answer otherwise."""
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

    # -- waiting -----------------------------------------------------------------------------------------------------

    def murder_pending(self) -> None:
        """Give up what has been waited for long enough. Called by gunicorn after every round of events."""
        super().murder_pending()
        now = time.monotonic()
        if now < self.next_look:
            return
        self.next_look = now + 0.25
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
        def go_on(_sock: PatientSocket) -> None:
            if self.waiting.get(conn) is give_up:  # not dropped since, by what happened at the same time
                on_event(conn)

        self.waiting[conn] = give_up
        self.poller.register(conn.sock, events, go_on)

    def _stop_waiting(self, conn: PatientConnection) -> None:
        if self.waiting.pop(conn, None):
            self.poller.unregister(conn.sock)

    def _make_room(self) -> None:
        """Drop whoever has kept us waiting for a request longest: better than taking no connections any more."""
        oldest = next((conn for conn in self.waiting if conn.arriving is not None), None)
        if oldest is not None:
            self._stop_waiting(oldest)
            self._drop(oldest)

    def _drop(self, conn: PatientConnection) -> None:
        self._count(conn, 0)
        conn.arriving = None
        self.nr_conns -= 1
        conn.close()

    def _count(self, conn: PatientConnection, size: int) -> None:
        self.gathered += size - conn.counted
        conn.counted = size

    @staticmethod
    def _say(conn: PatientConnection, words: bytes) -> None:
        try:
            conn.sock.sendall(words)
        except OSError:
            return
