"""Bodies of lookups made from master lists: no two alike, so many strangers, and the people of the register between.

Knows the service by its contract alone, and imports nothing of it: load comes from outside.
"""

import csv
import json
from itertools import islice
from pathlib import Path
from random import Random

KNOWN_SHARE = 0.03
"""Of 100 people asked about, so many are PPOs."""

ARREST = {"setting": "arrest", "purpose": "custody_booking_in", "operator": "4711"}
RECEPTION = {"setting": "prison_reception", "purpose": "prison_reception", "operator": "4711", "prison": "BMI"}
OCUS = ("D1", "D2", "D3", "E1", "E2", "E3", "F1", "F2", "F3")
DRUG_TESTS = ("positive", "negative", "refused", "not_tested")


def people_of(path):
    """Return the people of a master list who have an identifier, a name and a date of birth."""
    with Path(path).open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["status"] == "active"]
    needed = ("pnc_id", "family_name", "given_names", "date_of_birth")
    return [row for row in rows if all(row[column] for column in needed)]


def by_identifier(row):
    return {"pnc_id": row["pnc_id"].split(";")[0].strip()}


def by_name(row):
    return {column: row[column] for column in ("family_name", "given_names", "date_of_birth")}


def mixed(strangers, known, seed):
    """Yield people without end, strangers and KNOWN_SHARE of known ones, in an order that the seed decides."""
    rng = Random(seed)
    while True:
        yield rng.choice(known if rng.random() < KNOWN_SHARE else strangers)


def arrests(people, say_who, seed):
    """Yield bodies of lookups on arrest without end, no two alike."""
    rng = Random(seed)
    for number, row in enumerate(people):
        yield ARREST | {
            "client_reference": f"{seed}/{number:08}",
            "person": say_who(row),
            "ocu": rng.choice(OCUS),
            "trigger_offence": rng.random() < 0.5,
            "drug_test": rng.choice(DRUG_TESTS),
        }


def bodies(strangers, known, say_who, seed, count):
    """Return so many bodies as JSON."""
    asked = arrests(mixed(strangers, known, seed), say_who, seed)
    return [json.dumps(body).encode() for body in islice(asked, count)]
