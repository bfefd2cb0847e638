"""A socket on which no thread ever waits for the other side: what cannot be sent at once is kept for later."""

import socket
from typing import Any

MOST_UNSENT = 8 * 1024 * 1024
"""More than the longest answer: somebody who asks for more without reading is cut off."""


class PatientSocket(socket.socket):
    """Handed to a thread together with a whole request. The event loop reads and flushes it.

    There is nothing more to read for the thread: to one that asks, the other side has closed.
    """

    __slots__ = ("unsent",)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.unsent = bytearray()

    def recv(self, _bufsize: int, _flags: int = 0, /) -> bytes:
        return b""

    def sendall(self, data: Any, _flags: int = 0, /) -> None:
        """Send what the system takes, keep the rest; raises OSError when nobody is there, or too much is kept."""
        rest = memoryview(data)
        if not self.unsent:
            rest = rest[self._send_now(rest) :]
        if rest:
            self.unsent += rest
        if len(self.unsent) > MOST_UNSENT:
            raise BrokenPipeError(32, "the other side does not read what it asked for")

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """Send a file as anything else, as the system's own way would wait; return its bytes. Raises as `sendall`."""
        file.seek(offset)
        content = file.read(-1 if count is None else count)
        self.sendall(content)
        return len(content)

    def has_more(self) -> bool:
        """Tell whether something has arrived that was not read."""
        try:
            return super().recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
        except OSError:
            return False

    def flush(self) -> bool:
        """Send what was kept as far as possible; tell whether all of it is gone. Raises OSError."""
        del self.unsent[: self._send_now(bytes(self.unsent[: 1 << 18]))]
        return not self.unsent

    def read_now(self, most: int) -> bytes | None:
        """Return what has arrived, empty once the other side has closed, None if there is nothing. Raises OSError."""
        try:
            return super().recv(most, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None

    def _send_now(self, data: Any) -> int:
        try:
            return self.send(data, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return 0
