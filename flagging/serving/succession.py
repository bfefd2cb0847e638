"""What the processes of one gunicorn know of each other: that all of it stops, and whose successors serve already.

It lies in memory that gunicorn's parent shares with all processes it starts.
"""

import ctypes
import mmap
import socket
import struct
import sys
from typing import Any

_SHARED = mmap.mmap(-1, 16)
_STOPS, _NEWEST = 0, 8
_AGE = struct.Struct("=Q")
_SO_ATTACH_FILTER = 26
_BEGINNINGS_DROPPED = (
    (0x30, 0, 0, 13),  # load the byte of flags of what arrives
    (0x45, 0, 1, 0x02),  # does it begin a connection (SYN)?
    (0x06, 0, 0, 0),  # drop it
    (0x06, 0, 0, 0xFFFFFFFF),  # or take it
)
"""A packet filter (classic BPF): instruction, steps if so, steps if not, value."""


def tell_of_a_stop(server: Any) -> None:
    """Have gunicorn's parent note that it stops, before it tells its processes. Its hook `when_ready`.

    Not where somebody else goes on listening on the same sockets: systemd, or another parent that takes over.
    """
    stop = server.stop

    def note_and_stop(*arguments: Any, **options: Any) -> None:
        if not (server.systemd or server.reexec_pid or server.master_pid):
            _SHARED[_STOPS] = 1
        stop(*arguments, **options)

    server.stop = note_and_stop


def is_all_stopping() -> bool:
    """Tell whether nobody will be listening any more soon."""
    return bool(_SHARED[_STOPS])


def note_serving(age: int) -> None:
    """Note that a process serves from now on; `age` is gunicorn's number of it, greater for later ones."""
    if age > newest_serving():
        _AGE.pack_into(_SHARED, _NEWEST, age)


def newest_serving() -> int:
    """Return the greatest age of all processes that have ever served."""
    return int(_AGE.unpack_from(_SHARED, _NEWEST)[0])


def turn_newcomers_away(listener: Any) -> None:
    """Let nobody begin to connect any more. Who has begun still gets through, and can be accepted.

    Closing a socket breaks off whoever has connected and not been accepted; without this there is always a moment in
    which somebody may. Whoever is dropped tries again, and finds nobody listening. Only known to Linux; never to be
    used on a socket on which somebody goes on listening.
    """
    if sys.platform != "linux" or listener.family not in (socket.AF_INET, socket.AF_INET6):
        return
    steps = b"".join(struct.pack("=HBBI", *step) for step in _BEGINNINGS_DROPPED)
    place = ctypes.create_string_buffer(steps)
    programme = struct.pack("@HP", len(_BEGINNINGS_DROPPED), ctypes.addressof(place))
    try:
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, programme)
    except OSError:
        return
