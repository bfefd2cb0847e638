"""How long a sync takes and what it needs, against the bars of the house: `python load_tests/sync_time.py`.

Measures `flagging sync` as a process of its own, on one processor core, with a private Redis: a first list, the same
list again, one with a single change; and how long after a change a lookup knows the newcomer, with the real worker and
as many server processes as `flagging serve` starts, which all have to: after a file is renamed in, and after the list
at an address is another one, which changes just as the worker has asked for it: it has a whole poll to wait.
"""

import argparse
import os
import sys
import time

from measured_build import tell_build
from quiet import await_quiet
from sync_site import POLL_SECONDS, await_true, site

VISIBLE_BARS = {321: 2, 10_000: 8}
SYNC_BAR, UNCHANGED_BAR, MEMORY_BAR = 90, 2, 1024


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
        await_true(lambda: all(asker.lists_dated()))

        def vouch():
            before = set(asker.lists_dated())
            os.utime(made.list)
            return lambda: not before & {None, *asker.lists_dated()}

        return taken(f"dated anew → vouched for, {people} records", vouch, times, UNCHANGED_BAR, asker)


def measure_visible(people, times, *, at_address):
    with site(people, at_address=at_address) as made, made.serving() as asker:
        numbers = iter(range(times))
        what, bar = "renamed in", VISIBLE_BARS[people]
        if at_address:
            what, bar = f"changed at an address asked every {POLL_SECONDS:g} s", bar + POLL_SECONDS

        def change():
            if at_address:
                made.address.await_next()
            person = made.add(next(numbers))
            return lambda: set(asker.outcomes(person)) == {"flagged"}

        return taken(f"{what} → visible in all answers, {people} records", change, times, bar, asker)


def taken(what, change, times, bar, asker):
    """Print how long after each change its effect is seen; return whether the slowest misses the bar.

    Worker and server have done with the change before by then, as they would in life.
    """
    seconds = []
    for _ in range(times):
        await_quiet(asker.pids)
        asker.connect()
        is_seen = change()
        began = time.monotonic()
        await_true(is_seen)
        seconds.append(time.monotonic() - began)
    is_missed = max(seconds) > bar
    shown = ", ".join(f"{each:.2f} s" for each in seconds)
    verdict = "FAIL" if is_missed else "pass"
    print(f"{what}, {asker.processes} server processes: {shown} (bar {bar:g} s): {verdict}", flush=True)
    return is_missed


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=50_000, help="rows of the list that is synced")
    parser.add_argument("--times", type=int, default=5, help="how often each change is waited for")
    options = parser.parse_args()
    tell_build()
    missed = [measure_syncs(options.rows), measure_unchanged(options.rows, options.times)]
    missed += [
        measure_visible(records, options.times, at_address=at_address)
        for records in VISIBLE_BARS
        for at_address in (False, True)
    ]
    sys.exit(any(missed))
