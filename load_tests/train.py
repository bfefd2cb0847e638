"""Asks a build that counts which way it goes what custody suites and receptions ask: `make compiled`, see setup.py.

The compiler goes by what is counted here: people asked about in the ways there are, on arrest and at reception, most of
all by name and date of birth. They, and the register, are others than those that are measured.
"""

import json
import os
import sys
import tempfile
from datetime import date
from pathlib import Path

import questions
from in_process import Slice, serving
from measured_build import tell_build

PEOPLE = 5_000
REGISTER_SEED, STRANGERS_SEED = 2003, 2004


def by_name_alone(row):
    return {column: row[column] for column in ("family_name", "given_names")}


def by_age(row):
    return by_name_alone(row) | {"approximate_age": date.today().year - int(row["date_of_birth"][:4])}  # noqa: DTZ011


def by_all_that_is_known(row):
    return questions.by_identifier(row) | questions.by_name(row) | {"postcode": row["postcode"] or None}


def by_an_alias(row):
    return questions.by_name(row) | {"aliases": [by_name_alone(row)]}


ON_ARREST = {
    questions.by_name: 2500,
    questions.by_identifier: 800,
    by_all_that_is_known: 500,
    by_name_alone: 300,
    by_age: 200,
    by_an_alias: 200,
}
AT_RECEPTION = {questions.by_name: 800, by_all_that_is_known: 200}


def main():
    from flagging.compilation import IS_COMPILED

    tell_build()
    if not IS_COMPILED:
        sys.exit("nothing is counted by a build that is not compiled")
    with tempfile.TemporaryDirectory() as directory:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory  # before anything of the service is imported
        with serving(Path(directory), PEOPLE, REGISTER_SEED, STRANGERS_SEED) as (app, token):
            strangers, known = (questions.people_of(app.place / f"{name}.csv") for name in ("strangers", "register"))
            for say_who, count in ON_ARREST.items():
                Slice(app, token, questions.bodies(strangers, known, say_who, REGISTER_SEED, count))
            received = questions.mixed(strangers, known, STRANGERS_SEED)
            for say_who, count in AT_RECEPTION.items():
                people = [next(received) for _ in range(count)]
                asked = [questions.RECEPTION | {"person": say_who(row)} for row in people]
                Slice(app, app.tokens["prison"], [json.dumps(body).encode() for body in asked])
    print(f"asked: {sum(ON_ARREST.values()) + sum(AT_RECEPTION.values())}")


if __name__ == "__main__":
    sys.exit(main())
