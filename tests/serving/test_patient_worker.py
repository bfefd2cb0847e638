"""Real gunicorn, one process with one thread: whatever other clients do or leave undone, the next one is answered."""

import socket

import pytest
from slow_server import HEAD, read_answer, serving

MANY = 40


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with serving(tmp_path_factory.mktemp("serving"), port) as server:
        yield server


SLOW = {
    "says nothing": b"",
    "half a head": HEAD + b"Content-Le",
    "half a body": HEAD + b"Content-Length: 100\r\n\r\nhalf",
    "half its chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
    "does not read": b"GET /long HTTP/1.1\r\nHost: a.example\r\n\r\n",
    "does not read a file": b"GET /file HTTP/1.1\r\nHost: a.example\r\n\r\n",
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


@pytest.mark.parametrize("words", ["does not read", "does not read a file"])
def test_a_long_answer_arrives_whole_however_slowly_it_is_read(server, words):
    with server.connect() as connection:
        connection.sendall(SLOW[words])
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
