"""Asks each process of a server, not whichever happens to answer: a connection that is kept is answered by one of them.

Which one it is, the system knows: whose open file is the server's end of the connection.
"""

import http.client
import json
import sys
import time
from pathlib import Path

PATIENCE = 60.0


class EachProcess:
    """Connections to the processes `pids` that listen together on a port of the loopback address."""

    def __init__(self, port, pids):
        self.pids = sorted(pids)
        self._port = port
        self._connections = {}

    def connect(self):
        """Have a new connection to each process; exit where one never takes any."""
        self.close()
        deadline = time.monotonic() + PATIENCE
        while len(self._connections) < len(self.pids):
            if time.monotonic() > deadline:
                sys.exit(f"of the processes {self.pids}, only {sorted(self._connections)} take connections")
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
            answered(connection, "GET", "/health/live")
            pid = process_behind(connection.sock.getsockname()[1], self._port, self.pids)
            if pid is None or pid in self._connections:
                connection.close()
            else:
                self._connections[pid] = connection

    def close(self):
        for connection in self._connections.values():
            connection.close()
        self._connections = {}

    def ask(self, method, path, body, headers):
        """Return what each process answers, as the JSON of it."""
        return [
            json.loads(answered(connection, method, path, body, headers)) for connection in self._connections.values()
        ]


def answered(connection, method, path, body=None, headers=None):
    connection.request(method, path, body, headers or {})
    return connection.getresponse().read()


def process_behind(client_port, server_port, pids):
    """Return which of the processes has the server's end of a connection over IPv4; None if none of them."""
    ends = (f":{server_port:04X}", f":{client_port:04X}")
    lines = map(str.split, Path("/proc/net/tcp").read_text(encoding="ascii").splitlines())
    inode = next((line[9] for line in lines if (line[1][-5:], line[2][-5:]) == ends), None)
    return next((pid for pid in pids if f"socket:[{inode}]" in open_files(pid)), None)


def open_files(pid):
    """Return what the open files of a process are, as far as they stay open meanwhile."""
    found = set()
    for each in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.add(str(each.readlink()))
        except FileNotFoundError:
            continue
    return found
