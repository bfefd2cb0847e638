"""The service against a bare Flask endpoint, side by side: `python load_tests/compare.py [PEOPLE …] [--quick]`.

One gunicorn setting for both (one gthread worker, one thread). Slices alternate, and which of a pair goes first changes
every time. Questions by identifier and by name with date of birth, no two alike, 97 % about strangers and 3 % about
PPOs; everything is on. Prints requests a second, the processor time a request takes by the system's own count, and the
50th and 99th percentile of asking one at a time; medians over all rounds. Where PostgreSQL is installed, the same names
are looked up in its trigram index in every round, before or after the pair and never between the two; without any of
what else the service does. Never imports the service.
"""

import argparse
import sys
import tempfile
from contextlib import nullcontext
from itertools import islice
from pathlib import Path

import asking
import contenders
import questions
from rounds import Round, order_of, paired_ratio, summarise
from trigrams import trigrams

ROUNDS, QUICK_ROUNDS = 11, 3
AT_ONCE, ONE_BY_ONE, WARMING = 1200, 300, 600
BARS = {("identifier", None): 0.55, ("name", 10_000): 0.50}
DREAM = 0.65
MEMORY_BARS = {10_000: 150, 50_000: 500}
SAY_WHO = {"identifier": questions.by_identifier, "name": questions.by_name}
ROW = "{:<28} {:>9} {:>9} {:>8} {:>8}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("people", nargs="*", type=int, default=[321, 10_000, 50_000])
    parser.add_argument("--by", choices=SAY_WHO, action="append", help="only questions of this kind")
    parser.add_argument("--setting", default=contenders.SETTING, help="of gunicorn, in place of the one compared with")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: for a look, not for the record")
    options = parser.parse_args()
    rounds = QUICK_ROUNDS if options.quick else ROUNDS
    return max([compare(people, options.by or list(SAY_WHO), rounds, options.setting) for people in options.people])


def compare(people, hows, rounds, setting):
    with tempfile.TemporaryDirectory(prefix="compare-") as directory:
        place = Path(directory)
        contenders.synthesise(place / "strangers.csv", 6000, seed=99)
        with (
            contenders.service(place, people, setting) as service,
            contenders.bare(place, setting) as bare,
            trigrams(place, place / "register.csv") if "name" in hows else nullcontext() as postgresql,
        ):
            strangers, known = (questions.people_of(place / f"{each}.csv") for each in ("strangers", "register"))
            print(f"\nbuild: {contenders.build_of(service.port)}")
            print(f"{people} records, {rounds} rounds, {setting}")
            if "name" in hows and postgresql is None:
                print("PostgreSQL with psycopg is not installed: not compared")
            print(ROW.format("", "per s", "µs CPU", "p50 ms", "p99 ms"))
            missed = []
            for how in hows:
                bodies = questions.bodies(strangers, known, SAY_WHO[how], people, total(rounds))
                beside = (postgresql,) if how == "name" and postgresql else ()
                missed.append(compare_by(how, people, bodies, (service, bare), beside))
            missed.append(tell_memory(people, asking.memory_mib(service.pid)))
    return max(missed)


def total(rounds):
    return WARMING + rounds * (AT_ONCE + ONE_BY_ONE)


def compare_by(how, people, bodies, pair, beside):
    """Print what all contenders came to; return 1 where the ratio of the pair misses its bar; `beside` has none."""
    asked = iter(bodies)
    warming = list(islice(asked, WARMING))
    for each in (*pair, *beside):
        each.asker.all_at_once(warming)
    measured = {each: [] for each in (*pair, *beside)}
    while slice_ := list(islice(asked, AT_ONCE + ONE_BY_ONE)):
        for each in order_of(len(measured[pair[0]]), pair, beside):
            measured[each].append(measure(each, slice_))
    for each, rounds in measured.items():
        told = summarise(rounds)
        row = (f"{told.per_second:.0f}", f"{told.processor:.0f}", f"{told.p50:.2f}", f"{told.p99:.2f}")
        print(ROW.format(each.name, *row))
    service, bare = (measured[each] for each in pair)
    bar = BARS.get((how, people)) or BARS.get((how, None))
    ratio = tell_ratio(f"ratio by {how}", service, bare, bar)
    for each in beside:
        tell_ratio(f"beside {each.name}", service, measured[each], None)
    return int(bar is not None and ratio < bar)


def tell_ratio(what, first, second, bar):
    """Print how many times as fast, and as cheap, the first is; return the former."""
    faster = paired_ratio([each.per_second for each in first], [each.per_second for each in second])
    cheaper = paired_ratio([each.processor for each in second], [each.processor for each in first])
    verdict = "" if bar is None else f"bar {bar}: {'pass' if faster >= bar else 'FAIL'}, dream {DREAM}"
    print(f"{what}: throughput {faster:.3f}, processor {cheaper:.3f}   {verdict}", flush=True)
    return faster


def measure(contender, bodies):
    before = asking.processor_seconds(contender.pid)
    taken = contender.asker.all_at_once(bodies[:AT_ONCE])
    used = asking.processor_seconds(contender.pid) - before
    singly = contender.asker.one_by_one(bodies[AT_ONCE:])
    return Round(AT_ONCE / taken, used / AT_ONCE, tuple(singly))


def tell_memory(people, mib):
    bar = MEMORY_BARS.get(people)
    verdict = "" if bar is None else f"bar {bar}: {'pass' if mib <= bar else 'FAIL'}"
    print(f"memory of the server process: {mib:.0f} MiB   {verdict}")
    return int(bar is not None and mib > bar)


if __name__ == "__main__":
    sys.exit(main())
