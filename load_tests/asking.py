"""Asks a server over a few connections that stay open, and times it; knows nothing but HTTP.

Written with bare sockets: whatever the one who asks needs of the processor is missing to the one who answers.
"""

import selectors
import socket
import time
from collections import Counter
from pathlib import Path

CONNECTIONS = 4
"""So many are under way at a time while throughput is measured: the server never waits for whoever asks."""
NANOSECONDS = 1e9


class Asker:
    """Connections to one server. `head` is what every request carries besides its body."""

    def __init__(self, port, headers=()):
        self._port = port
        self._head = "".join(f"{name}: {value}\r\n" for name, value in headers)

    def one_by_one(self, bodies):
        """Return the seconds that each answer took, asked one after the other."""
        seconds = []
        connection = self._connected()
        try:
            for request in map(self._request, bodies):
                began = time.perf_counter()
                connection.sendall(request)
                if is_last(read_answer(connection)):
                    connection.close()
                    connection = self._connected()
                seconds.append(time.perf_counter() - began)
        finally:
            connection.close()
        return seconds

    def all_at_once(self, bodies):
        """Return the seconds that all answers took, asked over several connections."""
        requests = iter([self._request(body) for body in bodies])
        began = time.perf_counter()
        with selectors.DefaultSelector() as selector:
            for _, request in zip(range(CONNECTIONS), requests, strict=False):
                connection = self._connected()
                connection.sendall(request)
                selector.register(connection, selectors.EVENT_READ)
            while selector.get_map():
                for key, _ in selector.select():
                    connection, closes = key.fileobj, is_last(read_answer(key.fileobj))
                    request = next(requests, None)
                    if request is None or closes:
                        selector.unregister(connection)
                        connection.close()
                    if request is not None and closes:
                        connection = self._connected()
                        selector.register(connection, selectors.EVENT_READ)
                    if request is not None:
                        connection.sendall(request)
        return time.perf_counter() - began

    def without_end(self, bodies, connections, is_over):
        """Ask again on each of several connections as soon as it is answered; return how often with which status."""
        statuses = Counter()
        with selectors.DefaultSelector() as selector:
            for _, body in zip(range(connections), bodies, strict=False):
                self._ask_on(selector, self._connected(), body)
            while not is_over():
                for key, _ in selector.select(timeout=0.1):
                    connection = key.fileobj
                    selector.unregister(connection)
                    status, head = read_any_answer(connection)
                    statuses[status] += 1
                    if is_last(head):
                        connection.close()
                        connection = self._connected()
                    self._ask_on(selector, connection, next(bodies))
            for key in list(selector.get_map().values()):
                key.fileobj.close()
        return statuses

    def _ask_on(self, selector, connection, body):
        connection.sendall(self._request(body))
        selector.register(connection, selectors.EVENT_READ)

    def _connected(self):
        connection = socket.create_connection(("127.0.0.1", self._port), timeout=30)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def _request(self, body):
        return (
            f"POST /v1/lookups HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{self._head}"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body


def read_answer(connection):
    """Read one answer to its end, return its head; raise ValueError unless it is a 200."""
    status, head = read_any_answer(connection)
    if status != 200:
        raise ValueError(f"answered {status}")
    return head


def read_any_answer(connection):
    """Read one answer to its end, return its status and its head."""
    answer = connection.recv(65536)
    while b"\r\n\r\n" not in answer:
        answer += _more(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    length = next(int(line.split(b":")[1]) for line in lines if line.lower().startswith(b"content-length:"))
    while len(body) < length:
        body += _more(connection)
    return int(status.split()[1]), head


def is_last(head):
    """Tell whether nothing more can be asked on the connection of an answer: the next one needs its own."""
    return b"\r\nconnection: close" in head.lower()


def _more(connection):
    got = connection.recv(65536)
    if not got:
        raise ConnectionError("closed within an answer")
    return got


def processor_seconds(pid):
    """Return what a process has used of the processor, all of its threads, as the system counts it."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / NANOSECONDS


def memory_mib(pid):
    """Return the proportional set size: what is shared with other processes counts in part."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
