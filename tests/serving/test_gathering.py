"""Real gunicorn, one process: whoever sends many long requests and ends none has nobody else's cut off."""

import select
import socket
from contextlib import ExitStack, suppress

import pytest
from slow_server import HEAD, PATIENCE, Server, read_answer, serving

from flagging.serving.arriving import MOST_BODY_BYTES
from flagging.serving.waiting_worker import MOST_GATHERED

LONG = HEAD + f"Content-Length: {MOST_BODY_BYTES}\r\n\r\n".encode()
TOO_MANY = MOST_GATHERED // MOST_BODY_BYTES + 6
"""So many long requests of which all but a byte has arrived are more than a process holds."""


@pytest.fixture
def server(tmp_path, free_port):
    with serving(tmp_path, free_port) as server:
        yield server


@pytest.fixture
def stack():
    with ExitStack() as stack:
        yield stack


def begin(server: Server, stack: ExitStack, words: bytes) -> socket.socket:
    connection = stack.enter_context(server.connect())
    connection.sendall(words)
    return connection


def end_none(server: Server, stack: ExitStack, number: int) -> list[socket.socket]:
    """Send so many long requests but for the last byte of each."""
    return [begin(server, stack, LONG + b"x" * (MOST_BODY_BYTES - 1)) for _ in range(number)]


def end_none_of_too_many(server: Server, stack: ExitStack) -> list[socket.socket]:
    """Send so many of them that somebody has to give way, and wait until somebody has."""
    held = end_none(server, stack, TOO_MANY)
    assert select.select(held, [], [], PATIENCE)[0]
    return held


def test_a_long_request_is_answered_while_somebody_sends_many_and_ends_none(server, stack):
    end_none_of_too_many(server, stack)
    arriving = begin(server, stack, LONG + b"x" * (MOST_BODY_BYTES // 2))
    end_none(server, stack, 6)
    arriving.sendall(b"x" * (MOST_BODY_BYTES - MOST_BODY_BYTES // 2))
    status, told = read_answer(arriving)
    assert (status, int(told.split()[0])) == (200, MOST_BODY_BYTES)


def test_whoever_has_held_most_for_longest_gives_way_and_nobody_else(server, stack):
    small = begin(server, stack, HEAD + b"Content-Length: 2\r\n\r\na")
    first, *_, last = end_none_of_too_many(server, stack)
    last.sendall(b"x")
    small.sendall(b"b")
    assert read_answer(last)[0] == 200
    assert read_answer(small)[1].startswith(b"2 ")
    assert read_answer(first)[0] == 408


def test_what_waits_for_a_busy_thread_counts_as_held_too(tmp_path, free_port, stack):
    hangs, until = tmp_path / "hangs", tmp_path / "until"
    environ = {"HANGS": str(hangs), "HANGS_UNTIL_THERE_IS": str(until)}
    with serving(tmp_path, free_port, environ=environ) as server:
        try:
            busy = begin(server, stack, HEAD.replace(b"/body", b"/body?hang") + b"Content-Length: 0\r\n\r\n")
            server.await_true(hangs.exists)
            whole = [begin_whole(server, stack) for _ in range(TOO_MANY)]
            turned_away = select.select(whole, [], [], PATIENCE)[0]
            assert {read_answer(each)[0] for each in turned_away} == {408}
        finally:
            until.touch()
        assert read_answer(busy)[0] == 200
        assert server.ask()[0] == 200


def begin_whole(server: Server, stack: ExitStack) -> socket.socket:
    """Send a long request whole, or as much of it as is taken."""
    connection = begin(server, stack, LONG)
    with suppress(OSError):
        connection.sendall(b"x" * MOST_BODY_BYTES)
    return connection
