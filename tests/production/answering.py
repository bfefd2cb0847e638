"""Answers made-up questions in process, a line each, with whatever build this Python has: started by `compiled.py`.

    python answering.py MASTER_LIST STRANGERS NUMBER

The first line names the build; then come what is derived of each person of the list, and the whole answers to questions
about listed people and strangers, by name and by identifier, most of them misspelt, alike for everybody who starts it.
What differs from time to time by its nature (ids, times, receipts) is left out. Settings are those of the environment.
"""

import csv
import os
import sys
import time
from datetime import date
from pathlib import Path
from random import Random

import orjson

from flagging.api.services import EXTENSION
from flagging.app import create_app
from flagging.compilation import IS_COMPILED
from flagging.identity.birth_date import parse_birth_date
from flagging.identity.identifiers import parse_identifiers
from flagging.identity.names import parse_name
from flagging.identity.person import BirthDate, IdentifierKind, Identity, Persona, PersonName
from flagging.logs import set_up_logs
from flagging.matching.derived import derive
from flagging.settings import read_settings

TODAY = date(2026, 11, 26)
OF_THE_MOMENT = {"lookup_id", "answered_at", "receipt", "handle", "due", "age_seconds", "checked_at"}
NUMBERS = ("pnc_id", "cro_number", "prison_number", "crn", "postcode")
ODD_WORDS = ("", "O'", "von ", "ﬁ", "Ł", "Müller-", "Мария ", "李", "bin ", "\u200b", "St. ", "İ", "ß")
SETTINGS = (
    ("arrest", "custody_booking_in", {"ocu": "F1", "trigger_offence": True, "drug_test": "positive"}),
    ("arrest", "custody_booking_in", {"ocu": "D2", "trigger_offence": False, "assessed_need": "yes"}),
)


def main(master_list: str, strangers: str, number: str) -> None:
    known, unknown = people_of(master_list), people_of(strangers)
    print("compiled" if IS_COMPILED else "not compiled")
    for row in known:
        print(derived_of(row))
    settings = read_settings(os.environ)
    set_up_logs(settings.log_level)
    app = create_app(settings)
    try:
        client, head = app.test_client(), {"Authorization": f"Bearer {sys.stdin.readline().strip()}"}
        deadline = time.monotonic() + 60
        while client.get("/health/ready").status_code != 200:
            assert time.monotonic() < deadline, client.get("/health").get_data(as_text=True)
            time.sleep(0.05)
        rng = Random(20261126)
        for _ in range(int(number)):
            body = question(rng, rng.choice(known if rng.random() < 0.6 else unknown))
            answered = client.post("/v1/lookups", json=body, headers=head)
            told = orjson.dumps(lasting(answered.get_json()), option=orjson.OPT_SORT_KEYS).decode()
            print(answered.status_code, told)
    finally:
        app.extensions[EXTENSION].follower.stop()
        app.extensions[EXTENSION].spool.close()


def people_of(path: str) -> list[dict[str, str]]:
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def derived_of(row: dict[str, str]) -> str:
    name = parse_name(row["given_names"], row["family_name"])
    born = parse_birth_date(row["date_of_birth"], TODAY)
    numbers = parse_identifiers(IdentifierKind.PNC_ID, row["pnc_id"].partition(";")[0])
    persona = Persona(name if isinstance(name, PersonName) else None, born if isinstance(born, BirthDate) else None)
    identity = Identity((persona,), tuple(getattr(numbers, "identifiers", ())))
    return f"{identity} {derive(identity)}"


def question(rng: Random, row: dict[str, str]) -> dict[str, object]:
    setting, purpose, rest = rng.choice(SETTINGS)
    names = {part: misspelt(rng, row[part]) for part in ("family_name", "given_names")}
    if rng.random() < 0.1:
        names = dict(zip(names, reversed(names.values()), strict=True))
    person: dict[str, object] = {**names, "date_of_birth": another_date(rng, row["date_of_birth"])}
    if rng.random() < 0.3:
        person |= {name: misspelt(rng, row.get(name, "").partition(";")[0]) for name in NUMBERS if rng.random() < 0.5}
    if rng.random() < 0.1:
        person["aliases"] = [{part: misspelt(rng, row[part]) for part in names}]
    left_out = rng.choice((None, None, None, None, *person))
    told = {field: value or None for field, value in person.items() if field != left_out}
    return {"setting": setting, "purpose": purpose, "operator": f"{rng.randrange(5000)}", "person": told, **rest}


def misspelt(rng: Random, text: str) -> str:
    """Return a text as it stands, or with one of the faults of whoever types it."""
    at = rng.randrange(len(text) + 1)
    return rng.choice(
        (
            text,
            text,
            text.upper(),
            text[:at] + text[at + 1 :],
            text[:at] + text[at : at + 1] * 2 + text[at + 1 :],
            text[:at] + rng.choice("aeiou 0158-/'") + text[at:],
            text[:at] + text[at : at + 2][::-1] + text[at + 2 :],
            rng.choice(ODD_WORDS) + text,
            text.replace("ph", "f").replace("c", "k").replace("y", "i"),
        )
    )


def another_date(rng: Random, text: str) -> str:
    """Return a date as it stands, swapped, shortened, or another one."""
    year, month, day = text.split("-") if text.count("-") == 2 else ("1980", "01", "01")
    other = f"{int(year) + rng.choice((-10, -1, 1))}-{month}-{day}"
    return rng.choice(
        (text, text, text, f"{year}-{day}-{month}", year, f"{year}-{month}", other, f"{day}/{month}/{year}")
    )


def lasting(told: object) -> object:
    if isinstance(told, dict):
        return {key: lasting(value) for key, value in told.items() if key not in OF_THE_MOMENT}
    return [lasting(each) for each in told] if isinstance(told, list) else told


if __name__ == "__main__":
    main(*sys.argv[1:])
