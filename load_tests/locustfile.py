"""Who asks in a day, for locust: `locust -f load_tests/locustfile.py CLASS … --host http://127.0.0.1:8000`.

Needs locust (requirements-load.lock), a service that runs, and:
    FLAGGING_CREDENTIALS   the demo's `state/demo-credentials.json`, for its tokens
    FLAGGING_REGISTER      the master list that it serves
    FLAGGING_STRANGERS     a list of other people: `flagging synth --people 6000 --seed 99 --out strangers.csv`

All suites ask with one token: start the service with FLAGGING_RATE_LIMIT="1000 per second", and nobody is turned away.

CustodySuite at shift change: `-u 60 -r 60 -t 10m`. ReceptionVan: `-u 4 -r 1 -t 30m`. A mixed day: name both classes,
with CustodyDesk. A soak: the same for hours, beside `python load_tests/soak_list.py LIST`, which changes the list once
a minute, so that there is a sync and a new edition every minute.

Every answer is looked at, not only its status (`judging.py`): whoever is on the register must never be told
`not_on_register`. `make scenario` starts all that is needed, and one of these.
"""

import json
import os
from itertools import count, islice
from pathlib import Path
from random import Random

import questions
from judging import fault_of
from locust import FastHttpUser, between, constant_pacing, events, task

STRANGERS = questions.people_of(os.environ["FLAGGING_STRANGERS"])
KNOWN = [row for row in questions.people_of(os.environ["FLAGGING_REGISTER"]) if row["scheme"] == "PPO"]
KNOWN_ROWS = {id(row) for row in KNOWN}  # both lists count their people from one
TOKENS = json.loads(Path(os.environ["FLAGGING_CREDENTIALS"]).read_text(encoding="utf-8"))["tokens"]
SEEDS = count(1)


class Asking(FastHttpUser):
    """Somebody who asks; `role` says whose token is used."""

    abstract = True
    role = "custody"

    def on_start(self):
        self.rng = Random(next(SEEDS))
        self.people = questions.mixed(STRANGERS, KNOWN, self.rng.random())
        self.headers = {"Authorization": f"Bearer {TOKENS[self.role]}"}

    def arrest(self, say_who, name):
        row = next(self.people)
        body = next(questions.arrests([row], say_who, self.rng.random()))
        with self.client.post(
            "/v1/lookups", json=body, headers=self.headers, catch_response=True, name=name
        ) as response:
            answer = response.json() if response.status_code == 200 else {}
            judge(response, row, answer, is_by_identifier=say_who is questions.by_identifier)


class CustodySuite(Asking):
    """A suite at shift change: everybody held is looked up again within minutes, mostly by PNC ID."""

    wait_time = between(0.1, 1.0)

    @task(7)
    def by_identifier(self):
        self.arrest(questions.by_identifier, "lookup by PNC ID")

    @task(3)
    def by_name(self):
        self.arrest(questions.by_name, "lookup by name")


class CustodyDesk(CustodySuite):
    """An ordinary hour: one arrest every few minutes."""

    wait_time = between(30.0, 300.0)


class ReceptionVan(Asking):
    """A prison van: up to a dozen arrivals in one batch, then nothing until the next one."""

    role = "prison"
    wait_time = constant_pacing(20.0)

    @task
    def arrivals(self):
        people = list(islice(self.people, self.rng.randint(1, 12)))
        items = [
            questions.RECEPTION | {"id": str(seat), "person": questions.by_name(row)} for seat, row in enumerate(people)
        ]
        with self.client.post(
            "/v1/lookups/batch", json={"lookups": items}, headers=self.headers, catch_response=True, name="van"
        ) as response:
            if response.status_code != 200:
                response.failure(f"no answer: {response.status_code}")
                return
            for row, item in zip(people, response.json()["answers"], strict=True):
                judge(response, row, item.get("answer", {}), is_by_identifier=False)


def judge(response, row, answer, *, is_by_identifier):
    """Fail a request whose answer is wrong, or none at all."""
    is_known = id(row) in KNOWN_ROWS
    fault = fault_of(answer.get("outcome"), is_known=is_known, by_identifier=is_by_identifier)
    if fault:
        response.failure(f"{fault}: {response.status_code}")


@events.quitting.add_listener
def tell_failure(environment, **_):
    total = environment.stats.total
    if total.num_failures or not total.num_requests:
        environment.process_exit_code = 1
