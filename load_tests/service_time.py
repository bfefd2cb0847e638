"""What a lookup costs in process, against the bars of the house: `python load_tests/service_time.py [--quick]`.

Calls the application as gunicorn would, with everything on: authentication, schema, register from a real Redis, ledger
spool on disk, metrics shared between processes, disclosure and receipt. Beside it, in alternating slices, a bare Flask
endpoint that reads the body and returns as much. Prints the processor time a lookup adds to the bare request in the
thread that asks (median of the slices' differences) and on all others (spool, metrics: over all slices, less what they
use when idle), and both together, which is judged; the time it takes in process, and the memory the process holds. One
process for each size of the register.

The bars are times, set where a bare request takes 40 µs. While others use the host of this machine it may take several
times as long: a bar that is missed then says nothing of the service, and is told as such, nor is it passed.
"""

import argparse
import gc
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import asking
import bare_endpoint
import other_threads
import questions
from in_process import SLICE, Slice, serving
from measured_build import tell_build
from quiet import await_quiet

ADDED_BARS = {"identifier": 170, "name": 230}  # µs of processor time, at ADDED_AT records
ADDED_AT = 10_000
BARE = 40  # µs of a bare request where the bars were set; what is told beside it is for comparison, and decides nothing
SLOWED = 1.25  # a machine on which it takes so much longer, or more, is slower than the one the bars are for
P99_BARS = {321: 1.0, 10_000: 1.0, 50_000: 3.0}  # ms, by name
ROUNDS, QUICK_ROUNDS = 21, 5


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("people", nargs="*", type=int, default=[321, 10_000, 50_000])
    parser.add_argument("--quick", action="store_true", help="fewer slices")
    parser.add_argument("--profile", metavar="HOW", choices=["identifier", "name"], help="print a profile instead")
    options = parser.parse_args()
    rounds = QUICK_ROUNDS if options.quick else ROUNDS
    if len(options.people) > 1:
        statuses = [
            subprocess.call([sys.executable, __file__, str(people), *(["--quick"] if options.quick else [])])
            for people in options.people
        ]
        return max(statuses)
    (people,) = options.people
    tell_build()
    with tempfile.TemporaryDirectory() as directory:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory  # before anything of the service is imported
        with serving(Path(directory), people) as (app, token):
            if options.profile:
                return profile(app, token, people, options.profile)
            return measure(app, token, people, rounds)


def measure(app, token, people, rounds):
    bare = bare_endpoint.app
    strangers, known = (questions.people_of(app.place / f"{name}.csv") for name in ("strangers", "register"))
    statuses = []
    await_quiet([os.getpid()])  # what loading leaves to free is no work of a process that idles
    idle = other_threads.idle()
    for how, say_who in (("identifier", questions.by_identifier), ("name", questions.by_name)):
        asked = questions.bodies(strangers, known, say_who, seed=people, count=SLICE * (rounds + 4))
        slices = [asked[at : at + SLICE] for at in range(0, len(asked), SLICE)]
        for warming in slices[:4]:
            Slice(app, token, warming)
            Slice(bare, token, warming)
        gc.collect()
        time.sleep(other_threads.SETTLED_SECONDS)  # what warming leaves to do is not counted
        watch = other_threads.Watch()
        pairs = []
        for number, each in enumerate(slices[4:]):
            order = (bare, app) if number % 2 else (app, bare)
            done = {which: Slice(which, token, each) for which in order}
            pairs.append((done[app], done[bare]))
        left = other_threads.until_settled(watch).beyond(idle)
        statuses += report(people, how, pairs, 1e6 * left / (SLICE * len(pairs)))
    statuses.append(report_memory(people))
    return max(statuses)


def report(people, how, pairs, elsewhere):
    """Print what lookups took; `elsewhere` is what one of them leaves to other threads (µs of processor)."""
    added = statistics.median(service.processor - bare.processor for service, bare in pairs)
    bare = statistics.median(bare.processor for _, bare in pairs)
    walls = sorted(wall for service, _ in pairs for wall in service.walls)
    p50, p99 = (walls[int(len(walls) * part)] / 1e6 for part in (0.5, 0.99))
    missed = "cannot tell" if bare >= BARE * SLOWED else "FAIL"
    bar = ADDED_BARS[how] if people == ADDED_AT else None
    alike = f"bare {bare:.0f} µs; {added / bare * BARE:.0f} beside {BARE}"
    yield told(f"processor time added by {how}, {people} records, thread asking", added, "µs", None, alike)
    yield told(f"processor time added by {how}, {people} records, other threads", elsewhere, "µs", None)
    yield told(f"processor time added by {how}, {people} records", added + elsewhere, "µs", bar, "", missed)
    bar = P99_BARS.get(people) if how == "name" else None
    yield told(f"time in process p99 by {how}, {people} records", p99, "ms", bar, f"p50 {p50:.3f} ms", missed)


def report_memory(people):
    return told(f"memory held, {people} records", asking.memory_mib("self"), "MiB", None, "this script included")


def told(what, figure, unit, bar, remark="", missed="FAIL"):
    """Print one figure with its bar; return 1 if it misses it, whatever that means."""
    verdict = "" if bar is None else f"bar {bar} {unit}: {'pass' if figure <= bar else missed}"
    digits = 0 if figure >= 10 else 3
    print(f"{what:<66} {figure:8.{digits}f} {unit:<4} {verdict:<24} {remark}", flush=True)
    return int(bar is not None and figure > bar)


def profile(app, token, people, how):
    import cProfile
    import pstats

    say_who = getattr(questions, f"by_{how}")
    strangers, known = (questions.people_of(app.place / f"{name}.csv") for name in ("strangers", "register"))
    asked = questions.bodies(strangers, known, say_who, seed=people, count=6000)
    Slice(app, token, asked[:2000])
    watch = cProfile.Profile()
    watch.runcall(Slice, app, token, asked[2000:])
    pstats.Stats(watch).sort_stats("tottime").print_stats(70)
    return 0


if __name__ == "__main__":
    sys.exit(main())
