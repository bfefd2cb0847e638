"""Lookups by several clients while server processes, worker and Redis are killed outright in turn; then the reckoning.

Used by a test with some hundred lookups and by `load_tests/ledger_kills.py` with ten thousand.
"""

import http.client
import itertools
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from installation import Installation, arrest

from flagging.key_file import load_keyring
from flagging.ledger.database import LedgerDatabase
from flagging.ledger.search import LedgerSearch, Sought

CLIENTS = 4
BETWEEN_KILLS = 0.5
PATIENCE = 60.0
TOO_MANY = 429


@dataclass
class Reckoning:
    """What was answered, by status, and what became of it."""

    answered: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    broken_off: int = 0

    def faults(self, installation: Installation) -> list[str]:
        """Wait until all is drained or no more comes, then return what of it is missing, double or not sound."""
        recorded: Counter[str] = Counter()
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            before = recorded
            recorded = Counter(recorded_lookups(installation))
            if set(self.answered) <= recorded.keys():
                break
            if len(recorded) > len(before):
                deadline = time.monotonic() + PATIENCE
            time.sleep(0.2)
        missing = [each for each in self.answered if each not in recorded]
        double = [each for each, times in recorded.items() if times > 1]
        verified = installation.run("ledger", "verify")
        return [
            *(f"answered and not in the ledger: {each}" for each in missing),
            *(f"in the ledger more than once: {each}" for each in double),
            *([] if verified.returncode == 0 else [verified.stdout + verified.stderr]),
        ]


@dataclass
class Clients:
    """Several clients that ask about one person after the other, until there were so many lookups."""

    installation: Installation
    lookups: int
    reckoning: Reckoning = field(default_factory=Reckoning)

    def __post_init__(self) -> None:
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._ask_all, daemon=True) for _ in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def are_asking(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def _ask_all(self) -> None:
        while (number := next(self._numbers)) < self.lookups:
            try:
                self._ask(number)
            except (OSError, http.client.HTTPException):  # also an answer that was cut off in the middle
                with self._lock:
                    self.reckoning.broken_off += 1
                time.sleep(0.02)

    def _ask(self, number: int) -> None:
        person = {"family_name": f"Nobody{number}", "given_names": "Ashley", "date_of_birth": "1994-07-23"}
        question = arrest(person, operator=f"K{number % 50}")
        response = self.installation.call("POST", "/v1/lookups", question, "custody")
        with self._lock:
            self.reckoning.statuses[response.status] += 1
            if isinstance(response.body, dict) and "lookup_id" in response.body:
                self.reckoning.answered.append(response.body["lookup_id"])
        if response.status == TOO_MANY:
            time.sleep(0.1)


def ask_and_kill(installation: Installation, lookups: int) -> Reckoning:
    """Ask so many questions about different people, and kill something all the while; return what came of it."""
    clients = Clients(installation, lookups)
    for name, kill in itertools.cycle(_kills(installation).items()):
        if not clients.are_asking():
            return clients.reckoning
        if kill():
            clients.reckoning.kills[name] += 1
        time.sleep(BETWEEN_KILLS)
    raise AssertionError


def _kills(installation: Installation) -> dict[str, Callable[[], bool]]:
    def kill_server() -> bool:
        processes = list(_children(installation.running["serve"].pid))
        if processes:
            os.kill(max(processes), signal.SIGKILL)
        return bool(processes)

    def kill_worker() -> bool:
        worker = installation.running["worker"]
        worker.kill()
        worker.wait()
        installation.start("worker")
        return True

    def kill_redis() -> bool:
        server = installation.redis.server
        server.kill()
        server.wait()
        installation.redis.start()
        return True

    return {"server process": kill_server, "worker": kill_worker, "Redis": kill_redis}


def _children(parent: int) -> Iterator[int]:
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = place.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            yield int(place.parent.name)


def recorded_lookups(installation: Installation) -> Iterator[str]:
    """Give the id of every lookup in the ledger."""
    keyring = load_keyring(Path(installation.environ["FLAGGING_KEY_FILE"]))
    database = LedgerDatabase(installation.environ.get("FLAGGING_LEDGER_URL"), installation.state_dir)
    try:
        for found in LedgerSearch(database, keyring).every(Sought(kind="lookup")):
            yield found.entry["lookup_id"]
    finally:
        database.close()
