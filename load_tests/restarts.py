"""Server processes reloaded, killed and stopped under load: `python load_tests/restarts.py [--times 5]`.

Callers of several kinds ask all the while: on kept connections, on kept ones with pauses, on a fresh one for each
request, and with batches that take their time. Meanwhile gunicorn is told to reload (HUP), one of its processes is
killed (KILL), and all of it is stopped (TERM) and started again, so many times each. Prints for each what was sent,
answered, failed, and of what kind each failure was:

    refused          nobody listens: nothing was sent, and the caller goes elsewhere
    closed idle      a kept connection was closed before a byte of an answer: asked again on a fresh one, as HTTP has it
    lost             sent, on a fresh connection or again, and not answered
    wrong            answered, but by no 200

Passes if reloads and stops lose nothing, and close kept connections only of callers who pause; if a kill breaks off one
connection of each caller at most, with or without a request in hand; and if nothing is answered wrongly. Speaks to the
service over HTTP and by its commands alone.
"""

import argparse
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "system"))

from callers import ENDLESS
from installation import Installation
from kinds_of_callers import EACH_KIND, PAUSING, Callers, Phase

from flagging.embedded_redis import start_redis

PATIENCE = 60.0
BEFORE = 1.0
"""Seconds that callers ask before anything is done, so that each has a connection that can be broken."""
SETTLES = 2.0
"""Seconds that callers ask after each thing done: what it costs may come late, and must be counted with it."""


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
    """Print what cost callers more than it may; return the status to end with.

    Each caller has one connection at a time, and connects anew to a process that stays: what is done to one of the
    processes breaks it off once at most. One that retires answers whoever asks on, and says that it closes.
    """
    reloads, kills, stops = phases
    faults = [f"{phase.name}: {phase.counts['wrong']} answered wrongly" for phase in phases if phase.counts["wrong"]]
    faults += [f"{phase.name}: nobody was answered" for phase in phases if not phase.counts["answered"]]
    # Somebody listens all the while but after a stop.
    faults += [
        f"{phase.name}: {phase.counts['refused']} refused" for phase in (reloads, kills) if phase.counts["refused"]
    ]
    for phase in (reloads, stops):
        asking_on = phase.closed.total() - phase.closed[PAUSING]
        faults += [f"{phase.name}: {phase.counts['lost']} lost"] if phase.counts["lost"] else []
        faults += [f"{phase.name}: closed {asking_on} times while asked on"] if asking_on else []
        faults += [f"{phase.name}: closed again and again"] if phase.closed[PAUSING] > times * EACH_KIND else []
    if kills.counts["lost"] + kills.closed.total() > times * callers:
        faults.append(f"{kills.name}: more broken off than one connection of each caller, each time")
    print(*faults, sep="\n", end="\n" if faults else "")
    print(
        f"{'FAIL' if faults else 'pass'}: reload and stop lose no request and close only idle connections, "
        "a kill breaks off at most one of each"
    )
    return 1 if faults else 0


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
