"""Does a new edition arriving under load hold up a request, or mix two editions in one answer?

    python load_tests/edition_under_load.py [--people 10000] [--seconds 60] [--every 10] [--bar 50]

Starts a Redis, a worker and two server processes of its own, and callers that ask on kept connections. For so many
seconds nothing arrives, which shows what this machine does to requests anyway; for as many more another list is put in
place every so often. Prints how long requests took in either phase, and pass or fail of the second against the bar
(milliseconds). It talks to the service over HTTP and by its commands alone.
"""

import argparse
import contextlib
import gc
import http.client
import json
import multiprocessing
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from measured_build import tell_build
from quiet import await_quiet
from service_command import FLAGGING

from flagging.children import start_child, stop_child
from flagging.embedded_redis import start_redis

CALLERS = 2
BETWEEN_SECONDS = 0.004
NOTED_MS = 20.0
ODD = {"family_name": "Larkwhistle", "given_names": "Tobias", "date_of_birth": "1990-02-17"}
EVEN = {"family_name": "Quillbrook", "given_names": "Barnaby", "date_of_birth": "1987-09-03"}


class Site:
    """The service in a directory of its own."""

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
        for number in (0, 1):
            self._write(number, everybody.read_text(encoding="utf-8").splitlines())
        self.children: list[subprocess.Popen[bytes]] = []

    def run(self, *arguments: str) -> str:
        done = subprocess.run([*FLAGGING, *arguments], env=self.environ, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stderr)
        return done.stdout.strip()

    def put(self, number: int) -> None:
        """Put the odd or the even list in place, written before: whoever measures has nothing to compute meanwhile."""
        part = self.directory / "list.part"
        subprocess.run(["cp", self.directory / f"{number % 2}.csv", part], check=True)  # a new file: it dates anew
        part.replace(self.directory / "list.csv")

    def _write(self, number: int, rows: list[str]) -> None:
        """Somebody stands on odd lists, somebody else on even ones."""
        header, *others = rows
        columns = header.split(",")
        person, ref = (ODD, "LOAD-1") if number % 2 else (EVEN, "LOAD-2")
        values = person | {"ppo_ref": ref, "status": "active", "added_on": "2026-01-01"}
        gone = {"ppo_ref": "LOAD-2" if number % 2 else "LOAD-1", "status": "removed", "removed_on": "2020-01-01"}
        gone |= {"family_name": "Gone", "given_names": "Away"}
        lines = [header, *others]
        lines += [",".join(each.get(column, "") for column in columns) for each in (values, gone)]
        (self.directory / f"{number % 2}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def start(self, commands: tuple[str, ...] = ("worker", "serve")) -> str:
        """Start these; return a token, once whoever has it is answered."""
        self.run("sync")
        token = self.run("access", "issue-token", "--role", "custody", "--name", "load")
        for command in commands:
            self.children.append(
                start_child([*FLAGGING, command], environ=self.environ, log=self.directory / f"{command}.log")
            )
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
                connection.request("GET", "/health/ready")
                if connection.getresponse().status == 200:
                    # What loading left to do shall not count as an edition that arrives.
                    await_quiet([child.pid for child in self.children])
                    return token
            except OSError:
                pass
            time.sleep(0.2)
        sys.exit("the service does not become ready")

    def stop(self) -> None:
        for child in reversed(self.children):
            stop_child(child, 30)
        self.redis.stop()


class Caller:
    """A process that asks about both people in turn; notes how long each answer took and what each edition said.

    A process of its own, so that what it waits for is the service and never another thread of whoever measures.
    """

    def __init__(self, port: int, token: str) -> None:
        self._stopping = multiprocessing.Event()
        self._heard, self._tells = multiprocessing.Pipe(duplex=False)
        self._process = multiprocessing.Process(target=self._ask_on, args=(port, token), daemon=True)
        self._process.start()

    def stop(self) -> "Heard":
        self._stopping.set()
        heard: Heard = self._heard.recv()
        self._process.join()
        return heard

    def _ask_on(self, port: int, token: str) -> None:
        gc.disable()
        heard = Heard()
        asker = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        bodies = {who: json.dumps(question(person)) for who, person in (("odd", ODD), ("even", EVEN))}
        while not self._stopping.is_set():
            for who, body in bodies.items():
                started = time.monotonic()
                asker.request("POST", "/v1/lookups", body, headers)
                answer = asker.getresponse()
                content = answer.read()
                took = 1000 * (time.monotonic() - started)
                heard.times.append((started, took))
                if took > NOTED_MS:
                    heard.slow.append((took, started, answer.getheader("Server-Timing", "")))
                heard.note(who, answer.status, json.loads(content))
                time.sleep(BETWEEN_SECONDS)
        self._tells.send(heard)


@dataclass
class Heard:
    """When each request was sent and the milliseconds its answer took, with the steps of slow ones; what each edition
    said of whom; what failed.
    """

    times: list[tuple[float, float]] = field(default_factory=list)
    slow: list[tuple[float, float, str]] = field(default_factory=list)
    told: dict[tuple[int, str], set[str]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def note(self, who: str, status: int, told: dict[str, Any]) -> None:
        if status == 200:
            self.told.setdefault((told["register"]["edition"], who), set()).add(told["outcome"])
        else:
            self.failed.append(f"{status} {told.get('detail')}")


def question(person: dict[str, str]) -> dict[str, Any]:
    return {
        "setting": "arrest", "purpose": "custody_booking_in", "operator": "4711", "person": person, "ocu": "F1",
    }  # fmt: skip


def mixed(heard: list[Heard]) -> list[str]:
    """Return every edition that told different things of one person, or the same of both."""
    told: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for each in heard:
        for (edition, who), outcomes in each.told.items():
            told[edition][who] |= outcomes
    faults = []
    for edition, people in sorted(told.items()):
        flagged = [who for who, outcomes in people.items() if "flagged" in outcomes]
        if any(len(outcomes) > 1 for outcomes in people.values()) or (len(people) > 1 and len(flagged) != 1):
            faults.append(f"edition {edition}: {dict(people)}")
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--every", type=float, default=10.0)
    parser.add_argument("--bar", type=float, default=50.0, help="milliseconds")
    parser.add_argument("--steps", type=int, default=0, help="tell of so many slow requests where their time went")
    options = parser.parse_args()
    tell_build()
    with site_of(options.people) as site:
        return measure(site, options)


@contextlib.contextmanager
def site_of(people: int) -> Iterator[Site]:
    """Yield a site that holds its first edition; whatever was started in it is stopped afterwards."""
    with tempfile.TemporaryDirectory(prefix="flagging-load-") as directory:
        site = Site(Path(directory), people)
        try:
            site.put(0)
            yield site
        finally:
            site.stop()


def measure(site: Site, options: argparse.Namespace) -> int:
    token = site.start()
    callers = [Caller(site.port, token) for _ in range(CALLERS)]
    begun = time.monotonic()
    time.sleep(options.seconds)
    exchanging = time.monotonic()
    lists = max(1, round(options.seconds / options.every))
    for number in range(1, 1 + lists):
        site.put(number)
        time.sleep(options.every)
    heard = [caller.stop() for caller in callers]
    times = [each for caller in heard for each in caller.times]
    tell("nothing arriving", sorted(took for at, took in times if begun <= at < exchanging))
    slowest = tell("editions arriving", sorted(took for at, took in times if at >= exchanging))
    for took, at, steps in sorted((each for caller in heard for each in caller.slow), reverse=True)[: options.steps]:
        print(f"  {took:6.1f} ms, {at - exchanging:+6.1f} s from the first list: {steps}")
    faults = mixed(heard)
    failed = [reason for caller in heard for reason in caller.failed]
    print(f"answers mixed             {len(faults)}", *faults[:5], sep="\n  " if faults else "")
    print(f"requests failed           {len(failed)}", *failed[:5])
    editions = {edition for each in heard for edition, _ in each.told}
    # A worker on a slow machine passes over a list that is replaced while it works; without editions nothing is shown.
    print(f"editions answered from    {len(editions)}, of {1 + lists} lists")
    is_good = not faults and not failed and slowest <= options.bar and len(editions) > (1 + lists) / 2
    print(
        f"{'pass' if is_good else 'FAIL'}: editions of most lists, no request slower than {options.bar:g} ms, "
        "no mixed answers, none failed"
    )
    return 0 if is_good else 1


def tell(phase: str, times: list[float]) -> float:
    """Print how long the requests of one phase took; return the longest."""
    print(f"{phase:<25} {len(times)} requests")
    print(f"  p50, p99, p99.9         {statistics.median(times):.2f}  {at(times, 0.99):.2f}  {at(times, 0.999):.2f} ms")
    print(f"  slowest ten             {'  '.join(f'{each:.1f}' for each in times[-10:])} ms")
    return times[-1]


def at(times: list[float], part: float) -> float:
    return times[min(len(times) - 1, int(part * len(times)))]


if __name__ == "__main__":
    sys.exit(main())
