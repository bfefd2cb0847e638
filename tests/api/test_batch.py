"""POST /v1/lookups/batch: a van of arrivals, each answered alone, in order, whatever is wrong with the others."""

import gc
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from costly_turns import until_so_many_wait
from service import (
    ASKED_FORMER,
    ASKED_MAYBE,
    ASKED_PPO,
    ASKED_STRANGER,
    FORMER,
    PPO,
    edition_of,
    nothing_held,
    question,
)

from flagging.access.rate_limit import RateLimiter
from flagging.api.answer_schemas import AnswerSchema, BatchAnswerSchema, CannotConfirmSchema, ProblemSchema
from flagging.errors import TooManyRequests
from flagging.lookup.costly import CostlyTurns, Turn
from flagging.lookup.finding import Unconfirmed
from flagging.lookup.question import AskedPerson, Question
from flagging.setting_values import Rate

PATH = "/v1/lookups/batch"


def item(item_id="1", person=ASKED_STRANGER, **changes):
    return question("prison", person=person, **changes) | {"id": item_id}


def ask(service, *items):
    return service.ask_many(*items, role="prison")


def test_every_arrival_is_answered_in_the_order_asked(service):
    people = [ASKED_PPO, ASKED_STRANGER, ASKED_MAYBE, ASKED_FORMER, ASKED_PPO]
    answers = ask(service, *(item(f"seat {9 - number}", person) for number, person in enumerate(people)))
    assert [answer["id"] for answer in answers] == ["seat 9", "seat 8", "seat 7", "seat 6", "seat 5"]
    assert [answer["answer"]["outcome"] for answer in answers] == [
        "flagged", "not_on_register", "possible_match", "former", "flagged",
    ]  # fmt: skip


def test_an_item_is_answered_as_it_would_be_alone(service):
    def lasting(answer):
        return {name: answer[name] for name in answer.keys() - {"lookup_id", "answered_at", "receipt", "register"}}

    moment = datetime.now(UTC)  # deadlines count from it
    service.swap_of_lookups(now=lambda: moment)
    (answer,) = ask(service, item(person=ASKED_PPO))
    assert lasting(answer["answer"]) == lasting(service.ask("prison", person=ASKED_PPO))


def test_each_item_is_recorded_as_a_lookup_of_its_own(service):
    answers = ask(service, item("1", ASKED_PPO), item("2"), item("3", {}))
    assert [entry["lookup_id"] for entry in service.entries()] == [
        answer["answer"]["lookup_id"] for answer in answers[:2]
    ]


BAD_ITEMS = {
    "unknown field": (item("bad", nickname="x"), "bad", 422, ["#/nickname"]),
    "unknown field of the person": (item("bad", ASKED_PPO | {"x": 1}), "bad", 422, ["#/person/x"]),
    "too little": (item("bad", {}), "bad", 422, ["#/person"]),
    "no date": (item("bad", ASKED_PPO | {"date_of_birth": "x"}), "bad", 422, ["#/person/date_of_birth"]),
    "purpose of another role": (
        item("bad", setting="arrest", purpose="custody_booking_in", ocu="F1"), "bad", 403, None,
    ),
    "no id": (question("prison", person=ASKED_PPO), None, 422, ["#/id"]),
    "empty id": (item(""), "", 422, ["#/id"]),
    "null as id": (item(None), None, 422, ["#/id"]),
    "number as id": (item(7), None, 422, ["#/id"]),
    "object as id": (item({"a": 1}), None, 422, ["#/id"]),
    "empty object": ({}, None, 422, ["#/id"]),
    "null": (None, None, 422, ["#"]),
    "text": ("x", None, 422, ["#"]),
    "list": ([item()], None, 422, ["#"]),
}  # fmt: skip


