"""Real gunicorn, one process: somebody who takes all connections, or all files there are for them, locks nobody out."""

import http.client
import resource
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from slow_server import HEAD, PATIENCE, Server, read_answer, serving
from sweeps import first_of

ROOM = 20
MANY = 3 * ROOM
ASKED = HEAD + b"Content-Length: 1\r\n\r\na"
HOLDING_ON = {
    "asks once": ASKED,
    "says nothing": b"",
    "asks half": ASKED[:-1],
    "does not read": b"GET /long HTTP/1.1\r\nHost: a.example\r\n\r\n",
}
NEVER_CLOSING = ("--keep-alive", "600", "--worker-connections", str(ROOM))


def hold_on(server: Server, stack: ExitStack, words: bytes, number: int) -> None:
    """Connect so many times, say these words, and keep the connections open."""
    for _ in range(number):
        connection = stack.enter_context(server.connect())
        connection.sendall(words)
        if words == ASKED:
            assert read_answer(connection)[0] == 200


@pytest.mark.parametrize("words", first_of(HOLDING_ON.values(), HOLDING_ON))
def test_whoever_holds_on_to_all_connections_locks_nobody_out(tmp_path, free_port, words):
    with serving(tmp_path, free_port, *NEVER_CLOSING) as server, ExitStack() as stack:
        hold_on(server, stack, words, MANY)
        assert server.ask()[0] == 200


def test_whoever_is_about_to_ask_stays_while_others_have_kept_a_connection_for_longer(tmp_path, free_port):
    with serving(tmp_path, free_port, *NEVER_CLOSING) as server, ExitStack() as stack:
        hold_on(server, stack, ASKED, MANY)
        asking = stack.enter_context(server.connect())
        asking.sendall(ASKED[:-1])
        hold_on(server, stack, ASKED, ROOM // 2)
        asking.sendall(ASKED[-1:])
        assert read_answer(asking)[0] == 200


def test_whoever_asks_again_and_again_on_all_connections_locks_nobody_out(tmp_path, free_port):
    """Each answer comes with another request begun, so that they are always in the middle of a new one."""
    with serving(tmp_path, free_port, *NEVER_CLOSING) as server, ExitStack() as stack:
        held = [stack.enter_context(server.connect()) for _ in range(ROOM)]
        for connection in held:
            connection.sendall(ASKED[:1])
        stopping, asked = threading.Event(), threading.Event()

        def ask_on() -> None:
            while not stopping.is_set():
                for connection in held:
                    with suppress(OSError, http.client.HTTPException):  # some have made room
                        connection.sendall(ASKED[1:] + ASKED[:1])
                        read_answer(connection)
                asked.set()

        thread = threading.Thread(target=ask_on)
        thread.start()
        try:
            assert asked.wait(PATIENCE)
            assert server.ask()[0] == 200
        finally:
            stopping.set()
            thread.join()


def test_whoever_sends_many_requests_at_once_on_all_connections_does_not_keep_them_until_all_are_answered(
    tmp_path, free_port
):
    with serving(tmp_path, free_port, *NEVER_CLOSING) as server, ExitStack() as stack:
        held = [stack.enter_context(server.connect()) for _ in range(ROOM)]
        for connection in held:
            connection.sendall(500 * ASKED)
        assert server.ask()[0] == 200
        assert sum(map(answers_until_closed, held)) < ROOM * 500


def answers_until_closed(connection: socket.socket) -> int:
    told = b""
    connection.shutdown(socket.SHUT_WR)
    with suppress(ConnectionResetError):  # of what was sent some is not read any more
        while more := connection.recv(1 << 16):
            told += more
    return told.count(b"HTTP/1.1 200")


def test_a_stop_with_no_files_left_answers_everybody_who_has_connected(tmp_path, free_port):
    options = ("--threads", "4", "--graceful-timeout", "60")
    with serving(tmp_path, free_port, *options, environ={"MOST_OPEN_FILES": "40"}) as server, ExitStack() as stack:
        callers = []
        for _ in range(2 * ROOM):
            callers.append(stack.enter_context(server.connect()))
            callers[-1].sendall(b"GET /slow HTTP/1.1\r\nHost: a.example\r\n\r\n")
        server.await_log("Too many open files")
        server.child.terminate()
        assert [read_answer(connection)[0] for connection in callers] == [200] * len(callers)
        assert server.child.wait(PATIENCE) == 0


@pytest.mark.parametrize("words", first_of(HOLDING_ON.values(), HOLDING_ON))
def test_a_process_that_may_open_no_more_files_goes_on_answering(tmp_path, free_port, words):
    with serving(tmp_path, free_port, "--keep-alive", "600", environ={"MOST_OPEN_FILES": "60"}) as server:
        before = server.ask()[1]
        with ExitStack() as stack:
            hold_on(server, stack, words, MANY)
            assert server.ask()[1] == before, "another process"
        server.await_log("Too many open files")
        assert server.log.read_text(encoding="utf-8").count("Too many open files") == 1


@pytest.mark.parametrize(("most", "allowed", "connections"), [(8192, 4096, 1000), (512, 512, 212)])
def test_a_server_takes_as_many_connections_as_it_may_have_files_for(tmp_path, most, allowed, connections):
    """Where the system begins with fewer, as most do."""
    configured = f"""
import resource, runpy
resource.setrlimit(resource.RLIMIT_NOFILE, (256, {most}))
conf = runpy.run_path("config/gunicorn.conf.py")
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0], conf["worker_connections"])
"""
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] >= most
    told = subprocess.run(
        [sys.executable, "-c", configured],
        cwd=Path(__file__).parents[2],
        env={"FLAGGING_STATE_DIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert told.stdout.split() == [str(allowed), str(connections)]
