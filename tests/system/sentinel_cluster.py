"""A primary, two replicas and three sentinels on the loopback address, as operators run them, from one binary."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from flagging.children import start_child, stop_child
from flagging.embedded_redis import EmbeddedRedis, find_server, start_redis

SERVICE = "register"
PATIENCE = 180.0  # on a busy machine a sentinel that was held up for two seconds rests for thirty
DOWN_AFTER_MS = 1500


class Cluster:
    """Servers and sentinels; `url` is what the service is given, and never changes."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.nodes: dict[int, EmbeddedRedis] = {}
        self._sentinels: list[subprocess.Popen[bytes]] = []
        ports = free_ports(6)
        self._sentinel_ports = ports[3:]
        hosts = ",".join(f"127.0.0.1:{port}" for port in self._sentinel_ports)
        self.url = f"redis+sentinel://{hosts}/{SERVICE}/0"
        try:
            for port in ports[:3]:
                self.nodes[port] = start_redis(directory / str(port), port=port)
            for port in ports[1:3]:
                self._command(port, "replicaof", "127.0.0.1", ports[0])
            for port in self._sentinel_ports:
                self._start_sentinel(port, ports[0])
            self.await_true("every sentinel knows the others and both replicas", self._is_formed)
        except BaseException:
            self.stop()
            raise

    @property
    def primary(self) -> int:
        """The port of whom the sentinels name primary."""
        return int(self._ask("sentinel", "get-master-addr-by-name", SERVICE)[1])

    def kill(self, port: int) -> None:
        self._server(port).kill()
        self._server(port).wait()

    def cut_off(self, replica: int, primary: int) -> None:
        """Halt a replica and close its link, so that it does not even find in it what was written until it goes on."""
        os.kill(self._server(replica).pid, signal.SIGSTOP)
        self._command(primary, "client", "kill", "type", "replica")

    def go_on(self, port: int) -> None:
        os.kill(self._server(port).pid, signal.SIGCONT)

    def start(self, port: int) -> None:
        self.nodes[port].start()

    def stop(self) -> None:
        for sentinel in self._sentinels:
            stop_child(sentinel, 5)
        for node in self.nodes.values():
            if node.server and node.server.poll() is None:
                node.server.send_signal(signal.SIGCONT)
                node.server.kill()
            node.stop()

    def client(self, port: int) -> Redis:
        return Redis(host="127.0.0.1", port=port, socket_timeout=5)

    def follows(self, port: int, primary: int) -> bool:
        """Tell whether a server is a replica of the primary, and up to date with it."""
        with suppress(RedisError), self.client(port) as client:
            state = client.info("replication")
            is_linked = state.get("master_port") == primary and state.get("master_link_status") == "up"
            with self.client(primary) as other:
                offset = other.info("replication")["master_repl_offset"]
            return is_linked and state["slave_repl_offset"] >= offset - 64
        return False

    def await_true(self, what: str, is_so: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with suppress(RedisError, OSError):
                if is_so():
                    return
            time.sleep(0.05)
        raise AssertionError(f"never came true: {what}")

    def _server(self, port: int) -> subprocess.Popen[bytes]:
        server = self.nodes[port].server
        assert server is not None
        return server

    def _start_sentinel(self, port: int, primary: int) -> None:
        place = self._directory / f"sentinel-{port}"
        place.mkdir()
        (place / "sentinel.conf").write_text(
            f"port {port}\nbind 127.0.0.1\ndir {place}\nprotected-mode no\n"
            f"sentinel monitor {SERVICE} 127.0.0.1 {primary} 2\n"
            f"sentinel down-after-milliseconds {SERVICE} {DOWN_AFTER_MS}\n"
            f"sentinel failover-timeout {SERVICE} 6000\n"
        )
        argv = [str(find_server()), str(place / "sentinel.conf"), "--sentinel"]
        self._sentinels.append(start_child(argv, log=place / "sentinel.log"))

    def _is_formed(self) -> bool:
        for port in self._sentinel_ports:
            with Redis(host="127.0.0.1", port=port, socket_timeout=5) as sentinel:
                state = sentinel.sentinel_master(SERVICE)
                if (state["num-other-sentinels"], state["num-slaves"]) != (2, 2):
                    return False
        return all(self.follows(port, self.primary) for port in self.nodes if port != self.primary)

    def _ask(self, *command: str) -> list[bytes]:
        with Redis(host="127.0.0.1", port=self._sentinel_ports[0], socket_timeout=5) as sentinel:
            return sentinel.execute_command(*command)

    def _command(self, port: int, *command: object) -> None:
        with self.client(port) as client:
            client.execute_command(*command)


def free_ports(number: int) -> list[int]:
    probes = [socket.socket() for _ in range(number)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()