@pytest.mark.parametrize(("bad", "item_id", "status", "pointers"), BAD_ITEMS.values(), ids=BAD_ITEMS)
def test_one_bad_item_spoils_no_other(bad, item_id, status, pointers, service):
    answers = ask(service, item("1", ASKED_PPO), bad, item("3", ASKED_FORMER))
    assert [answer["status"] for answer in answers] == [200, status, 200]
    assert [answer["answer"]["outcome"] for answer in (answers[0], answers[2])] == ["flagged", "former"]
    assert answers[1]["id"] == item_id
    problem = answers[1]["problem"]
    assert "answer" not in answers[1]
    assert problem["status"] == status
    assert ProblemSchema().validate(problem) == {}
    if pointers:
        assert [error["pointer"] for error in problem["errors"]] == pointers


def test_an_id_used_twice_is_a_fault_of_both_and_of_no_other(service):
    answers = ask(service, item("1"), item("2", ASKED_PPO), item("1"))
    assert [answer["status"] for answer in answers] == [422, 200, 422]
    for answer in (answers[0], answers[2]):
        assert [error["pointer"] for error in answer["problem"]["errors"]] == ["#/id"]


def test_a_fault_of_our_own_in_one_item_spoils_no_other(service):
    class Stumbling:
        """A lookup room that fails over one person."""

        def __init__(self, lookups):
            self.lookups = lookups

        def look_up(self, asked, *others):
            if asked.person.given_names == "Trip":
                raise KeyError("Trip")
            return self.lookups.look_up(asked, *others)

    service.swap(lookups=Stumbling(service.parts.lookups))
    answers = ask(service, item("1", ASKED_PPO), item("2", ASKED_STRANGER | {"given_names": "Trip"}), item("3"))
    assert [answer["status"] for answer in answers] == [200, 500, 200]
    assert answers[1]["problem"] == {"type": "internal-error", "title": "The service failed", "status": 500}


@pytest.mark.parametrize("number", [1, 100])
def test_up_to_a_hundred_are_asked_at_once(number, service):
    answers = ask(service, *(item(str(each)) for each in range(number)))
    assert [answer["id"] for answer in answers] == [str(each) for each in range(number)]
    assert {answer["status"] for answer in answers} == {200}


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"lookups": []}, ["#/lookups"]),
        ({"lookups": [item(str(each)) for each in range(101)]}, ["#/lookups"]),
        ({"lookups": None}, ["#/lookups"]),
        ({"lookups": item()}, ["#/lookups"]),
        ({}, ["#/lookups"]),
        ([item()], ["#"]),
        ({"lookups": [item()], "extra": 1}, ["#/extra"]),
        (item(), ["#/id", "#/lookups", "#/operator", "#/person", "#/prison", "#/purpose", "#/setting"]),
    ],
    ids=["none", "101", "null", "no list", "nothing", "bare list", "unknown field", "a lookup"],
)
def test_what_is_no_batch_is_refused_as_a_whole(body, pointers, service):
    response = service.post(body, "prison", PATH)
    assert response.status_code == 422
    assert sorted(error["pointer"] for error in response.get_json()["errors"]) == pointers
    assert service.entries() == []


def test_where_nobody_can_say_every_item_says_so_with_whom_to_ring(service):
    service.parts.register.held = nothing_held()
    answers = ask(service, item("1", ASKED_PPO), item("2"), item("3", {}))
    assert [answer["status"] for answer in answers] == [503, 503, 422]
    for answer in answers[:2]:
        assert answer["problem"]["outcome"] == "cannot_confirm"
        assert answer["problem"]["duty_desk"]["telephone"]
        assert CannotConfirmSchema().validate(answer["problem"]) == {}


def test_the_answer_to_a_batch_has_the_form_that_is_documented(service):
    response = service.post({"lookups": [item("1", ASKED_PPO), item("2", ASKED_MAYBE), item("3", {})]}, "prison", PATH)
    assert response.content_type == "application/json"
    assert BatchAnswerSchema().validate(response.get_json()) == {}
    assert AnswerSchema().validate(response.get_json()["answers"][0]["answer"]) == {}


