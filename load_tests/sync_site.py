"""A list, a private Redis, and the worker and server processes that answer by it, as an installation has them."""

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path

import list_address
from contenders import children_of, free_port, is_listening
from each_process import EachProcess
from quiet import await_quiet
from service_command import FLAGGING

from flagging.children import start_child, stop_child
from flagging.embedded_redis import start_redis
from flagging.synth import write_master_list

ROOT = Path(__file__).resolve().parent.parent
MIB = 1 << 20
POLL_SECONDS = 10.0
"""How often a worker asks for a list at an address."""
SELDOM_SECONDS = 600.0
PATIENCE = 60.0
NEWCOMERS = ["Quillfeather", "Brambleworth", "Thistledown", "Wolverstone", "Larkspur", "Nettleship", "Inkwell"]


class Site:
    """A list, a private Redis and the environment in which commands find both. At an `address`, or else as a file."""

    def __init__(self, directory, people, address=None):
        self.directory = directory
        self.address = address
        self.list = directory / "list.csv"
        write_master_list(self.list, people, 1, datetime.now(UTC).date())
        with self.list.open(encoding="utf-8", newline="") as file:
            self.header, *self.rows = csv.reader(file)
        self.redis = start_redis(directory / "redis")
        self.port = free_port()
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith("FLAGGING_")} | {
            "FLAGGING_REDIS_URL": self.redis.url,
            "FLAGGING_MASTER_LIST": str(self.list),
            "FLAGGING_STATE_DIR": str(directory / "state"),
            "FLAGGING_KEY_FILE": str(directory / "keys.json"),
            "FLAGGING_CONFIG_DIR": str(ROOT / "config"),
            "FLAGGING_SYNC_SECONDS": str(SELDOM_SECONDS),
            "FLAGGING_RATE_LIMIT": "10000 per second",
            "GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{self.port}",
        }
        if address:
            self.environ |= address.settings() | {"FLAGGING_SYNC_SECONDS": str(POLL_SECONDS)}

    def add(self, number):
        """Rename in a list with one more person; return whom."""
        person = {
            "family_name": NEWCOMERS[number % len(NEWCOMERS)],
            "given_names": "Ottoline",
            "date_of_birth": f"19{60 + number % 30}-03-{1 + number % 28:02}",
        }
        row = person | {"ppo_ref": f"NEW-{number}", "status": "active", "home_ocu": "F1"}
        self.rows.append([row.get(column, "") for column in self.header])
        part = self.list.with_suffix(".part")
        with part.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([self.header, *self.rows])
        part.replace(self.list)
        return person

    def sync(self):
        """Return how a sync ended, its seconds, and the most memory it held (MiB); on one core."""
        began = time.monotonic()
        process = subprocess.Popen([*FLAGGING, "sync", "--json"], env=self.environ, stdout=subprocess.PIPE)
        os.sched_setaffinity(process.pid, {min(os.sched_getaffinity(0))})
        told = json.load(process.stdout)
        _, _, usage = os.wait4(process.pid, 0)
        return told["result"], time.monotonic() - began, usage.ru_maxrss * 1024 / MIB

    @contextmanager
    def serving(self):
        """Run the worker, and the server with as many processes as it starts by itself; yield who asks them all."""
        children, asker = [], None
        try:
            self.sync()
            issue = ["access", "issue-token", "--role", "custody", "--name", "measuring"]
            token = subprocess.run([*FLAGGING, *issue], env=self.environ, capture_output=True, check=True).stdout
            for command in ("worker", "serve"):
                log = self.directory / f"{command}.log"
                children.append(start_child([*FLAGGING, command], environ=self.environ, log=log))
            asker = Asker(self.port, token.decode().strip(), [child.pid for child in children])
            asker.await_ready()
            yield asker
        finally:
            if asker:
                asker.close()
            for child in reversed(children):
                stop_child(child, PATIENCE)


class Asker:
    """Asks every server process. `pids` are those of worker and server."""

    def __init__(self, port, token, pids):
        self.pids = pids
        self._port = port
        self._headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        self._each = None

    @property
    def processes(self):
        return len(self._each.pids)

    def await_ready(self):
        """Return once the server has started its processes, and each of them has answered."""
        master = self.pids[-1]
        await_true(lambda: is_listening(self._port))
        await_quiet(self.pids)  # by then all processes are there
        self._each = EachProcess(self._port, children_of(master))
        self.connect()
        await_true(lambda: set(self.outcomes({"family_name": "Nobodyson", "given_names": "Ignatius"})) != {None})

    def connect(self):
        """Have new connections: a server closes those on which nobody asks for a while."""
        self._each.connect()

    def close(self):
        if self._each:
            self._each.close()

    def outcomes(self, person):
        """Return what each process answers of a person."""
        question = {"setting": "arrest", "purpose": "custody_booking_in", "operator": "4711", "ocu": "F1",
                    "person": person, "trigger_offence": False, "drug_test": "not_tested"}  # fmt: skip
        body = json.dumps(question)
        return [each.get("outcome") for each in self._each.ask("POST", "/v1/lookups", body, self._headers)]

    def lists_dated(self):
        """Return how old the list is by each process."""
        return [each.get("list_dated") for each in self._each.ask("GET", "/v1/register", None, self._headers)]


@contextmanager
def site(people, *, at_address=False):
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        with list_address.giving_out(place / "list.csv") if at_address else nullcontext() as address:
            made = Site(place, people, address)
            try:
                yield made
            finally:
                made.redis.stop()


def await_true(is_so):
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > deadline:
            sys.exit("it never came true")
        time.sleep(0.02)
