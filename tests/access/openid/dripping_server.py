"""A real server that sends its answer drop by drop, from a place of it on, for as long as somebody listens to it.

It ends by itself after MOST_DROPS, so that a test of somebody who would listen without end comes to one.
"""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

DROP_SECONDS, MOST_DROPS = 0.05, 200


@dataclass
class DrippingServer:
    """Listens on the loopback address, with TLS where there is a `context`. It begins with `at_once`, then drips.

    Drops are `apart` by so many seconds.
    """

    at_once: bytes
    context: ssl.SSLContext | None = None
    apart: float = DROP_SECONDS
    dropped: int = 0
    _stopping: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator[str]:
        """Serve while the block lasts; it is given the address."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=self._serve, args=(listener,))
            thread.start()
            try:
                scheme = "https" if self.context else "http"
                yield f"{scheme}://localhost:{listener.getsockname()[1]}"
            finally:
                self._stopping.set()
                listener.shutdown(socket.SHUT_RDWR)
                thread.join()

    def _serve(self, listener: socket.socket) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    self._drip(connection)
                except OSError:
                    """Whoever listened has given up."""

    def _drip(self, connection: socket.socket) -> None:
        if self.context is not None:
            connection = self.context.wrap_socket(connection, server_side=True)
        with connection:
            connection.recv(65536)
            connection.sendall(self.at_once)
            while self.dropped < MOST_DROPS:
                connection.sendall(b" ")
                self.dropped += 1
                if self._stopping.wait(self.apart):
                    return
