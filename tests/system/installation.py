"""A whole installation for tests, as an operator would run it: real Redis, `flagging worker`, `flagging serve`.

Nothing of the service is imported but what starts processes: what is asked of it goes over HTTP.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from listed_people import EVERYBODY
from redis import Redis

from flagging.children import start_child, stop_child
from flagging.embedded_redis import EmbeddedRedis, start_redis

CONFIG = Path(__file__).resolve().parents[2] / "config"
PATIENCE = 60.0
COLUMNS = [
    "ppo_ref",
    "status",
    "family_name",
    "given_names",
    "date_of_birth",
    "aliases",
    "pnc_id",
    "scheme",
    "home_ocu",
    "statutory",
    "probation_om_name",
    "probation_om_phone",
    "police_om_name",
    "police_om_phone",
    "drug_treatment_need",
    "removed_on",
]

_SEVERAL_COMMANDS = """
import json, sys
from flagging.cli.main import main
for words in json.loads(sys.argv[1]):
    try:
        main(words, standalone_mode=False)
    except SystemExit as ended:
        if ended.code:
            raise
"""


@dataclass(frozen=True)
class Response:
    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass
class Installation:
    """One installation in one directory. Redis may be stopped and started under it."""

    directory: Path
    redis: EmbeddedRedis
    processes: int = 2
    settings: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._children: list[subprocess.Popen[bytes]] = []
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self._logged_before: dict[str, int] = {}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    @property
    def master_list(self) -> Path:
        return self.directory / "list.csv"

    @property
    def state_dir(self) -> Path:
        return self.directory / "state"

    @property
    def environ(self) -> dict[str, str]:
        return os.environ | {
            "FLAGGING_REDIS_URL": self.redis.url,
            "FLAGGING_MASTER_LIST": str(self.master_list),
            "FLAGGING_STATE_DIR": str(self.state_dir),
            "FLAGGING_KEY_FILE": str(self.directory / "keys" / "keys.json"),
            "FLAGGING_CONFIG_DIR": str(CONFIG),
            "FLAGGING_LOG_LEVEL": "debug",  # all that can be logged, to be looked through at the end (tests/logged.py)
            "GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{self.port} --workers {self.processes}",
            **self.settings,
        }

    def write_list(self, rows: list[dict[str, str]]) -> None:
        """Put a new list in place of the old one at once, as whoever exports it should."""
        lines = [",".join(COLUMNS), *(",".join(f'"{row.get(name, "")}"' for name in COLUMNS) for row in rows)]
        part = self.master_list.with_suffix(".part")
        part.write_text("\n".join(lines) + "\n", encoding="utf-8")
        part.replace(self.master_list)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one `flagging` command to its end."""
        argv = [sys.executable, "-m", "flagging", *arguments]
        return subprocess.run(argv, env=self.environ, capture_output=True, text=True, timeout=120, check=False)

    def issue_tokens(self, *roles: str, after: Sequence[str] = ()) -> None:
        """Issue a token for each role, after another command if there is one."""
        commands = [["access", "issue-token", "--role", role, "--name", f"{role} system"] for role in roles]
        said = self._run_all([list(after)] * bool(after) + commands)
        self.tokens |= dict(zip(roles, said.split()[-len(roles) :], strict=True))

    def add_users(self, password: str, *usernames: str) -> None:
        """Add accounts of people in custody suites."""
        self._run_all([["access", "add-user", each, "--role", "custody", "--password", password] for each in usernames])

    def _run_all(self, commands: list[list[str]]) -> str:
        """Run several commands, all in one process: most of what a command takes is its start."""
        argv = [sys.executable, "-c", _SEVERAL_COMMANDS, json.dumps(commands)]
        done = subprocess.run(argv, env=self.environ, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def await_edition(self) -> None:
        """Wait until the worker has published."""
        with Redis.from_url(self.redis.url) as client:
            self.await_answer("a first edition", lambda: client.exists("flagging:current"))

    def start(self, command: str) -> subprocess.Popen[bytes]:
        """Start `flagging serve` or `flagging worker`; what it prints goes to a file beside the state."""
        log = self.directory / f"{command}.log"
        self._logged_before[command] = log.stat().st_size if log.exists() else 0
        child = start_child([sys.executable, "-m", "flagging", command], environ=self.environ, log=log)
        self._children.append(child)
        self.running[command] = child
        return child

    def stop(self) -> None:
        for child in reversed(self._children):
            stop_child(child, PATIENCE)

    def log(self, command: str) -> str:
        return (self.directory / f"{command}.log").read_text(encoding="utf-8")

    def log_since_start(self, command: str) -> str:
        """What the process of this command that was started last has printed."""
        content = (self.directory / f"{command}.log").read_bytes()
        return content[self._logged_before[command] :].decode()

    def call(
        self, method: str, path: str, body: Any = None, role: str | None = None, token: str | None = None
    ) -> Response:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if role is not None or token is not None:
            headers["Authorization"] = f"Bearer {token or self.tokens[role or '']}"
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        is_json = "json" in answer.getheader("Content-Type", "")
        return Response(answer.status, dict(answer.getheaders()), json.loads(content) if is_json else content.decode())

    def await_ready(self) -> None:
        """Wait until every server process is there, and those asked can answer: which one is asked is left to chance."""
        in_a_row = 0
        deadline = time.monotonic() + PATIENCE
        while in_a_row < 6:
            assert time.monotonic() < deadline, f"not ready: {self.log('serve')[-2000:]}"
            in_a_row = in_a_row + 1 if self._is_every_process_there() and self._is_ready() else 0
            if in_a_row == 0:
                time.sleep(0.05)

    def _is_every_process_there(self) -> bool:
        return self.log_since_start("serve").count('"process_serves"') >= self.processes

    def _is_ready(self) -> bool:
        try:
            return self.call("GET", "/health/ready").status == 200
        except OSError:
            return False

    def await_answer(self, what: str, is_right: Any) -> Any:
        """Wait until `is_right()` returns something true, and return it."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = is_right()
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError(f"never came true: {what}")


@contextmanager
def installed(
    directory: Path, *roles: str, processes: int = 2, settings: dict[str, str] | None = None
) -> Iterator[Installation]:
    """Run an installation of everybody listed, with a Redis of its own and a token for each of these roles."""
    redis = start_redis(directory / "redis")
    running = Installation(directory, redis, processes=processes, settings=settings or {})
    running.write_list(EVERYBODY)
    try:
        running.start("worker")
        running.await_edition()
        running.issue_tokens(*roles)
        running.start("serve")
        running.await_ready()
        yield running
    finally:
        running.stop()
        redis.stop()


def arrest(person: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A question from a custody suite."""
    return {
        "setting": "arrest",
        "purpose": "custody_booking_in",
        "operator": "4711",
        "person": person,
        "ocu": "F1",
        "trigger_offence": True,
        "drug_test": "positive",
    } | more


def reception(person: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A question from a prison reception."""
    return {
        "setting": "prison_reception",
        "purpose": "prison_reception",
        "operator": "R-17",
        "person": person,
        "prison": "BMI",
    } | more
