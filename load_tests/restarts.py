"""Server processes reloaded, killed and stopped under load: `python load_tests/restarts.py [--times 5]`.

Callers of several kinds ask all the while: on kept connections, on kept ones with pauses, on a fresh one for each
request, and with batches that take their time. Meanwhile gunicorn is told to reload (HUP), one of its processes is
killed (KILL), and all of it is stopped (TERM) and started again, so many times each. Prints for each what was sent,
answered, failed, and of what kind each failure was:

    refused          nobody listens: nothing was sent, and the caller goes elsewhere
    closed idle      a kept connection was closed before a byte of an answer: asked again on a fresh one, as HTTP has it
    lost             sent, on a fresh connection or again, and not answered
    wrong            answered, but by no 200

Passes if reloads and stops lose nothing, a kill costs each caller at most the request it had in hand, and nothing is
answered wrongly. Speaks to the service over HTTP and by its commands alone.
"""

import argparse
import http.client
import itertools
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "system"))

from installation import Installation, arrest

from flagging.embedded_redis import start_redis

ENDLESS = {"FLAGGING_RATE_LIMIT": "1000000 per second", "FLAGGING_OPERATOR_RATE_LIMIT": "1000000 per second"}
EACH_KIND = 2
BATCH = 40
PATIENCE = 60.0
BEFORE = 1.0
"""Seconds that callers ask before anything is done, so that each has a connection that can be broken."""
SETTLES = 2.0
"""Seconds that callers ask after each thing done: what it costs may come late, and must be counted with it."""
NUMBERS = itertools.count()


@dataclass
class Phase:
    """What came of all requests that were sent while one thing was done to the server, over and over."""

    name: str
    counts: Counter = field(default_factory=Counter)
    kinds: Counter = field(default_factory=Counter)
    longest: float = 0.0

    def tell(self):
        answered = self.counts["answered"]
        sent = answered + self.counts["lost"] + self.counts["wrong"]
        rest = ", ".join(f"{self.counts[each]} {each}" for each in ("lost", "wrong", "closed idle", "refused"))
        print(f"{self.name}: {sent} sent, {answered} answered, {rest}; longest {self.longest:.2f} s", flush=True)
        for kind, times in self.kinds.most_common():
            print(f"    {times} of {kind}", flush=True)


