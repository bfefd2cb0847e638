"""The service against a bare Flask endpoint, side by side: `python load_tests/compare.py [PEOPLE …] [--quick]`.

One gunicorn setting for both (one gthread worker, one thread). Slices alternate, and which of a pair goes first changes
every time. Questions by identifier and by name with date of birth, no two alike, 97 % about strangers and 3 % about
PPOs; everything is on. Prints requests a second, the processor time a request takes by the system's own count, and the
50th and 99th percentile of asking one at a time; medians over all rounds. Where PostgreSQL is installed, beside it the
same names looked up in its trigram index, without any of what else the service does. Never imports the service.
"""

import argparse
import sys
import tempfile
from itertools import islice
from pathlib import Path

import asking
import contenders
import questions
from rounds import Round, paired_ratio, percentile, summarise

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
        with contenders.service(place, people, setting) as service, contenders.bare(place, setting) as bare:
            strangers, known = (questions.people_of(place / f"{each}.csv") for each in ("strangers", "register"))
            print(f"\nbuild: {contenders.build_of(service.port)}")
            print(f"{people} records, {rounds} rounds, {setting}")
            print(ROW.format("", "per s", "µs CPU", "p50 ms", "p99 ms"))
            missed = [
                compare_by(how, people, questions.bodies(strangers, known, SAY_WHO[how], people, total(rounds)), pair)
                for how in hows
                for pair in [(service, bare)]
            ]
            missed.append(tell_memory(people, asking.memory_mib(service.pid)))
        if "name" in hows:
            tell_trigrams(place, islice(questions.mixed(strangers, known, people), AT_ONCE))
    return max(missed)


def total(rounds):
    return WARMING + rounds * (AT_ONCE + ONE_BY_ONE)


def compare_by(how, people, bodies, pair):
    service, bare = pair
    asked = iter(bodies)
    warming = list(islice(asked, WARMING))
    for each in pair:
        each.asker.all_at_once(warming)
    measured = {service: [], bare: []}
    while slice_ := list(islice(asked, AT_ONCE + ONE_BY_ONE)):
        for each in pair if len(measured[bare]) % 2 else reversed(pair):
            measured[each].append(measure(each, slice_))
    for name, each in ((f"service by {how}", service), ("bare Flask endpoint", bare)):
        told = summarise(measured[each])
        print(ROW.format(name, f"{told.per_second:.0f}", f"{told.processor:.0f}", f"{told.p50:.2f}", f"{told.p99:.2f}"))
    ratio = paired_ratio(*([each.per_second for each in measured[which]] for which in pair))
    cheaper = paired_ratio(*([each.processor for each in measured[which]] for which in reversed(pair)))
    bar = BARS.get((how, people)) or BARS.get((how, None))
    verdict = "" if bar is None else f"bar {bar}: {'pass' if ratio >= bar else 'FAIL'}, dream {DREAM}"
    print(f"ratio by {how}: throughput {ratio:.3f}, processor {cheaper:.3f}   {verdict}", flush=True)
    return int(bar is not None and ratio < bar)


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


def tell_trigrams(place, people):
    with contenders.trigrams(place, place / "register.csv") as postgresql:
        if postgresql is None:
            print("PostgreSQL with psycopg is not installed: not compared")
            return
        seconds = postgresql.seconds(people)
        per_second = len(seconds) / sum(seconds)
        p50, p99 = (1e3 * percentile(seconds, part) for part in (0.5, 0.99))
        print(ROW.format("pg_trgm by name, no HTTP", f"{per_second:.0f}", "", f"{p50:.2f}", f"{p99:.2f}"), flush=True)


if __name__ == "__main__":
    sys.exit(main())
