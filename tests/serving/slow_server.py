"""Real gunicorn with one thread and an application that tells how long a body was; and clients that ask it."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from flagging.children import start_child, stop_child

PATIENCE = 60.0
HERE = Path(__file__).parent
HEAD = b"POST /body HTTP/1.1\r\nHost: a.example\r\n"


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
        "--no-control-socket", "--config", str(HERE / "gunicorn_conf.py"), *options, "slow_app:app",
    ]  # fmt: skip
    child = start_child(argv, log=directory / "log", environ=os.environ | (environ or {}))
    server = Server(port, child, directory / "log")
    try:
        server.await_up()
        yield server
    finally:
        stop_child(child, PATIENCE)


def read_answer(connection: socket.socket) -> tuple[int, bytes]:
    with closing(http.client.HTTPResponse(connection)) as answer:
        answer.begin()
        return answer.status, answer.read()
