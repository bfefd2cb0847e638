"""A rolling upgrade from an earlier version to this one, `make upgrade OLD=commit`: collected only when it is named.

FLAGGING_TEST_OLDER is the source tree of the earlier version. It serves, syncs and drains; then this version takes over,
servers before the worker or the worker before the servers, while somebody goes on asking. Lookups go to whichever
servers say that they are ready, as a proxy would send them.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from installation import CONFIG, PATIENCE, Installation, arrest
from killing import Reckoning
from listed_people import ALIASED, EVERYBODY, FORMER, PPO, asked
from redis import Redis
from visitor import Visitor

from flagging.access.sessions import GENERATION
from flagging.children import stop_child
from flagging.embedded_redis import start_redis

OLDER = Path(os.environ["FLAGGING_TEST_OLDER"]).absolute()
STRANGER = {"family_name": "Nobodyson", "given_names": "Neville", "date_of_birth": "1970-07-07"}
LATE = PPO | {"ppo_ref": "T-0099", "family_name": "Lately", "given_names": "Lorna", "pnc_id": ""}
RIGHT = [(asked(PPO), "flagged"), (asked(ALIASED), "flagged"), (asked(FORMER), "former"), (STRANGER, "not_on_register")]
PASSWORD = "correct horse battery staple"


def version(source: Path, place: Path, redis, **settings: str) -> Installation:
    """Return the installation in `place` as the version in a source tree runs it."""
    runs = Installation(place, redis, settings={
        "PYTHONPATH": str(source),
        "PYTHONSAFEPATH": "1",
        "FLAGGING_CONFIG_DIR": str(source / "config"),
        "FLAGGING_RATE_LIMIT": "100000 per second",
        **settings,
    })  # fmt: skip
    runs.settings["GUNICORN_CMD_ARGS"] = f"{runs.environ['GUNICORN_CMD_ARGS']} --chdir {source}"
    return runs


class Asking:
    """Asks about everybody in turn, of every server in use, until it is told to stop."""

    def __init__(self, *servers: Installation) -> None:
        self.reckoning, self.wrong = Reckoning(), []
        self._servers = list(servers)
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._ask_on, daemon=True)
        self._thread.start()

    def use(self, *servers: Installation) -> None:
        """Ask these from now on; whoever is no longer used is not being asked when this returns."""
        with self._lock:
            self._servers = list(servers)

    def a_while(self) -> None:
        """Wait until everybody was asked about some times."""
        wanted = len(self.reckoning.answered) + 40
        deadline = time.monotonic() + PATIENCE
        while len(self.reckoning.answered) < wanted and not self.wrong:
            assert time.monotonic() < deadline, "nobody answers"
            time.sleep(0.02)

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _ask_on(self) -> None:
        while not self._stopping.is_set():
            for person, right in RIGHT:
                with self._lock:
                    for server in self._servers:
                        self._ask(server, person, right)

    def _ask(self, server: Installation, person: dict[str, str], right: str) -> None:
        answer = server.call("POST", "/v1/lookups", arrest(person), "custody")
        outcome = answer.body.get("outcome", answer.body)
        if (answer.status, outcome) == (200, right):
            self.reckoning.answered.append(answer.body["lookup_id"])
        else:
            self.wrong.append((server.port, right, answer.status, outcome))


@pytest.fixture
def redis(tmp_path) -> Iterator:
    server = start_redis(tmp_path / "redis")
    yield server
    server.stop()


@pytest.fixture
def versions(tmp_path, redis) -> Iterator[tuple[Installation, Installation]]:
    """The older version, running, and this one, which is not."""
    older, newer = version(OLDER, tmp_path, redis), version(CONFIG.parent, tmp_path, redis)
    try:
        older.write_list(EVERYBODY)
        older.start("worker")
        older.await_edition()
        older.issue_tokens("custody", "auditor", "administrator")
        newer.tokens = older.tokens
        older.start("serve")
        older.await_ready()
        yield older, newer
    finally:
        newer.stop()
        older.stop()


def test_each_version_runs_its_own_code(versions):
    for runs, source in zip(versions, (OLDER, CONFIG.parent), strict=True):
        asked_for = [sys.executable, "-c", "import flagging; print(flagging.__file__)"]
        told = subprocess.run(asked_for, env=runs.environ, capture_output=True, text=True, check=True).stdout
        assert told.strip() == str(source / "flagging" / "__init__.py")


@pytest.mark.parametrize("first", ["serve", "worker"])
def test_nobody_gets_a_wrong_answer_or_none_while_this_version_takes_over(versions, first):
    older, newer = versions
    visitor = Visitor(older.port)
    made = subprocess.run(
        [sys.executable, "-m", "flagging", "access", "add-user", "s.example", "--role", "custody"],
        env=older.environ, input=f"{PASSWORD}\n{PASSWORD}\n", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    visitor.sign_in("s.example", PASSWORD)
    assert "Sign out" in visitor.get("/check")
    with Redis.from_url(older.redis.url) as client:
        # A version that wrote no generation at signing in has people sign in again, once.
        stays = bool(client.keys(f"{GENERATION}*"))
    asking = Asking(older)
    try:
        asking.a_while()
        for command in ("serve", "worker") if first == "serve" else ("worker", "serve"):
            exchange(command, older, newer, asking)
        visitor.port = newer.port
        if not stays:
            visitor.sign_in("s.example", PASSWORD)
        assert "Sign out" in visitor.get("/check")
        newer.write_list([*EVERYBODY, LATE])
        newer.await_answer("who was added is flagged", lambda: outcome_of(newer, LATE) == "flagged")
        asking.a_while()
    finally:
        asking.stop()
    assert asking.wrong == []
    assert asking.reckoning.faults(newer) == []
    assert newer.run("register", "show").returncode == 0


def exchange(command: str, older: Installation, newer: Installation, asking: Asking) -> None:
    """Let the newer version take over one of the two commands from the older one."""
    if command in newer.running:
        return
    if command == "worker":
        stop_child(older.running["worker"], PATIENCE)
        newer.start("worker")
        newer.await_answer("the new worker has synced", lambda: '"synced"' in newer.log_since_start("worker"))
        asking.a_while()
        return
    newer.start("serve")
    # Whether it can serve from what the older worker publishes is for it to say: until it does, nobody is sent there.
    deadline = time.monotonic() + 15
    while not is_ready(newer) and time.monotonic() < deadline:
        time.sleep(0.1)
    if is_ready(newer):
        asking.use(older, newer)
        asking.a_while()
    else:
        exchange("worker", older, newer, asking)
        newer.await_ready()
    asking.use(newer)
    stop_child(older.running["serve"], PATIENCE)
    asking.a_while()


def is_ready(server: Installation) -> bool:
    try:
        return server.call("GET", "/health/ready").status == 200
    except OSError:
        return False


def outcome_of(server: Installation, row: dict[str, str]) -> str | None:
    return server.call("POST", "/v1/lookups", arrest(asked(row)), "custody").body.get("outcome")
