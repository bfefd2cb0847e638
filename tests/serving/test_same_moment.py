"""A worker with a real socket, its events one round at a time: what happens in the same moment, and in which order, is ours."""

import errno
import logging
import os
import selectors
import socket
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing

import pytest
from gunicorn.config import Config
from gunicorn.sock import TCPSocket

from flagging.serving.patient_worker import PatientWorker
from flagging.serving.waiting_worker import PatientConnection

BEGUN = b"POST /v1/lookups HTTP/1.1\r\n"


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[PatientWorker]:
    """One that listens, and makes room when a third connects."""
    monkeypatch.setattr("flagging.serving.waiting_worker.MERCY_SECONDS", 0.0)
    log, cfg = logging.getLogger(__name__), Config()
    cfg.set("threads", 1)
    cfg.set("worker_connections", 3)
    listener = TCPSocket(("127.0.0.1", 0), cfg, log)
    worker = PatientWorker(1, os.getpid(), [listener], None, 30, cfg, log)
    worker.address = listener.getsockname()
    worker.tpool = worker.get_thread_pool()
    worker.poller = selectors.DefaultSelector()
    worker.method_queue.init()
    worker.poller.register(worker.method_queue.fileno(), selectors.EVENT_READ, worker.method_queue.run_callbacks)
    worker.set_accept_enabled(True)
    yield worker
    for connection in worker.waiting:
        connection.sock.close()
    worker.tpool.shutdown()
    worker.poller.close()
    worker.method_queue.close()
    worker.tmp.close()
    listener.close()


def connected(worker: PatientWorker) -> closing:
    return closing(socket.create_connection(worker.address, timeout=10))


def one_round(worker: PatientWorker) -> None:
    """Let the worker see to all that has happened, in the order in which it did, and then to who is to go."""
    worker.wait_for_and_dispatch_events(10)
    worker.murder_pending()


def test_whoever_connects_in_the_moment_a_worker_leaves_off_listening_is_taken(worker: PatientWorker):
    worker.alive = False
    worker.set_accept_enabled(False)
    worker.method_queue.defer(worker._listen_no_more)
    with connected(worker) as client:
        one_round(worker)
        client.sendall(BEGUN)
        one_round(worker)
        (taken,) = worker.waiting
        assert taken.arriving.content == BEGUN


def test_whoever_is_dropped_in_the_moment_they_send_is_counted_off_once(worker: PatientWorker):
    with connected(worker) as first:
        one_round(worker)
        with connected(worker):
            one_round(worker)
            with connected(worker):
                first.sendall(BEGUN)
                one_round(worker)
                assert worker.nr_conns == len(worker.waiting) == 2


def test_whoever_asks_again_in_the_moment_room_is_made_stays(worker: PatientWorker):
    with connected(worker) as first:
        one_round(worker)
        (kept,) = worker.waiting
        keep_open(worker, kept)
        with connected(worker):
            one_round(worker)
            with connected(worker):
                first.sendall(BEGUN)
                one_round(worker)
                assert kept in worker.waiting
                assert worker.nr_conns == len(worker.waiting) == 2


def test_nobody_is_dropped_where_the_whole_system_has_no_more_files(worker: PatientWorker):
    with connected(worker):
        one_round(worker)
        worker.note_lack(OSError(errno.ENFILE, "too many open files in system"))
        worker.murder_pending()
        assert len(worker.waiting) == 1


def keep_open(worker: PatientWorker, connection: PatientConnection) -> None:
    """Leave the connection as it is after an answer."""
    worker._stop_waiting(connection)
    connection.arriving, connection.is_new = None, False
    connection.init()
    is_to_be_kept: Future[bool] = Future()
    is_to_be_kept.set_result(True)
    worker.finish_request(connection, is_to_be_kept)
