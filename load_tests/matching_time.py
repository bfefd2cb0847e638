"""Measures how long recognising takes, from identity to matches: `python load_tests/matching_time.py [PEOPLE …]`.

One process, registers of so many synthetic people; questions by name and date of birth, by name alone, and by PNC ID,
about strangers and about people on the register. Prints wall time (median, 99th percentile) and processor time a
question, after as many questions again to fill what is remembered of words; then each row of the budget that depends
on it, with its figure and whether it holds. Every register has a process of its own, whose memory is measured too.
Last come questions as large as the form of a lookup lets through, which a server breaks off at its time limit.
"""

import argparse
import gc
import multiprocessing
import random
import sys
import time
from datetime import date
from pathlib import Path

from measured_build import tell_build

from flagging.configuration.matching import load_matching
from flagging.errors import OutOfTime
from flagging.identity.birth_date import parse_birth_date
from flagging.identity.identifiers import parse_identifiers
from flagging.identity.names import parse_name
from flagging.identity.person import BirthDate, IdentifierKind, Identity, Persona, PersonName
from flagging.matching.derived import derive
from flagging.matching.index import CandidateIndex
from flagging.matching.search import search
from flagging.record import Record
from flagging.synth import synthesise
from flagging.terms import Status

ROOT = Path(__file__).resolve().parent.parent
TODAY = date(2026, 11, 23)
ASKED = 2000
HOSTILE = 20
# Seconds that a server gives one lookup (FLAGGING_LOOKUP_SECONDS).
LIMIT = 2.0
PARTS = ("given", "family")
# What the 99th percentile by name may be, in microseconds, and the memory of a process, in MiB, by people; and the
# processor time of a stranger by name and date of birth at 10 000, the share of matching in what a lookup may add.
SLOWEST = {321: 1000, 10_000: 1000, 50_000: 3000}
MEMORY = {10_000: 150, 50_000: 500}
PROCESSOR = {10_000: 90}


def identity_of(row):
    name = parse_name(row["given_names"], row["family_name"])
    born = parse_birth_date(row["date_of_birth"] or "", TODAY)
    numbers = parse_identifiers(IdentifierKind.PNC_ID, (row["pnc_id"] or "").split(";")[0])
    persona = Persona(name if isinstance(name, PersonName) else None, born if isinstance(born, BirthDate) else None)
    return Identity((persona,), tuple(getattr(numbers, "identifiers", ())))


def is_whole(identity):
    (persona,) = identity.personas
    return persona.name is not None and persona.born is not None and identity.identifiers


def by_name_and_date(identity):
    return Identity(identity.personas)


def by_name(identity):
    return Identity((Persona(identity.personas[0].name, None),))


def by_identifier(identity):
    return Identity((), identity.identifiers)


def hostile(known, number):
    """Yield the largest questions that the form of a lookup lets through: eleven undated names of 16 borne words."""
    rng = random.Random(5)
    given, family = ([word for each in known for word in getattr(each.personas[0].name, part)] for part in PARTS)
    for _ in range(number):
        names = [PersonName(tuple(rng.choices(given, k=8)), tuple(rng.choices(family, k=8))) for _ in range(11)]
        yield Identity(tuple(Persona(name, None) for name in names))


def register_of(rows):
    index = CandidateIndex()
    for number, identity in enumerate(map(identity_of, rows)):
        index.add(Record(f"R{number}", Status.ACTIVE, identity), derive(identity))
    return index


def time_questions(questions, index, model):
    walls, began = [], time.thread_time()
    for question in questions:
        start = time.perf_counter()
        search(question, index, model, lambda: False)
        walls.append(1e6 * (time.perf_counter() - start))
    processor = 1e6 * (time.thread_time() - began) / len(questions)
    walls.sort()
    return walls[len(walls) // 2], walls[int(0.99 * len(walls))], processor


def time_hostile(questions, index, model):
    """Return the median and the longest time in ms of questions broken off at the limit, and how many were."""
    walls, cut = [], 0
    for question in questions:
        start = time.perf_counter()
        try:
            search(question, index, model, lambda until=start + LIMIT: time.perf_counter() > until)
        except OutOfTime:
            cut += 1
        walls.append(1e3 * (time.perf_counter() - start))
    walls.sort()
    return walls[len(walls) // 2], walls[-1], cut


def memory():
    """Return the resident memory of this process in MiB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def budget(what, people, figure, most):
    """Print a figure with its bar, where there is one; return whether it misses it."""
    if people not in most:
        return False
    verdict = "pass" if figure <= most[people] else "FAIL"
    print(f"budget: {what}, {people} people: {figure:.0f}, at most {most[people]}: {verdict}", flush=True)
    return figure > most[people]


def measure(people):
    model = load_matching(ROOT / "config" / "matching.toml")
    strangers = [each for each in map(identity_of, synthesise(3 * ASKED, 99, TODAY)) if is_whole(each)]
    rows = list(synthesise(people, 7, TODAY))
    known = [each for each in map(identity_of, rows[: 3 * ASKED]) if is_whole(each)]
    gc.collect()
    before = memory()
    index = register_of(rows)
    gc.collect()
    gc.freeze()
    figures = {}
    for whom, asked in (("strangers", strangers), ("register", known)):
        for ask in (by_name_and_date, by_name, by_identifier):
            questions = [ask(each) for each in asked[: 2 * ASKED]]
            half = len(questions) // 2
            time_questions(questions[:half], index, model)
            how = ask.__name__.removeprefix("by_").replace("_", " ")
            median, slowest, processor = figures[whom, how] = time_questions(questions[half:], index, model)
            print(f"| {people} | {whom} | {how} | {median:.0f} | {slowest:.0f} | {processor:.0f} |", flush=True)
    missed = [
        budget(f"99th percentile in µs, {whom} by {how}", people, slowest, SLOWEST)
        for (whom, how), (_, slowest, _) in figures.items()
        if how != "identifier"
    ]
    processor = figures["strangers", "name and date"][2]
    missed.append(budget("processor time in µs, strangers by name and date", people, processor, PROCESSOR))
    missed.append(budget("memory in MiB of a process that matches, nothing else loaded", people, memory(), MEMORY))
    print(f"{people} people: the index and what it remembers of all these questions take {memory() - before:.0f} MiB")
    median, slowest, cut = time_hostile(list(hostile(known, HOSTILE)), index, model)
    print(
        f"{people} people, eleven names of 16 words: median {median:.0f} ms, at most {slowest:.0f} ms,"
        f" {cut} of {HOSTILE} broken off at {LIMIT:.1f} s",
        flush=True,
    )
    sys.exit(any(missed))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("people", nargs="*", type=int, default=[321, 10_000, 50_000])
    tell_build()
    print("| people | asked about | by | p50 µs | p99 µs | processor µs |\n|---|---|---|---|---|---|", flush=True)
    apart, statuses = multiprocessing.get_context("spawn"), []
    for people in parser.parse_args().people:
        one = apart.Process(target=measure, args=(people,))
        one.start()
        one.join()
        statuses.append(one.exitcode)
    return int(any(statuses))


if __name__ == "__main__":
    sys.exit(main())
