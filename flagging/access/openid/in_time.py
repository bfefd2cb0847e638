"""Connections to a provider that has to have answered in time, however its answer comes.

A time-out of `urllib3` or `requests` begins anew with whatever arrives: a provider that sends an answer drop by drop
would be waited for without end. Here all of an answer, status and headers too, is there in time, or it is an answer
that timed out.
"""

import io
import time
from http.client import HTTPResponse
from socket import socket
from typing import Any, Final, cast

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

SECONDS_TO_ANSWER: Final = 10.0
"""From the question sent to the end of the answer. Connecting (with TLS) and sending have time-outs of their own."""


class _Arriving(io.RawIOBase):
    """What arrives at a socket until the time is up; for each piece of it the socket's own time-out holds as well."""

    def __init__(self, sock: socket, seconds: float) -> None:
        self._sock = sock
        self._pieces = cast("io.RawIOBase", sock.makefile("rb", buffering=0))
        self._each = sock.gettimeout() or seconds
        self._until = time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long to arrive")
        self._sock.settimeout(min(left, self._each))
        return self._pieces.readinto(buffer)

    def close(self) -> None:
        self._pieces.close()
        super().close()


class _Answer(HTTPResponse):
    """An answer that is read from what arrives in time."""

    def __init__(self, sock: socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        untimed, self.fp = self.fp, io.BufferedReader(_Arriving(sock, SECONDS_TO_ANSWER))
        untimed.close()


class _Connection(HTTPConnection):
    response_class = _Answer


class _TlsConnection(HTTPSConnection):
    response_class = _Answer


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


POOLS: Final = {"http": _Pool, "https": _TlsPool}
"""For a pool manager's `pool_classes_by_scheme`."""
