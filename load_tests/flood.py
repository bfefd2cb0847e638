"""One caller floods while another asks at a steady pace: `python load_tests/flood.py [SECONDS] [--people N]`.

A real server with its default limits and 10 000 records is flooded over eight connections, each asking again as soon as
it is answered: with plain questions, with the costliest that the form of a lookup lets through, asked by one operator,
and with those asked by another operator each time. Meanwhile another caller asks twenty times a second by name, over a
new connection each time. In each round it asks for as long with nothing else going on, then beside each flood.

Passes if everybody polite is answered each time, each flood was refused (429), and the polite caller's 99th percentile
is within three times that without a flood, or within MOST_MS: Python lets a thread wait 5 ms for each other that is
busy. Medians over the rounds count, of the ratio within each: what else the machine does comes and goes.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "system"))

import asking
import questions
from contenders import synthesise
from flooding import flooding
from installation import Installation
from measured_build import tell_build
from rounds import paired_ratio, percentile

from flagging.embedded_redis import start_redis

PEOPLE, A_SECOND, ROUNDS, CONNECTIONS = 10_000, 20, 5, 8
MOST_TIMES = 3.0
SETTLED = 2.0
MOST_MS = 50.0
LEAST_SECONDS = 4.0
"""Of a slice: what a flood owes from one round (`rate_limit.MOST_OWED`) is over in the next."""
COLUMN = 100
"""Characters of a name that the form of a lookup lets through, of ten aliases as well."""
ALIASES = 10


def plain(rows, operators):
    """Yield bodies of lookups about people of the register and others, without end."""
    everybody = [questions.by_name(row) for row in rows]
    for operator, person in zip(operators, cycle(everybody), strict=False):
        yield body_of(person, operator)


def costliest(rows, operators):
    """Yield bodies filled with the commonest words of the register, so that most of it has to be looked at."""
    counted = Counter(word for row in rows for name in ("family_name", "given_names") for word in row[name].split())
    common = [word for word, _ in counted.most_common(10)]
    names = [{"given_names": filled(common, at), "family_name": filled(common, at + 5)} for at in range(ALIASES + 1)]
    for operator in operators:
        yield body_of({**names[0], "aliases": names[1:]}, operator)


def filled(words, start):
    start %= len(words)
    return " ".join((words[start:] + words[:start]) * COLUMN)[:COLUMN].rpartition(" ")[0]


def body_of(person, operator):
    asked = questions.ARREST | {"purpose": "arrest_referral_assessment", "operator": operator, "ocu": "F1"}
    return json.dumps(asked | {"person": person, "trigger_offence": True, "drug_test": "positive"}).encode()


def one_operator():
    return cycle(["4712"])


def another_each_time():
    return (str(number) for number in range(10_000, 10_000_000))


FLOODS = (
    ("plain questions", plain, one_operator),
    ("the costliest, by one operator", costliest, one_operator),
    ("the costliest, by many operators", costliest, another_each_time),
)


def ask_politely(site, bodies, seconds):
    """Return the milliseconds from when each lookup was due, at a steady pace, to its answer, and how many were not
    answered by a 200. One that is answered late makes those after it late: a stall is not lost in a percentile.
    """
    head = [("Authorization", f"Bearer {site.tokens['custody']}")]
    took, failed = [], 0
    began = time.perf_counter()
    for number in range(int(seconds * A_SECOND)):
        due = began + number / A_SECOND
        time.sleep(max(0.0, due - time.perf_counter()))
        try:
            asking.Asker(site.port, head).one_by_one([next(bodies)])
            took.append((time.perf_counter() - due) * 1000)
        except (ValueError, OSError):
            failed += 1
    return took, failed


def slices_of(site, rows, bodies, seconds, connections):
    """Ask beside nothing, then beside each flood; yield the name, what took how long, how many failed, the statuses."""
    yield "nothing", *ask_politely(site, bodies, seconds), None
    for name, make, operators in FLOODS:
        flood = partial(make, rows, operators())
        with flooding(site.port, site.tokens[name], flood, connections) as statuses:
            time.sleep(SETTLED)
            took, failed = ask_politely(site, bodies, seconds)
        yield name, took, failed, statuses
        time.sleep(SETTLED)


@contextmanager
def serving(place, people):
    """Run an installation with a synthetic register, default limits, and a token for each of two callers."""
    redis = start_redis(place / "redis")
    site = Installation(place, redis, settings={"FLAGGING_LOG_LEVEL": "info"})
    try:
        synthesise(site.master_list, people, seed=1)
        assert site.run("sync").returncode == 0
        site.issue_tokens("custody")
        for name, _, _ in FLOODS:
            issued = site.run("access", "issue-token", "--role", "arrest_referral", "--name", "a caller who floods")
            site.tokens[name] = issued.stdout.strip()
        site.start("worker")
        site.start("serve")
        site.await_ready()
        yield site
    finally:
        site.stop()
        redis.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("seconds", nargs="?", type=float, default=10.0, help="of each slice, at least 4")
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--connections", type=int, default=CONNECTIONS, help="over which it is flooded")
    options = parser.parse_args()
    if options.seconds < LEAST_SECONDS or options.rounds < 1:
        parser.error(f"slices are of {LEAST_SECONDS:.0f} seconds at least, and there is one round at least")
    tell_build()
    with (
        tempfile.TemporaryDirectory(prefix="flagging-flood-") as directory,
        serving(Path(directory), options.people) as site,
    ):
        rows = questions.people_of(site.master_list)
        polite = cycle(questions.bodies(rows[::2], rows[1::2], questions.by_name, seed=7, count=5_000))
        ask_politely(site, polite, 2)
        print(
            f"{options.people} records, floods over {options.connections} connections; a polite caller asks "
            f"{A_SECOND} a second"
        )
        rounds = []
        for number in range(options.rounds):
            print(f"round {number + 1} of {options.rounds}", flush=True)
            rounds.append([tell(*each) for each in slices_of(site, rows, polite, options.seconds, options.connections)])
    alone, *beside = zip(*rounds, strict=True)
    is_met = [is_as_it_should(name, alone, slices) for (name, _, _), slices in zip(FLOODS, beside, strict=True)]
    print("pass" if all(is_met) else "FAIL")
    return 0 if all(is_met) else 1


@dataclass(frozen=True)
class Slice:
    """What the polite caller heard beside one flood, or beside nothing: its 99th percentile in ms."""

    p99: float
    failed: int
    refused: int


def tell(name, took, failed, statuses):
    """Print one line about a slice, and sum it up."""
    p50, p99 = percentile(took, 0.5), percentile(took, 0.99)
    print(
        f"flooded with {name:<32} p50 {p50:6.1f} ms, p99 {p99:6.1f} ms, {failed} failed; the flood: {statuses or '-'}",
        flush=True,
    )
    return Slice(p99, failed, statuses.get(429, 0) if statuses else 0)


def is_as_it_should(name, alone, beside):
    """Print what the rounds of one flood come to; tell whether that is as it should be."""
    p99 = statistics.median(each.p99 for each in beside)
    times = paired_ratio([each.p99 for each in beside], [each.p99 for each in alone])
    failed, refused = sum(each.failed for each in (*alone, *beside)), sum(each.refused for each in beside)
    is_met = not failed and refused > 0 and (times <= MOST_TIMES or p99 <= MOST_MS)
    print(
        f"flooded with {name:<32} p99 {p99:.1f} ms, {times:.1f} times that without (medians of {len(beside)} rounds), "
        f"{failed} failed, {refused} of the flood refused: {'pass' if is_met else 'FAIL'}"
    )
    return is_met


if __name__ == "__main__":
    sys.exit(main())
