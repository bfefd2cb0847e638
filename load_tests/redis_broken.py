"""Redis is broken in eight ways under load, and mended: `python load_tests/redis_broken.py [SECONDS] [--quick]`.

Stopped (SIGSTOP), killed, refusing connections, slow, read-only, full, flushed again and again, losing single keys. In
each way callers ask before, while and after, so many seconds each (10; 3 with `--quick`), or longer: until the breakage
shows, and until every answer is from Redis again. `--only WORD` tries the ways whose name holds that word.

Passes if no lookup failed and none was wrong, the 99th percentile while and after is within three times that of before,
nobody waited as for a Redis that hangs, and each breakage showed: in answers from the replica, in syncs that failed, or
in the worker having put back what was lost. What does not show may not have been broken, and proves nothing.
"""

import argparse
import itertools
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "system"))

from breakages import FLUSH, KEYS, LOSSES, full, is_whole, killed, read_only, refusing, slow, stopped
from callers import ENDLESS, Callers, Heard
from failing_site import Site, failing_site
from measured_build import tell_build
from phases import told

SECONDS, QUICK_SECONDS = 10.0, 3.0
WARMING_SECONDS = 2.0
LOOK_SECONDS = 0.05
BETWEEN_LOSSES = 0.5

Shows = Callable[[list[Heard]], bool]
"""Tells from what was heard since whether a breakage was noticed."""
Way = Callable[[Site], AbstractContextManager[Shows]]


def out_of_reach(breaks: Callable[[Site], AbstractContextManager[None]]) -> Way:
    """Break Redis so that it cannot be read: servers answer from what they hold, and say so."""

    @contextmanager
    def way(site: Site) -> Iterator[Shows]:
        with breaks(site):
            yield lambda heard: any(each.source == "replica" for each in heard)

    return way


def unwritable(breaks: Callable[[Site], AbstractContextManager[None]]) -> Way:
    """Break Redis so that it can be read and not written to: syncs fail, and the worker says so."""

    @contextmanager
    def way(site: Site) -> Iterator[Shows]:
        before = failed_syncs(site)
        with breaks(site):
            yield lambda _: failed_syncs(site) > before

    return way


def losing(losses: dict) -> Way:
    """Have Redis lose one thing after the other, each once the worker has put back the one before."""

    @contextmanager
    def way(site: Site) -> Iterator[Shows]:
        put_back, stopping = Counter(), threading.Event()
        thread = threading.Thread(target=lose_in_turn, args=(site, losses, put_back, stopping))
        thread.start()
        try:
            yield lambda _: put_back.keys() == losses.keys()
        finally:
            stopping.set()
            thread.join()

    return way


def lose_in_turn(site, losses, put_back, stopping):
    """Count by name what was lost indeed and then put back."""
    with site.direct as client:
        for name, lose in itertools.cycle(losses.items()):
            lose(client)
            is_lost = not is_whole(client)
            while not is_whole(client):
                if stopping.wait(LOOK_SECONDS):
                    return
            if is_lost:
                put_back[name] += 1
            if stopping.wait(BETWEEN_LOSSES):
                return


def failed_syncs(site):
    return site.log("worker").count('"sync_failed"')


WAYS = {
    "stopped": out_of_reach(stopped),
    "killed": out_of_reach(killed),
    "refusing": out_of_reach(refusing),
    "slow": out_of_reach(slow),
    "read-only": unwritable(read_only),
    "full": unwritable(full),
    "flushed": losing(FLUSH),
    "losing single keys": losing({name: LOSSES[name] for name in KEYS}),
}


def try_out(site, callers, way, seconds):
    """Break Redis in one way, and mend it, while callers ask; print what they heard, and return the faults."""
    heard = {"before": callers.listen(seconds)}
    with way(site) as shows:
        heard["while"] = callers.listen(seconds, until=shows)
        is_shown = shows(heard["while"])
    heard["after"] = callers.listen(seconds, until=lambda _: site.answers_from("redis"))
    is_mended = site.answers_from("redis")
    return [*told(heard, shows=is_shown), *([] if is_mended else ["the register is not from Redis again"])]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seconds", nargs="?", type=float, metavar="SECONDS", help="of each phase")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_SECONDS:g} seconds each")
    parser.add_argument("--only", metavar="WORD", default="", help="the ways whose name holds this")
    options = parser.parse_args()
    ways = {name: way for name, way in WAYS.items() if options.only in name}
    if not ways:
        parser.error(f"no way to break Redis has {options.only!r} in its name: {', '.join(WAYS)}")
    seconds = options.seconds or (QUICK_SECONDS if options.quick else SECONDS)
    tell_build()
    faults = []
    with (
        tempfile.TemporaryDirectory(prefix="flagging-broken-") as place,
        failing_site(Path(place), "custody", settings=ENDLESS) as site,
        Callers(site.port, site.tokens["custody"]) as callers,
    ):
        callers.listen(WARMING_SECONDS)
        for name, way in ways.items():
            print(f"{name}:", flush=True)
            faults += [f"{name}: {fault}" for fault in try_out(site, callers, way, seconds)]
    print(*faults, sep="\n", end="\n" if faults else "")
    print(f"{'FAIL' if faults else 'pass'}: whatever is the matter with Redis, lookups are answered right, and as fast")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
