"""Measures how long recognising takes, from identity to matches: `python load_tests/matching_time.py [PEOPLE …]`.

One process, registers of so many synthetic people; questions by name and date of birth, by name alone, and by PNC ID,
about strangers and about people on the register. Prints wall time (median, 99th percentile) and processor time a
question, after as many questions again to fill what is remembered of words.
"""

import argparse
import gc
import sys
import time
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from flagging.configuration.matching import load_matching  # noqa: E402
from flagging.identity.birth_date import parse_birth_date  # noqa: E402
from flagging.identity.identifiers import parse_identifiers  # noqa: E402
from flagging.identity.names import parse_name  # noqa: E402
from flagging.identity.person import BirthDate, IdentifierKind, Identity, Persona, PersonName  # noqa: E402
from flagging.matching.derived import derive  # noqa: E402
from flagging.matching.index import CandidateIndex  # noqa: E402
from flagging.matching.search import search  # noqa: E402
from flagging.record import Record  # noqa: E402
from flagging.synth import synthesise  # noqa: E402
from flagging.terms import Status  # noqa: E402

TODAY = date(2026, 11, 23)
ASKED = 2000


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


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("people", nargs="*", type=int, default=[321, 10_000, 50_000])
    model = load_matching(ROOT / "config" / "matching.toml")
    strangers = [each for each in map(identity_of, synthesise(3 * ASKED, 99, TODAY)) if is_whole(each)]
    print("| people | asked about | by | p50 µs | p99 µs | processor µs |\n|---|---|---|---|---|---|")
    for people in parser.parse_args().people:
        rows = list(synthesise(people, 7, TODAY))
        index = register_of(rows)
        known = [each for each in map(identity_of, rows[: 3 * ASKED]) if is_whole(each)]
        gc.collect()
        gc.freeze()
        for whom, asked in (("strangers", strangers), ("register", known)):
            for ask in (by_name_and_date, by_name, by_identifier):
                questions = [ask(each) for each in asked[: 2 * ASKED]]
                half = len(questions) // 2
                time_questions(questions[:half], index, model)
                median, slowest, processor = time_questions(questions[half:], index, model)
                how = ask.__name__.removeprefix("by_").replace("_", " ")
                print(f"| {people} | {whom} | {how} | {median:.0f} | {slowest:.0f} | {processor:.0f} |", flush=True)


if __name__ == "__main__":
    main()
