"""gunicorn's worker with threads, made patient: no thread and no event loop ever waits for a client.

A thread of gunicorn's own worker reads the request and writes the answer, and its event loop waits for a client that
does not close: a handful of callers that send half a request, or do not read, hold up everybody. Here the event loop
gathers a request until all of it has arrived and hands it to a thread then; what the client does not take at once is
sent by the event loop too. So threads wait for no client, and a few of them, or one, are enough.

A lookup waits for nothing but the processor, as all it needs is in memory. Whatever else is asked may wait for Redis,
for the ledger's database or for who vouches for people, and each may hang: so lookups have threads of their own, as
many as everything else has. So have batches, each of which takes its thread for up to ten seconds.

With TLS in gunicorn itself it is gunicorn's own worker: leave TLS to a proxy.
"""

import errno
import re
import selectors
import socket
import time
from concurrent.futures import Executor, Future
from functools import partial
from types import FrameType
from typing import Any

from gunicorn.workers.gthread import TConn

from flagging.serving.arriving import Arrival, Arriving
from flagging.serving.patient_socket import PatientSocket
from flagging.serving.waiting_worker import (
    READ_BYTES,
    REQUEST_SECONDS,
    PatientConnection,
    WaitingWorker,
)

ANSWER_SECONDS = 60.0
"""Within which an answer must have been taken."""
# Whoever was there is gone, or their network is (accept(2)): the next one may well be there.
NOBODY_THERE = (
    errno.EAGAIN,
    errno.EWOULDBLOCK,
    errno.ECONNABORTED,
    errno.EPROTO,
    errno.ENOPROTOOPT,
    errno.EHOSTDOWN,
    errno.ENONET,
    errno.EHOSTUNREACH,
    errno.ENETDOWN,
    errno.ENETUNREACH,
)
NO_MORE_FILES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
LOOKUP = re.compile(rb"POST (?:https?://[^/ ]*)?/v1/lookups(/batch)?[ ?]")
TIMED_OUT = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class PatientWorker(WaitingWorker):
    """One process: it gathers requests, has its threads answer them, and sends what was not taken at once."""

    lookup_threads: Executor
    batch_threads: Executor

    def init_process(self) -> None:
        self.lookup_threads, self.batch_threads = self.get_thread_pool(), self.get_thread_pool()
        super().init_process()

    def run(self) -> None:
        super().run()
        self._take_on_no_more()

    def handle_quit(self, sig: int, frame: FrameType | None) -> None:
        self._take_on_no_more()
        super().handle_quit(sig, frame)

    def _take_on_no_more(self) -> None:
        for threads in (self.lookup_threads, self.batch_threads):
            threads.shutdown(wait=False)

    # -- a request arrives -------------------------------------------------------------------------------------------

    def take_connection(self, listener: socket.socket) -> bool:
        """Take one connection, if it is there still and the system has a file for it: else see who can make room."""
        try:
            if self.cfg.is_ssl:
                return super().take_connection(listener)
            client, address = listener.accept()
        except OSError as error:
            if error.errno in NO_MORE_FILES:
                self.note_lack(error)
                return False
            if error.errno not in NOBODY_THERE:
                raise
            return True
        ours = PatientSocket(client.family, client.type, client.proto, fileno=client.detach())
        self.nr_conns += 1
        self.enqueue_req(PatientConnection(self, ours, address, listener.getsockname()))
        return True

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
        if conn.counted and self.has_gathered_too_much:
            return  # room is made after this round
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
            if arriving.waits_for_leave and not conn.has_leave:
                conn.has_leave = True
                self._say(conn, CONTINUE)
            return False
        conn.is_hopeless = arrival is Arrival.HOPELESS
        self._hand_over(conn, bytes(arriving.content))
        return True

    def _hand_over(self, conn: PatientConnection, content: bytes) -> None:
        """Have a thread answer a request, once one is free: until then it counts among what is held."""
        self._count(conn, len(content))
        conn.arriving, conn.data_ready, conn.is_new = None, True, False
        conn.init()
        conn.parser.unreader.unread(content)
        answering = self._threads_for(content).submit(self.handle, conn)
        answering.add_done_callback(lambda done: self.method_queue.defer(self._finish, conn, done))

    def _finish(self, conn: PatientConnection, done: Future[Any]) -> None:
        self._count(conn, 0)
        self.finish_request(conn, done)

    def _threads_for(self, content: bytes) -> Executor:
        found = LOOKUP.match(content)
        others: Executor = self.tpool
        if found is None:
            return others
        return self.batch_threads if found[1] else self.lookup_threads

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

    @staticmethod
    def _say(conn: PatientConnection, words: bytes) -> None:
        try:
            conn.sock.sendall(words)
        except OSError:
            return
