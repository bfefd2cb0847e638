"""Real gunicorn, one process with one thread: whatever other clients do or leave undone, the next one is answered."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from flagging.children import start_child, stop_child

PATIENCE = 60.0
HERE = Path(__file__).parent
HEAD = b"POST /body HTTP/1.1\r\nHost: a.example\r\n"
MANY = 40


class Server:
    def __init__(self, port: int, child: subprocess.Popen, log: Path) -> None:
        self.port, self.child, self.log = port, child, log

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def ask(self, path: str = "/body", body: bytes | None = b"12345") -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("POST", path, body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def ask_who_closes(self) -> bytes | None:
        """Return what a process answers that closes the connection, as one does that has been told to stop."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with closing(connection):
            connection.request("POST", "/body", b"12345")
            answer = connection.getresponse()
            return answer.read() if answer.will_close else None

    def connected(self) -> http.client.HTTPConnection | None:
        """None where nobody listens, after a moment."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.connect()
        except ConnectionRefusedError:
            time.sleep(0.01)
            return None
        return connection

    def await_up(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with suppress(OSError, http.client.HTTPException):
                return self.ask()
            time.sleep(0.05)
        raise AssertionError("it does not answer")

    def await_log(self, words: str) -> None:
        self.await_true(lambda: words in self.log.read_text(encoding="utf-8"))

    def await_true(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not is_so():
            assert time.monotonic() < deadline, self.log.read_text(encoding="utf-8")[-2000:]
            time.sleep(0.01)


@contextmanager
def serving(directory: Path, port: int, *options: str, environ: dict[str, str] | None = None):
    argv = [
        sys.executable, "-m", "gunicorn", "--chdir", str(HERE), "--bind", f"127.0.0.1:{port}", "--threads", "1",
        "--worker-class", "flagging.serving.patient_worker.PatientWorker", "--keep-alive", "30",
        "--no-control-socket", "--config", str(HERE / "stopping_conf.py"), *options, "slow_app:app",
    ]  # fmt: skip
    child = start_child(argv, log=directory / "log", environ=os.environ | (environ or {}))
    server = Server(port, child, directory / "log")
    try:
        server.await_up()
        yield server
    finally:
        stop_child(child, PATIENCE)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with serving(tmp_path_factory.mktemp("serving"), port) as server:
        yield server


def read_answer(connection: socket.socket) -> tuple[int, bytes]:
    with closing(http.client.HTTPResponse(connection)) as answer:
        answer.begin()
        return answer.status, answer.read()


SLOW = {
    "says nothing": b"",
    "half a head": HEAD + b"Content-Le",
    "half a body": HEAD + b"Content-Length: 100\r\n\r\nhalf",
    "half its chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
    "does not read": b"GET /long HTTP/1.1\r\nHost: a.example\r\n\r\n",
    "does not close": b"GET /unread HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n",
    "does not send what it announced": HEAD + b"Content-Length: 99999999\r\n\r\nhalf",
}


@pytest.mark.parametrize("words", SLOW.values(), ids=SLOW)
def test_many_slow_clients_hold_nobody_up(server, words):
    slow = [server.connect() for _ in range(MANY)]
    try:
        for connection in slow:
            connection.sendall(words)
        for _ in range(3):
            assert server.ask()[1].startswith(b"5 ")
    finally:
        for connection in slow:
            connection.close()


CUT_UP = {
    "byte by byte": [bytes([byte]) for byte in HEAD + b"Content-Length: 3\r\n\r\nabc"],
    "in chunks": [HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"2\r\nab", b"\r\n1\r\nc\r\n0\r\n", b"\r\n"],
    "head and body": [HEAD + b"Content-Length: 3\r\n\r\n", b"abc"],
}


@pytest.mark.parametrize("parts", CUT_UP.values(), ids=CUT_UP)
def test_a_request_in_pieces_is_answered_and_its_connection_kept(server, parts):
    with server.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(2):
            for part in parts:
                connection.sendall(part)
            assert read_answer(connection)[1].startswith(b"3 ")


def test_requests_sent_without_waiting_are_answered_in_turn(server):
    with server.connect() as connection:
        one, other = HEAD + b"Content-Length: 1\r\n\r\na", HEAD + b"Content-Length: 2\r\n\r\nbc"
        connection.sendall(one + other + one[:20])
        told = b""
        while b"\r\n\r\n2 " not in told:
            told += connection.recv(1000)
        assert b"\r\n\r\n1 " in told
        connection.sendall(one[20:])
        assert read_answer(connection)[1].startswith(b"1 ")


def test_a_body_that_waits_for_leave_gets_it(server):
    with server.connect() as connection:
        connection.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.sendall(b"abc")
        assert read_answer(connection)[1].startswith(b"3 ")


def test_a_long_answer_arrives_whole_however_slowly_it_is_read(server):
    with server.connect() as connection:
        connection.sendall(SLOW["does not read"])
        assert server.ask()[0] == 200
        status, answer = read_answer(connection)
        assert (status, len(answer)) == (200, 4_000_000)
        connection.sendall(HEAD + b"Content-Length: 1\r\n\r\na")
        assert read_answer(connection)[1].startswith(b"1 ")


@pytest.mark.parametrize("words", [b"\x16\x03\x01 nonsense\r\n\r\n", HEAD + b"Content-Length: x\r\n\r\n"])
def test_what_is_no_request_is_told_so(server, words):
    with server.connect() as connection:
        connection.sendall(words)
        assert read_answer(connection)[0] == 400


@contextmanager
def asking(server, number: int = 4):
    """Ask all the while, on connections kept and new ones; collect what was not answered as it should.

    Where nobody listens nothing was sent.
    """
    lost, answered, stopping = [], [0], threading.Event()

    def ask(is_kept: bool) -> None:
        connection = None
        while not stopping.is_set():
            connection = connection or server.connected()
            if connection is None:
                continue
            try:
                connection.request("POST", "/body", b"12345")
                answer = connection.getresponse()
                if answer.status != 200 or not answer.read().startswith(b"5 "):
                    lost.append(answer.status)
                answered[0] += 1
                if answer.will_close or not is_kept:
                    connection.close()
                    connection = None
            except (OSError, http.client.HTTPException) as error:
                lost.append(repr(error))
                connection.close()
                connection = None
        if connection is not None:
            connection.close()

    threads = [threading.Thread(target=ask, args=(position % 2 == 0,)) for position in range(number)]
    for thread in threads:
        thread.start()
    try:
        yield lost, answered
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


def test_a_reload_loses_no_request(server):
    before = server.ask()[1]
    with asking(server) as (lost, answered):
        os.kill(server.child.pid, signal.SIGHUP)
        deadline = time.monotonic() + PATIENCE
        while server.ask()[1] == before or answered[0] < 50:
            assert time.monotonic() < deadline
    assert lost == []


def test_until_a_successor_serves_all_old_processes_go_on_answering(tmp_path, free_port):
    sign = tmp_path / "sign"
    sign.touch()
    options = ("--workers", "2", "--graceful-timeout", "120")
    with serving(tmp_path, free_port, *options, environ={"STARTS_ONCE_THERE_IS": str(sign)}) as server:
        before: set[bytes] = set()
        server.await_true(lambda: before.add(server.ask()[1]) or len(before) == 2)
        sign.unlink()
        os.kill(server.child.pid, signal.SIGHUP)
        for _ in range(3):
            retiring: set[bytes | None] = set()
            server.await_true(lambda: retiring.add(server.ask_who_closes()) or before <= retiring)  # noqa: B023
            assert retiring <= {*before, None}
        sign.touch()
        server.await_true(lambda: server.ask()[1] not in before)


def test_a_killed_process_costs_each_caller_no_more_than_the_request_it_had_in_hand(tmp_path, free_port):
    with serving(tmp_path, free_port, "--workers", "2") as server, asking(server) as (lost, answered):
        killed = server.ask()[1].split()[1]
        os.kill(int(killed), signal.SIGKILL)
        deadline, before = time.monotonic() + PATIENCE, answered[0]
        while answered[0] < before + 200:
            assert time.monotonic() < deadline, lost
            time.sleep(0.01)
    assert all(isinstance(each, str) for each in lost), f"answered, but wrongly: {lost}"
    assert len(lost) <= 4, "more than one for each of those who ask"


def test_a_stop_loses_nobody_who_has_connected_and_turns_away_who_has_not(tmp_path, free_port):
    with serving(tmp_path, free_port, "--workers", "2") as server:
        with asking(server, 6) as (lost, answered), server.connect() as connected:
            server.await_true(lambda: answered[0] > 50)
            server.child.terminate()
            connected.sendall(HEAD + b"Content-Length: 3\r\n\r\nabc")
            assert read_answer(connected)[1].startswith(b"3 ")
            assert server.child.wait(PATIENCE) == 0
        assert lost == []
        with pytest.raises(ConnectionRefusedError):
            server.connect()


def test_a_stop_answers_what_has_arrived(tmp_path, free_port):
    with serving(tmp_path, free_port) as server:
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(server.ask("/slow"))) for _ in range(3)]
        for thread in threads:
            thread.start()
        time.sleep(0.2)
        server.child.terminate()
        for thread in threads:
            thread.join()
        assert [status for status, _ in answers] == [200, 200, 200]
        assert server.child.wait(PATIENCE) == 0