class Callers:
    """Threads that ask on until told to stop; what becomes of a request counts into the phase of that moment."""

    def __init__(self, installation):
        self.installation, self.phase = installation, Phase("before")
        self._lock, self._stopping = threading.Lock(), threading.Event()
        kinds = {"kept": self._pause(0.0), "kept, pausing": self._pause(3.0), "fresh": self._pause(0.0)}
        self._threads = [
            threading.Thread(target=self._ask_on, args=(kind, pause), daemon=True)
            for kind, pause in [*kinds.items(), ("batch", self._pause(0.0))] * EACH_KIND
        ]
        for thread in self._threads:
            thread.start()

    def __len__(self):
        return len(self._threads)

    def stop(self):
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _pause(self, most):
        rng = random.Random(most)
        return lambda: self._stopping.wait(rng.uniform(0.0, most)) if most else None

    def _ask_on(self, kind, pause):
        connection = None
        while not self._stopping.is_set():
            connection = self._ask(kind, connection)
            if connection is not None and kind == "fresh":
                connection.close()
                connection = None
            pause()
        if connection is not None:
            connection.close()

    def _ask(self, kind, connection):
        """Ask once, again on a fresh connection where a kept one turns out to be closed; return what to ask on next."""
        began = time.monotonic()
        path, body = self._batch() if kind == "batch" else self._lookup()
        if connection is not None:
            connection, fault = self._once(connection, path, body, began)
            if fault is None:
                return connection
            self._count("closed idle", f"{kind}: {fault}")
        fresh = http.client.HTTPConnection("127.0.0.1", self.installation.port, timeout=PATIENCE)
        try:
            fresh.connect()
        except OSError:
            self._count("refused")
            time.sleep(0.02)
            return None
        connection, fault = self._once(fresh, path, body, began)
        if fault is not None:
            self._count("lost", f"lost, {kind}: {fault}")
        return connection

    def _once(self, connection, path, body, began):
        """Return the connection as long as it stands, and the fault, if nothing was answered."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.installation.tokens['custody']}"}
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return None, type(error).__name__
        if answer.status == 200 and (b'"outcome"' in content or b'"answers"' in content):
            self._count("answered", seconds=time.monotonic() - began)
        else:
            self._count("wrong", f"{answer.status} {content[:200]!r}")
        if answer.will_close:
            connection.close()
            return None, None
        return connection, None

    def _count(self, what, kind=None, seconds=0.0):
        with self._lock:
            phase = self.phase
            phase.counts[what] += 1
            phase.longest = max(phase.longest, seconds)
            if kind:
                phase.kinds[kind] += 1

    def _lookup(self):
        return "/v1/lookups", json.dumps(arrest(somebody()))

    def _batch(self):
        items = [arrest(somebody(), id=str(seat)) for seat in range(BATCH)]
        return "/v1/lookups/batch", json.dumps({"lookups": items})


def somebody():
    return {"family_name": f"Nobody{next(NUMBERS)}", "given_names": "Ashley", "date_of_birth": "1994-07-23"}


def reload(installation, server):
    """Have gunicorn take up other processes; wait until they all serve."""
    before = processes_of(server)
    server.send_signal(signal.SIGHUP)
    await_others(installation, server, before)


def kill(installation, server):
    before = processes_of(server)
    os.kill(before[0], signal.SIGKILL)
    await_others(installation, server, before[:1])


def await_others(installation, server, before):
    installation.await_answer(
        "other processes",
        lambda: len(processes_of(server)) == installation.processes and not set(before) & set(processes_of(server)),
    )
    installation.await_ready()


def processes_of(server):
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children")
    return [int(pid) for pid in children.read_text("ascii").split()]


def drill(installation, callers, times):
    """Do everything so many times; return what came of it, one phase for each thing done."""
    server = installation.running["serve"]
    phases = []
    for name, do in (("reload (HUP)", reload), ("kill (KILL)", kill)):
        callers.phase = Phase(name)
        phases.append(callers.phase)
        for _ in range(times):
            do(installation, server)
            time.sleep(SETTLES)
    callers.phase = Phase("stop (TERM)")
    for _ in range(times):
        began = time.monotonic()
        server.terminate()
        status = server.wait(PATIENCE)
        callers.phase.kinds[f"stopped, status {status}"] += 1
        print(f"stopped in {time.monotonic() - began:.2f} s", flush=True)
        server = installation.start("serve")
        installation.await_ready()
        time.sleep(SETTLES)
    return [*phases, callers.phase]


def judge(phases, callers, times):
    reloads, kills, stops = phases
    lost = reloads.counts["lost"] + stops.counts["lost"]
    wrong = sum(phase.counts["wrong"] for phase in phases)
    is_good = not lost and not wrong and kills.counts["lost"] <= times * callers
    print(f"{'pass' if is_good else 'FAIL'}: reload and stop lose no request, a kill at most the one in hand of each")
    return 0 if is_good else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=5, help="how often each thing is done")
    parser.add_argument("--quick", action="store_true", help="twice only, with 321 people")
    options = parser.parse_args()
    people, times = (321, 2) if options.quick else (options.people, options.times)
    with tempfile.TemporaryDirectory(prefix="flagging-restarts-") as place:
        directory = Path(place)
        redis = start_redis(directory / "redis")
        running = Installation(directory, redis, settings=ENDLESS)
        try:
            running.run("synth", "--people", str(people), "--seed", "7", "--out", str(running.master_list))
            assert running.run("sync").returncode == 0
            running.issue_tokens("custody")
            running.start("worker")
            running.start("serve")
            running.await_ready()
            callers = Callers(running)
            try:
                time.sleep(BEFORE)
                phases = drill(running, callers, times)
            finally:
                callers.stop()
            for phase in phases:
                phase.tell()
            return judge(phases, len(callers), times)
        finally:
            running.stop()
            redis.stop()


if __name__ == "__main__":
    sys.exit(main())
