"""Does a new edition arriving under load hold up a request, or mix two editions in one answer?

    python load_tests/edition_under_load.py [--people 10000] [--seconds 60] [--every 10] [--bar 50]

Starts a Redis, a worker and two server processes of its own; puts another list in place every so many seconds while
callers ask on kept connections; prints how long requests took, altogether and while editions were exchanged, and pass
or fail against the bar (milliseconds). It talks to the service over HTTP and by its commands alone.
"""

import argparse
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from flagging.children import start_child, stop_child
from flagging.embedded_redis import start_redis

FLAGGING = [sys.executable, "-m", "flagging"]
CALLERS = 2
ODD = {"family_name": "Larkwhistle", "given_names": "Tobias", "date_of_birth": "1990-02-17"}
EVEN = {"family_name": "Quillbrook", "given_names": "Barnaby", "date_of_birth": "1987-09-03"}


class Site:
    """The service in a directory of its own; `write` puts the odd or the even list in place."""

    def __init__(self, directory: Path, people: int) -> None:
        self.directory = directory
        self.redis = start_redis(directory / "redis")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith("FLAGGING_")} | {
            "FLAGGING_REDIS_URL": self.redis.url,
            "FLAGGING_MASTER_LIST": str(directory / "list.csv"),
            "FLAGGING_STATE_DIR": str(directory / "state"),
            "FLAGGING_KEY_FILE": str(directory / "keys" / "keys.json"),
            "FLAGGING_RATE_LIMIT": "1000000 per second",
            "FLAGGING_GUARD_LIST_OLDER": "86400",
            "GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{self.port} --workers 2",
        }
        everybody = directory / "everybody.csv"
        self.run("synth", "--people", str(people), "--seed", "7", "--out", str(everybody))
        header, *self.rows = everybody.read_text(encoding="utf-8").splitlines()
        self.columns = header.split(",")
        self.header = header
        self.children: list[subprocess.Popen[bytes]] = []

    def run(self, *arguments: str) -> str:
        done = subprocess.run([*FLAGGING, *arguments], env=self.environ, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stderr)
        return done.stdout.strip()

    def write(self, number: int) -> None:
        """Somebody stands on odd lists, somebody else on even ones; every list also dates anew."""
        person, ref = (ODD, "LOAD-1") if number % 2 else (EVEN, "LOAD-2")
        values = person | {"ppo_ref": ref, "status": "active", "added_on": "2026-01-01"}
        gone = {"ppo_ref": "LOAD-2" if number % 2 else "LOAD-1", "status": "removed", "removed_on": "2020-01-01"}
        gone |= {"family_name": "Gone", "given_names": "Away"}
        lines = [self.header, *self.rows]
        lines += [",".join(each.get(column, "") for column in self.columns) for each in (values, gone)]
        part = self.directory / "list.part"
        part.write_text("\n".join(lines) + "\n", encoding="utf-8")
        part.replace(self.directory / "list.csv")

    def start(self) -> str:
        self.run("sync")
        token = self.run("access", "issue-token", "--role", "custody", "--name", "load")
        for command in ("worker", "serve"):
            self.children.append(
                start_child([*FLAGGING, command], environ=self.environ, log=self.directory / f"{command}.log")
            )
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
                connection.request("GET", "/health/ready")
                if connection.getresponse().status == 200:
                    time.sleep(3)  # what loading left to do shall not count as an edition that arrives
                    return token
            except OSError:
                pass
            time.sleep(0.2)
        sys.exit("the service does not become ready")

    def stop(self) -> None:
        for child in reversed(self.children):
            stop_child(child, 30)
        self.redis.stop()


class Caller(threading.Thread):
    """Asks about both people in turn; notes how long each answer took and what each edition said."""

    def __init__(self, port: int, token: str, stopping: threading.Event) -> None:
        super().__init__(daemon=True)
        self.port, self.stopping = port, stopping
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.times: list[tuple[float, float]] = []
        self.told: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self.failed: list[str] = []

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while not self.stopping.is_set():
            for who, person in (("odd", ODD), ("even", EVEN)):
                body = json.dumps(question(person))
                started = time.perf_counter()
                connection.request("POST", "/v1/lookups", body, self.headers)
                answer = connection.getresponse()
                content = answer.read()
                self.times.append((time.monotonic(), time.perf_counter() - started))
                told = json.loads(content)
                if answer.status == 200:
                    self.told[told["register"]["edition"]][who].add(told["outcome"])
                else:
                    self.failed.append(f"{answer.status} {told.get('detail')}")
                time.sleep(0.004)


def question(person: dict[str, str]) -> dict[str, Any]:
    return {
        "setting": "arrest", "purpose": "custody_booking_in", "operator": "4711", "person": person, "ocu": "F1",
    }  # fmt: skip


def mixed(callers: list[Caller]) -> list[str]:
    """Return every edition that told different things of one person, or the same of both."""
    told: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for caller in callers:
        for edition, people in caller.told.items():
            for who, outcomes in people.items():
                told[edition][who] |= outcomes
    faults = []
    for edition, people in sorted(told.items()):
        flagged = [who for who, outcomes in people.items() if "flagged" in outcomes]
        if any(len(outcomes) > 1 for outcomes in people.values()) or (len(people) > 1 and len(flagged) != 1):
            faults.append(f"edition {edition}: {dict(people)}")
    print(f"editions answered from    {len(told)}")
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--every", type=float, default=10.0)
    parser.add_argument("--bar", type=float, default=50.0, help="milliseconds")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="flagging-load-") as directory:
        site = Site(Path(directory), options.people)
        try:
            site.write(0)
            return measure(site, options)
        finally:
            site.stop()


def measure(site: Site, options: argparse.Namespace) -> int:
    token, stopping = site.start(), threading.Event()
    callers = [Caller(site.port, token, stopping) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    until, number = time.monotonic() + options.seconds, 0
    while time.monotonic() < until:
        number += 1
        site.write(number)
        time.sleep(options.every)
    stopping.set()
    for caller in callers:
        caller.join()
    times = sorted(1000 * took for caller in callers for _, took in caller.times)
    print(f"requests                  {len(times)}")
    print(f"p50, p99, p99.9           {statistics.median(times):.2f}  {at(times, 0.99):.2f}  {at(times, 0.999):.2f} ms")
    print(f"slowest ten               {'  '.join(f'{each:.1f}' for each in times[-10:])} ms")
    faults = mixed(callers)
    failed = [reason for caller in callers for reason in caller.failed]
    print(f"answers mixed             {len(faults)}", *faults[:5], sep="\n  " if faults else "")
    print(f"requests failed           {len(failed)}", *failed[:5])
    is_good = not faults and not failed and times[-1] <= options.bar
    print(f"{'pass' if is_good else 'FAIL'}: no request slower than {options.bar:g} ms, no mixed answers, none failed")
    return 0 if is_good else 1


def at(times: list[float], part: float) -> float:
    return times[min(len(times) - 1, int(part * len(times)))]


if __name__ == "__main__":
    sys.exit(main())
