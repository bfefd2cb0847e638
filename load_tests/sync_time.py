"""How long a sync takes and what it needs, against the bars of the house: `python load_tests/sync_time.py`.

Measures `flagging sync` as a process of its own, on one processor core, with a private Redis: a first list, the same
list again, one with a single change; and how long after a file is renamed in a lookup knows the newcomer, with the
real worker and server.
"""

import argparse
import csv
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from measured_build import tell_build
from quiet import await_quiet
from service_command import FLAGGING

from flagging.children import start_child, stop_child
from flagging.embedded_redis import start_redis
from flagging.synth import write_master_list

ROOT = Path(__file__).resolve().parent.parent
MIB = 1 << 20
VISIBLE_BARS = {321: 2, 10_000: 8}
SYNC_BAR, UNCHANGED_BAR, MEMORY_BAR = 90, 2, 1024
PATIENCE = 60.0
NEWCOMERS = ["Quillfeather", "Brambleworth", "Thistledown", "Wolverstone", "Larkspur", "Nettleship", "Inkwell"]


class Site:
    """A list, a private Redis and the environment in which commands find both."""

    def __init__(self, directory, people):
        self.directory = directory
        self.list = directory / "list.csv"
        write_master_list(self.list, people, 1, datetime.now(UTC).date())
        with self.list.open(encoding="utf-8", newline="") as file:
            self.header, *self.rows = csv.reader(file)
        self.redis = start_redis(directory / "redis")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environ = os.environ | {
            "FLAGGING_REDIS_URL": self.redis.url,
            "FLAGGING_MASTER_LIST": str(self.list),
            "FLAGGING_STATE_DIR": str(directory / "state"),
            "FLAGGING_KEY_FILE": str(directory / "keys.json"),
            "FLAGGING_CONFIG_DIR": str(ROOT / "config"),
            "FLAGGING_SYNC_SECONDS": "600",
            "GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{self.port} --workers 1",
        }

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
        process = subprocess.Popen(
            [*FLAGGING, "sync", "--json"],
            env=self.environ,
            stdout=subprocess.PIPE,
        )
        os.sched_setaffinity(process.pid, {min(os.sched_getaffinity(0))})
        told = json.load(process.stdout)
        _, _, usage = os.wait4(process.pid, 0)
        return told["result"], time.monotonic() - began, usage.ru_maxrss * 1024 / MIB

    @contextmanager
    def serving(self):
        """Run worker and server; yield who asks them."""
        children = []
        try:
            self.sync()
            argv = [*FLAGGING]
            issue = ["access", "issue-token", "--role", "custody", "--name", "measuring"]
            token = subprocess.run([*argv, *issue], env=self.environ, capture_output=True, check=True).stdout.decode()
            for command in ("worker", "serve"):
                log = self.directory / f"{command}.log"
                children.append(start_child([*argv, command], environ=self.environ, log=log))
            yield Asker(self.port, token.strip(), [child.pid for child in children])
        finally:
            for child in reversed(children):
                stop_child(child, PATIENCE)


class Asker:
    """Asks the server; None stands for no answer. `pids` are those of worker and server."""

    def __init__(self, port, token, pids):
        self.base, self.token, self.pids = f"http://127.0.0.1:{port}", token, pids

    def outcome(self, person):
        question = {"setting": "arrest", "purpose": "custody_booking_in", "operator": "4711", "ocu": "F1",
                    "person": person, "trigger_offence": False, "drug_test": "not_tested"}  # fmt: skip
        return self._call("/v1/lookups", json.dumps(question).encode()).get("outcome")

    def list_dated(self):
        return self._call("/v1/register").get("list_dated")

    def _call(self, path, body=None):
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        try:
            with urllib.request.urlopen(urllib.request.Request(self.base + path, body, headers), timeout=10) as answer:
                return json.load(answer)
        except (urllib.error.URLError, OSError):
            return {}


@contextmanager
def site(people):
    with tempfile.TemporaryDirectory() as directory:
        made = Site(Path(directory), people)
        try:
            yield made
        finally:
            made.redis.stop()


def measure_syncs(people):
    with site(people) as made:
        missed = tell(f"first list, {people} rows", *made.sync(), SYNC_BAR)
        missed |= tell(f"same list again, process start included, {people} rows", *made.sync(), None)
        made.add(0)
        return missed | tell(f"one person more, {people} rows", *made.sync(), SYNC_BAR)


def tell(what, result, seconds, memory, bar):
    """Print what a sync took; return whether it misses a bar."""
    is_missed = memory > MEMORY_BAR or (bar is not None and seconds > bar)
    bars = "no bar" if bar is None else f"bar {bar} s"
    verdict = "FAIL" if is_missed else "pass"
    print(
        f"{what}: {result} in {seconds:.1f} s ({bars}), {memory:.0f} MiB (bar {MEMORY_BAR} MiB): {verdict}", flush=True
    )
    return is_missed


def measure_unchanged(people, times):
    """How soon the worker vouches for the same list with a new date."""
    with site(people) as made, made.serving() as asker:
        await_true(asker.list_dated)

        def vouch():
            before = asker.list_dated()
            os.utime(made.list)
            return lambda: asker.list_dated() not in (None, before)

        return taken(f"dated anew → vouched for, {people} records", vouch, times, UNCHANGED_BAR, asker.pids)


def measure_visible(people, times):
    with site(people) as made, made.serving() as asker:
        await_true(lambda: asker.outcome({"family_name": "Nobodyson", "given_names": "Ignatius"}))
        numbers = iter(range(times))

        def rename_in():
            person = made.add(next(numbers))
            return lambda: asker.outcome(person) == "flagged"

        return taken(
            f"renamed in → visible in answers, {people} records", rename_in, times, VISIBLE_BARS[people], asker.pids
        )


def taken(what, change, times, bar, pids):
    """Print how long after each change its effect is seen; return whether the slowest misses the bar.

    Worker and server (`pids`) have done with the change before by then, as they would in life.
    """
    seconds = []
    for _ in range(times):
        await_quiet(pids)
        is_seen = change()
        began = time.monotonic()
        await_true(is_seen)
        seconds.append(time.monotonic() - began)
    is_missed = max(seconds) > bar
    shown = ", ".join(f"{each:.2f} s" for each in seconds)
    print(f"{what}: {shown} (bar {bar:g} s): {'FAIL' if is_missed else 'pass'}", flush=True)
    return is_missed


def await_true(is_so):
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > deadline:
            sys.exit("it never came true")
        time.sleep(0.02)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=50_000, help="rows of the list that is synced")
    parser.add_argument("--times", type=int, default=5, help="how often each change is waited for")
    options = parser.parse_args()
    tell_build()
    missed = [measure_syncs(options.rows), measure_unchanged(options.rows, options.times)]
    missed += [measure_visible(records, options.times) for records in VISIBLE_BARS]
    sys.exit(any(missed))
