"""POST /v1/lookups/batch: a van of arrivals, each answered alone, in order, whatever is wrong with the others."""

from datetime import UTC, datetime

import pytest
from service import ASKED_FORMER, ASKED_MAYBE, ASKED_PPO, ASKED_STRANGER, nothing_held, question

from flagging.api.answer_schemas import AnswerSchema, BatchAnswerSchema, CannotConfirmSchema, ProblemSchema
from flagging.lookup.finding import Unconfirmed

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

        def look_up(self, asked, caller, until):
            if asked.person.given_names == "Trip":
                raise KeyError("Trip")
            return self.lookups.look_up(asked, caller, until)

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
    monkeypatch.setattr("flagging.api.lookups.MOST_SECONDS_OF_A_BATCH", -1.0)
    answers = service.ask_many(*({"id": str(number)} | question() for number in range(2)))
    assert [(each["status"], each["problem"]["outcome"]) for each in answers] == [(503, "cannot_confirm")] * 2
    assert answers[0]["problem"]["detail"] == Unconfirmed.OUT_OF_TIME
