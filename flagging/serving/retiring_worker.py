"""How one of gunicorn's processes leaves off listening: nobody who has connected is broken off or kept waiting.

gunicorn's own worker takes no more connections from the moment it is told to stop. When all stop, whoever has connected
since is broken off, a request sent or not, as their sockets close seconds later; at a reload everybody waits until the
new processes have started. Here a process that retires goes on taking connections until a successor serves. If all of
them stop it takes those that are made already and closes its sockets at once, so that whoever comes next knows to go
elsewhere.
"""

import select
import socket
import threading
import time
from collections.abc import Callable

from gunicorn.workers.gthread import ThreadWorker

from flagging.serving.succession import is_all_stopping, newest_serving, note_serving, turn_newcomers_away

LAST_CALL_SECONDS = 0.25
"""How long somebody who has begun to connect may take to get through."""


class RetiringWorker(ThreadWorker):  # type: ignore[misc]
    """`listens_until` is set once it has been told to stop; `newest_then` was the youngest that served by then."""

    sockets: list[socket.socket]
    listens_until: float | None = None
    newest_then = 0

    def run(self) -> None:
        note_serving(self.age)
        super().run()

    def accept(self, listener: socket.socket) -> bool:
        """Take whoever has connected; tell whether the next one can be taken too.

        gunicorn calls this for every listening socket on which somebody has. All that has happened is asked for at
        once: it may be called for a socket that was closed a moment before.
        """
        return listener in self.sockets and self.take_connection(listener)

    def take_connection(self, listener: socket.socket) -> bool:
        """Take one connection, if it is there still: another process may have been quicker."""
        super().accept(listener)
        return True

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001 gunicorn's own signature
        """Take connections or not any more; gunicorn asks for the latter when there are too many, or to stop."""
        if self.listens_until is not None:
            return
        is_retiring = not enabled and not self.alive
        super().set_accept_enabled(enabled or is_retiring)
        if is_retiring:
            self.newest_then = newest_serving()
            self.listens_until = time.monotonic() + self.cfg.graceful_timeout / 2
            self.nr_conns += 1  # with none left the process would end
            self._retire()

    def _retire(self) -> None:
        if is_all_stopping():
            for listener in self.sockets:
                turn_newcomers_away(listener)
            self._after_a_while(self._listen_no_more)
        elif newest_serving() > self.newest_then or self._is_too_late():
            self._listen_no_more()
        else:
            self._after_a_while(self._retire)

    def _after_a_while(self, follows: Callable[[], None]) -> None:
        timer = threading.Timer(LAST_CALL_SECONDS, self.method_queue.defer, [follows])
        timer.daemon = True
        timer.start()

    def _listen_no_more(self) -> None:
        # Where there are no more files for them, some may be free in a moment.
        are_taken = [self._take_all(listener) for listener in self.sockets]
        if not all(are_taken) and not self._is_too_late():
            self._after_a_while(self._listen_no_more)
            return
        super().set_accept_enabled(False)
        closing, self.sockets = self.sockets, []
        for listener in closing:
            listener.close()
        self.nr_conns -= 1

    def _take_all(self, listener: socket.socket) -> bool:
        """Take all who have connected; tell whether nobody is left."""
        while select.select([listener], [], [], 0)[0]:
            if not self.accept(listener):
                return False
        return True

    def _is_too_late(self) -> bool:
        return time.monotonic() >= (self.listens_until or 0.0)
