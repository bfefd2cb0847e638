"""Asks a build that counts which way it goes what custody suites and receptions ask: `make compiled`, see setup.py.

What it counts, the compiler goes by. So people are asked about in every way there is, most of all by name and date of
birth; strangers and PPOs as the other commands here have them, but none of the questions that those measure.
"""

import os
import sys
import tempfile
from pathlib import Path

import questions
from measured_build import tell_build
from service_time import Slice, serving

PEOPLE = 10_000
SEED = 2003


def by_name_alone(row):
    return {column: row[column] for column in ("family_name", "given_names")}


def by_all_that_is_known(row):
    return questions.by_identifier(row) | questions.by_name(row) | {"postcode": row["postcode"] or None}


ASKED = {
    questions.by_name: 6000,
    questions.by_identifier: 2000,
    by_all_that_is_known: 1000,
    by_name_alone: 500,
}


def main():
    tell_build()
    with tempfile.TemporaryDirectory() as directory:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory  # before anything of the service is imported
        with serving(Path(directory), PEOPLE) as (app, token):
            strangers, known = (questions.people_of(app.place / f"{name}.csv") for name in ("strangers", "register"))
            for say_who, count in ASKED.items():
                Slice(app, token, questions.bodies(strangers, known, say_who, SEED, count))
    print(f"asked: {sum(ASKED.values())}")


if __name__ == "__main__":
    sys.exit(main())
