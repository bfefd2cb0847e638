"""What the pages cost, against their bars: `python load_tests/page_time.py [PEOPLE]`.

Opens each page of a signed-in person as gunicorn would, in process, with a real Redis behind sessions and answers and a
synthetic register: the median time the server takes for it, 40 arrivals from sending the list to the page of answers,
and what a first visit loads (style and scripts compressed, as browsers take them).
"""

import argparse
import gzip
import os
import re
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import questions
from in_process import serving
from measured_build import tell_build
from service_time import told

PAGE_BAR = 30  # ms
ARRIVALS, ARRIVALS_BAR = 40, 1000  # ms
FIRST_LOAD_BAR = 100  # KiB
TIMES = 40
PASSWORD = "measuring the pages"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("people", nargs="?", type=int, default=10_000)
    options = parser.parse_args()
    tell_build()
    with tempfile.TemporaryDirectory() as directory:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory  # before anything of the service is imported
        with serving(Path(directory), options.people) as (app, _token):
            add_accounts(app)
            known = questions.people_of(Path(directory) / "register.csv")
            statuses = [*measure_check(app, known), *measure_reception(app, known), *measure_register(app)]
            return max(statuses)


def add_accounts(app):
    from flagging.terms import Role

    for role in (Role.ARREST_REFERRAL, Role.PRISON, Role.ADMINISTRATOR):
        app.extensions["flagging"].access.change(
            lambda found, role=role: found.add_account(role.value, role, PASSWORD, datetime.now(UTC))
        )


class Visitor:
    """A browser that fills in the hidden token, and tells how long each answer took."""

    def __init__(self, app, role):
        self.client = app.test_client()
        self.token = ""
        self.open("/")
        self.open("/sign-in", username=role, password=PASSWORD)

    def open(self, path, **form):
        """Return the response and the milliseconds it took."""
        how = {"method": "POST", "data": {"csrf_token": self.token} | form} if form else {"method": "GET"}
        began = time.perf_counter()
        response = self.client.open(path, base_url="https://measuring.example", buffered=True, **how)
        took = (time.perf_counter() - began) * 1000
        if response.status_code not in (200, 303):
            sys.exit(f"{path}: {response.status}")
        found = re.search(r'name="csrf_token" value="([^"]+)"', response.text)
        self.token = found[1] if found else self.token
        return response, took


def measure_check(app, known):
    visitor, times = Visitor(app, "arrest_referral"), {"form": [], "check": [], "answer": []}
    for person in known[:TIMES]:
        _, took = visitor.open("/check")
        times["form"].append(took)
        form = {"trigger-offence": "yes", "drug-test": "positive", "ocu": "F1"} | typed(person)
        response, took = visitor.open("/check", **form)
        times["check"].append(took)
        _, took = visitor.open(response.location)
        times["answer"].append(took)
    yield report("GET /check", times["form"])
    yield report("POST /check, to the answer being kept", times["check"])
    yield report("GET /answers/ID", times["answer"])
    yield first_load(app, visitor)


def measure_reception(app, known):
    visitor = Visitor(app, "prison")
    visitor.open("/reception")
    took_each = []
    for first in range(0, 5 * ARRIVALS, ARRIVALS):
        lines = ["Family name\tGiven names\tDate of birth"]
        lines += [
            "\t".join([p["family_name"], p["given_names"], p["date_of_birth"]]) for p in known[first : first + ARRIVALS]
        ]
        response, sent = visitor.open("/reception", pasted="\n".join(lines))
        _, shown = visitor.open(response.location)
        took_each.append(sent + shown)
    took = statistics.median(took_each)
    yield told(f"{ARRIVALS} arrivals, all on the register, to their page", took, "ms", ARRIVALS_BAR)


def measure_register(app):
    visitor = Visitor(app, "administrator")
    yield report("GET /register", [visitor.open("/register")[1] for _ in range(TIMES)])


def first_load(app, visitor):
    page = visitor.open("/check")[0].text
    size = len(page.encode())
    linked = re.findall(r'(?:href|src)="(/assets/[^"]+)"', page)
    imported = re.sub("[^/]+$", "govuk-frontend.min.js", linked[0])  # by app.js
    for path in {*linked, imported}:
        answer = app.test_client().get(path, headers={"Accept-Encoding": "gzip"})
        gzip.decompress(answer.data)
        size += len(answer.data)
    return told("a first visit to /check loads", size / 1024, "KiB", FIRST_LOAD_BAR)


def typed(person):
    year, month, day = (*person["date_of_birth"].split("-"), "", "")[:3]
    return {
        "family-name": person["family_name"], "given-names": person["given_names"],
        "birth-day": day, "birth-month": month, "birth-year": year,
    }  # fmt: skip


def report(what, times):
    times = sorted(times)
    return told(what, statistics.median(times), "ms", PAGE_BAR, f"slowest of {len(times)}: {times[-1]:.0f} ms")


if __name__ == "__main__":
    sys.exit(main())
