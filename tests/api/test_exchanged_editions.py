"""Whenever the edition is exchanged: what an answer says, and of which edition it says it, belong together."""

from itertools import cycle

import pytest
from service import ASKED_BARE, ASKED_PPO, ASKED_STRANGER, BARE, FORMER, MISSING, PPO, edition_of, question

from flagging.register.held import Held

CAVEAT = "Somebody could not be read."
EDITIONS = {1: edition_of(PPO, FORMER, number=1, caveats=(CAVEAT,)), 2: edition_of(BARE, MISSING, number=2)}
"""The one flagged in each stands in no other; only a no of the first has a caveat."""


class Restless:
    """A register that holds another edition every time it is looked at: whoever looks twice has seen both."""

    def __init__(self, register):
        self.register = register
        self.editions = cycle(EDITIONS.values())

    @property
    def held(self) -> Held:
        held = self.register.held
        return Held(next(self.editions), held.pointer, held.vouched, held.in_reach_until)

    def __getattr__(self, name):
        return getattr(self.register, name)


@pytest.fixture
def restless(service):
    register = Restless(service.parts.register)
    service.swap(register=register)
    service.swap_of_lookups(register=register)
    return service


def what_it_says(answer):
    outcome, has_caveat = answer["outcome"], CAVEAT in answer["caveats"]
    return answer["register"]["edition"], outcome, has_caveat and outcome == "not_on_register"


EXPECTED = {
    "on the first": (ASKED_PPO, {(1, "flagged", False), (2, "not_on_register", False)}),
    "on the second": (ASKED_BARE, {(1, "not_on_register", True), (2, "flagged", False)}),
    "on neither": (ASKED_STRANGER, {(1, "not_on_register", True), (2, "not_on_register", False)}),
}


@pytest.mark.parametrize(("person", "expected"), EXPECTED.values(), ids=EXPECTED)
def test_an_answer_is_of_one_edition_and_names_that(restless, person, expected):
    answers = [restless.ask(person=person) for _ in range(4)]
    assert {what_it_says(answer) for answer in answers} == expected
    recorded = {entry["lookup_id"]: entry for entry in restless.entries()}
    for answer in answers:
        entry = recorded[answer["lookup_id"]]
        assert (entry["register"]["edition"], entry["outcome"]) == (answer["register"]["edition"], answer["outcome"])


@pytest.mark.parametrize(("person", "expected"), EXPECTED.values(), ids=EXPECTED)
def test_so_is_each_answer_of_a_batch(restless, person, expected):
    items = [question(person=person) | {"id": str(number)} for number in range(4)]
    assert {what_it_says(item["answer"]) for item in restless.ask_many(*items)} == expected


def test_what_is_told_of_the_register_is_of_one_edition(restless):
    told = [restless.get("/v1/register", "administrator").get_json() for _ in range(4)]
    counts = {(each["edition"], each["counts"]["former"], each["counts"]["missing"]) for each in told}
    assert counts == {(1, 1, 0), (2, 0, 1)}
