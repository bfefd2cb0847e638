"""Starting programs that live no longer than whoever started them, and stopping them, each by its own id.

A child has a session of its own, so that Ctrl-C at the terminal reaches only its parent, which then stops its
children in order. Where the kernel can (Linux), it is told to end the child should the parent be killed outright.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

# Runs between fork and exec, as a program of its own: nothing of ours may run in a fork of a process with threads.
# The parent may be dead before the kernel is asked, hence the second look at it.
_TIED_TO_PARENT = """
import ctypes, os, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
if os.getppid() != int(sys.argv[1]):
    sys.exit("whoever started this is gone")
os.execv(sys.argv[2], sys.argv[2:])
"""


def start_child(
    argv: Sequence[str],
    *,
    environ: Mapping[str, str] | None = None,
    log: Path | None = None,
    keep_open: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start `argv` (its first word a full path) and return at once.

    What it prints is added to `log`; without one it prints where we do. `keep_open` are file
    descriptors it inherits. Call from the main thread: the tie is to the thread that starts it.
    """
    tied = [sys.executable, "-I", "-S", "-c", _TIED_TO_PARENT, str(os.getpid()), *argv]
    with log.open("ab") if log else nullcontext() as output:
        return subprocess.Popen(
            tied,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            pass_fds=keep_open,
            start_new_session=True,
        )


def stop_child(child: subprocess.Popen[bytes], patience: float) -> None:
    """Ask a child to end, wait `patience` seconds, then kill it; one that has ended already is left alone."""
    if child.poll() is None:
        child.terminate()
    try:
        child.wait(patience)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


class KeptChild:
    """A child that is to run until it is stopped: one that ends by itself is started again after a pause."""

    def __init__(self, name: str, launch: Callable[[], subprocess.Popen[bytes]]) -> None:
        self.name = name
        self._launch = launch
        self._child = launch()
        self._relaunch_at: float | None = None

    def ended(self) -> int | None:
        """Return the exit status of a child that has ended, None while it runs."""
        return self._child.poll()

    def look(self, now: float, pause: float) -> str | None:
        """Start the child again where that is due; return one line where there is something to tell.

        `now` is monotonic. Raises what starting raises; it is tried again after another pause.
        """
        status = self.ended()
        if status is None:
            return None
        if self._relaunch_at is None:
            self._relaunch_at = now + pause
            return f"{self.name} ended by itself ({status}); it is started again in {pause:g} s"
        if now < self._relaunch_at:
            return None
        self._relaunch_at = now + pause
        self._child = self._launch()
        self._relaunch_at = None
        return f"{self.name} is running again"

    def stop(self, patience: float) -> None:
        stop_child(self._child, patience)