def test_a_batch_costs_its_items(service, limited_to):
    limited_to(10)
    body = {"lookups": [item(str(each)) for each in range(4)]}
    assert [service.post(body, "prison", PATH).status_code for _ in range(3)] == [200, 200, 429]
    refused = service.post(body, "prison", PATH)
    assert refused.headers["Retry-After"] == "12"
    assert service.post(question("prison"), "prison").status_code == 200


@pytest.mark.parametrize("body", [b"{", {"lookups": []}, b" " * (1024 * 1024 + 1)], ids=["no json", "empty", "large"])
def test_a_batch_that_cannot_be_read_costs_as_much_as_one_lookup(body, service, limited_to):
    limited_to(2)
    statuses = [service.post(body, "prison", PATH).status_code for _ in range(3)]
    assert statuses[0] == statuses[1] != 429
    assert statuses[2] == 429


def test_what_a_batch_has_no_time_left_for_cannot_be_confirmed(service, monkeypatch):
    monkeypatch.setattr("flagging.api.batch.MOST_SECONDS", -1.0)
    answers = service.ask_many(*({"id": str(number)} | question() for number in range(2)))
    assert [(each["status"], each["problem"]["outcome"]) for each in answers] == [(503, "cannot_confirm")] * 2
    assert answers[0]["problem"]["detail"] == Unconfirmed.OUT_OF_TIME


# -- beside other batches --------------------------------------------------------------------------------------------


class Costly:
    """Lookups of a service, of which those with a client reference cost much: they need a turn."""

    def __init__(self, lookups):
        self._lookups = lookups
        self.costly = CostlyTurns()
        self.asked = []

    def look_up(self, asked, caller, until, turn):
        self.asked.append((asked.client_reference, turn))
        if asked.client_reference and turn is Turn.LATER:
            raise TooManyRequests(1)
        if asked.client_reference == "fails":
            raise RuntimeError("a slip")
        return self._lookups.look_up(asked, caller, until, turn)


@pytest.fixture
def costly(service):
    lookups = Costly(service.parts.lookups)
    service.swap(lookups=lookups)
    return lookups


@pytest.fixture
def prison(service):
    return next(each.token_id for each in service.parts.access.access_list.tokens if each.role == "prison")


def test_an_item_that_costs_much_waits_for_its_turn_when_all_others_are_answered(service, costly, prison):
    costly.costly.take(prison)
    items = [item("1", ASKED_PPO, client_reference="long"), item("2"), item("3", ASKED_MAYBE)]
    with ThreadPoolExecutor() as threads:
        batch = threads.submit(ask, service, *items)
        until_so_many_wait(costly.costly, 1)
        assert costly.asked == [("long", Turn.LATER), (None, Turn.LATER), (None, Turn.LATER)]
        costly.costly.give_back(prison)
        answers = batch.result(60)
    assert [(each["id"], each["answer"]["outcome"]) for each in answers] == [
        ("1", "flagged"), ("2", "not_on_register"), ("3", "possible_match"),
    ]  # fmt: skip
    assert costly.asked[3:] == [("long", Turn.HELD)]
    assert len(service.entries()) == 3


def test_an_item_that_waited_is_answered_from_the_edition_that_is_current_then(service, costly, prison):
    held = service.parts.register.held
    service.parts.register.held = replace(held, edition=edition_of(FORMER, number=1))
    costly.costly.take(prison)
    with ThreadPoolExecutor() as threads:
        batch = threads.submit(ask, service, item("1", ASKED_PPO, client_reference="long"))
        until_so_many_wait(costly.costly, 1)
        service.parts.register.held = replace(held, edition=edition_of(PPO, number=2))
        costly.costly.give_back(prison)
        (answer,) = batch.result(60)
    assert (answer["answer"]["outcome"], answer["answer"]["register"]["edition"]) == ("flagged", 2)


