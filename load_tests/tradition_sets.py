"""Makes labelled sets by naming tradition: a register of a whole city, and questions, as many about each tradition.

`python load_tests/tradition_sets.py DIRECTORY` writes register.csv, queries_realistic.csv and queries_stress.csv in the
columns of `flagging match-report`, with the column `tradition`; the same for one seed and version of Faker.
"""

import argparse
import csv
import random
from dataclasses import replace
from itertools import chain
from pathlib import Path

from people.population import person_of
from people.questions import REALISTIC, STRESS, Registered, as_typed, ask_about, ask_about_others
from people.traditions import TRADITIONS

MIXES = {"realistic": REALISTIC, "stress": STRESS}
REGISTER = ("id", "given", "middle", "family", "dob")
QUERIES = ("qid", "given", "middle", "family", "dob", "true_id", "split", "tags", "tradition")
# Of the synthetic development register, how many people have a second name, a false or a former one.
WITH_ALIAS = 0.083


def make_register(people, least, rng):
    """Return the people of each tradition: by their share of the city, and so many of each at least."""
    whole = sum(tradition.share for tradition in TRADITIONS.values())
    register, number = {}, 0
    for name, tradition in TRADITIONS.items():
        register[name] = []
        for _ in range(max(least, round(people * tradition.share / whole))):
            register[name].append(registered(f"p{number}", person_of(name, rng), rng))
            number += 1
    return register


def registered(ref, person, rng):
    if rng.random() >= WITH_ALIAS:
        return Registered(ref, person, None)
    other = person_of(person.tradition, rng)
    given = person.given if rng.random() < 0.5 else other.given
    return Registered(ref, person, replace(other, given=given, middle="", born=person.born))


def write_register(path, register, rng):
    people = list(chain.from_iterable(register.values()))
    rng.shuffle(people)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(REGISTER)
        for each in people:
            for person in filter(None, (each.person, each.alias)):
                writer.writerow((each.ref, *person.name, person.born))


def write_queries(path, register, asked, mix, rng):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(QUERIES)
        number = 0
        for tradition, people in register.items():
            for question in ask_about(people, asked, mix, rng) + ask_about_others(people, asked, mix, rng):
                typed = as_typed(question, rng)
                person = typed.person
                split = split_of(typed.true_id or str(number))
                tags = "+".join(typed.tags)
                row = (f"q{number}", *person.name, person.born or "", typed.true_id, split, tags, tradition)
                writer.writerow(row)
                number += 1


def split_of(ref):
    """Return the half that a person's questions belong to: nobody stands on both sides."""
    return "dev" if sum(map(ord, ref)) % 2 else "test"


def write_sets(directory, chosen):
    """Write the register and the questions of every mix, as the options say."""
    rng = random.Random(chosen.seed)
    directory.mkdir(parents=True, exist_ok=True)
    register = make_register(chosen.people, chosen.least, rng)
    write_register(directory / "register.csv", register, rng)
    for name, mix in MIXES.items():
        write_queries(directory / f"queries_{name}.csv", register, chosen.asked, mix, rng)


def add_options(parser):
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--people", type=int, default=10_000, help="on the register, about")
    parser.add_argument("--least", type=int, default=200, help="of each tradition at least")
    parser.add_argument("--asked", type=int, default=1000, help="about each tradition, and as many about strangers")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    add_options(parser)
    chosen = parser.parse_args()
    write_sets(chosen.directory, chosen)


if __name__ == "__main__":
    main()
