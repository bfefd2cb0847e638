"""A TCP proxy for tests that delays, hangs or cuts what goes through it, as a bad network or a busy server does."""

import contextlib
import socket
import threading
import time


class DelayingProxy:
    """Listens on a free loopback port and passes everything on to a target, after `delay` seconds for each piece.

    `delay` may be changed at any time; while `is_refusing`, connections are closed as soon as they are made.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self.delay = 0.0
        self.is_refusing = False
        self._target = target
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._start(self._accept)

    def cut(self) -> None:
        """Close every connection there is."""
        for each in self._sockets:
            _close(each)
        self._sockets.clear()

    def close(self) -> None:
        _close(self._server)
        self.cut()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            if self.is_refusing:
                _close(client)
                continue
            try:
                server = socket.create_connection(self._target, timeout=10)
            except OSError:
                _close(client)
                continue
            self._sockets += [client, server]
            self._start(self._pass_on, client, server)
            self._start(self._pass_on, server, client)

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            source.settimeout(None)
            while data := source.recv(65536):
                if self.delay:
                    time.sleep(self.delay)
                target.sendall(data)
        _close(source)
        _close(target)

    def _start(self, run, *arguments) -> None:
        thread = threading.Thread(target=run, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()


def _close(each: socket.socket) -> None:
    with contextlib.suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