def test_a_batch_waits_for_turns_for_some_seconds_in_all_and_then_is_told_to_ask_again(
    service, costly, prison, monkeypatch
):
    monkeypatch.setattr("flagging.api.batch.MOST_SECONDS_OF_WAITING", 0.001)
    costly.costly.take(prison)
    answers = ask(service, item("1", client_reference="long"), item("2"), item("3", client_reference="long"))
    assert [each["status"] for each in answers] == [429, 200, 429]
    assert answers[0]["problem"]["detail"] == "try again in 1 s"
    assert [entry["reason"] for entry in service.access_entries()] == ["too-many-requests"] * 2
    assert not costly.costly._queue


def test_an_item_that_finds_no_turn_for_others_cannot_be_confirmed_and_is_on_record(service, costly, monkeypatch):
    """Its caller is not told to have asked too much: a flood is not theirs."""
    monkeypatch.setattr("flagging.api.batch.MOST_SECONDS_OF_WAITING", 0.001)
    costly.costly.take("another")
    costly.costly.take("a third")
    answers = ask(service, item("1", client_reference="long"), item("2", ASKED_PPO))
    assert [each["status"] for each in answers] == [503, 200]
    assert answers[0]["problem"]["outcome"] == "cannot_confirm"
    assert answers[0]["problem"]["detail"] == Unconfirmed.OUT_OF_TIME
    assert [entry["outcome"] for entry in service.entries()] == ["flagged", "cannot_confirm"]
    assert service.access_entries() == []


def test_what_one_item_waited_no_other_of_its_batch_waits_again(service, costly):
    patience = []

    class NoTurns:
        def wait_for(self, _who, seconds):
            patience.append(seconds)
            time.sleep(0.01)
            raise TooManyRequests(1)

    costly.costly = NoTurns()
    ask(service, *(item(str(number), client_reference="long") for number in range(3)))
    assert patience[0] - patience[2] >= 0.02


def test_a_turn_is_given_back_by_an_item_that_fails(service, costly):
    answers = ask(service, item("1", client_reference="fails"), item("2", ASKED_PPO, client_reference="long"))
    assert [each["status"] for each in answers] == [500, 200]
    assert costly.costly._at_it == set()


def of_operators(service, count):
    """Give operators a rate on a clock that stands still, and callers one that nobody reaches; return the former."""
    operators = RateLimiter(Rate(count, 1), lambda: 1000.0, "operator")
    service.swap(limiter=RateLimiter(Rate(1000, 1), lambda: 1000.0), operator_limiter=operators)
    return operators


def test_no_item_is_refused_for_what_another_batch_of_its_operator_comes_to_owe_meanwhile(service):
    operators, lookups = of_operators(service, 10), service.parts.lookups

    class Beside:
        def look_up(self, asked, *others):
            operators.charge(asked.operator, 50)
            return lookups.look_up(asked, *others)

    service.swap(lookups=Beside())
    assert [each["status"] for each in ask(service, *(item(str(number)) for number in range(10)))] == [200] * 10


def test_a_batch_larger_than_an_operators_rate_is_answered_once_and_paid_for_afterwards(service):
    of_operators(service, 3)
    assert [each["status"] for each in ask(service, *(item(str(number)) for number in range(10)))] == [200] * 10
    assert service.post(question("prison"), role="prison").headers["Retry-After"] == "3"


def test_a_batch_that_is_refused_leaves_nothing_of_its_questions_in_memory(service):
    """An error that is kept keeps its frames, and these all questions, until garbage is collected."""
    of_operators(service, 3)
    service.ask("prison")
    gc.collect()
    gc.disable()
    try:
        statuses = [each["status"] for each in ask(service, *(item(str(number)) for number in range(20)))]
        left = sum(type(each) in (Question, AskedPerson) for each in gc.get_objects())
    finally:
        gc.enable()
    assert statuses == [429] * 20
    assert left == 0
