"""POST /v1/lookups: the answers, and every way in which nobody can say; recorded before they leave."""

import time
from dataclasses import replace

import orjson
import pytest
from fuzzing import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from service import (
    ASKED_BARE,
    ASKED_FORMER,
    ASKED_MAYBE,
    ASKED_POPP,
    ASKED_PPO,
    ASKED_STRANGER,
    CAVEAT,
    QUESTIONS,
    edition_of,
    nothing_held,
    question,
)

from flagging import receipts
from flagging.access.rate_limit import RateLimiter
from flagging.api.answer_schemas import AnswerSchema, CannotConfirmSchema
from flagging.api.asking import CHARGED_FROM
from flagging.api.problems import RETRY_SECONDS
from flagging.ledger.segments import read_segment
from flagging.lookup.finding import Unconfirmed
from flagging.setting_values import Rate
from flagging.spool import Spool

EVERYBODY = {
    "ppo": (ASKED_PPO, "flagged"),
    "bare": (ASKED_BARE, "flagged"),
    "maybe": (ASKED_MAYBE, "possible_match"),
    "former": (ASKED_FORMER, "former"),
    "popp": (ASKED_POPP, "not_on_register"),
    "stranger": (ASKED_STRANGER, "not_on_register"),
}
DAY, WEEK = 86400, 7 * 86400


@pytest.mark.parametrize("role", QUESTIONS)
@pytest.mark.parametrize(("person", "outcome"), EVERYBODY.values(), ids=EVERYBODY)
def test_every_answer_has_the_form_that_is_documented(role, person, outcome, service):
    answer = service.ask(role, person=person, trigger_offence=True, drug_test="not_tested")
    assert answer["outcome"] == outcome
    assert AnswerSchema().validate(answer) == {}


def test_the_answer_of_the_contract_in_full(service):
    answer = service.ask(
        person=ASKED_PPO | {"cro_number": "000000/00Z"}, drug_test="positive", client_reference="F1/004711/26"
    )
    assert list(answer) == [
        "lookup_id", "outcome", "answered_at", "register", "searched_on", "ignored", "caveats", "matches", "referral",
        "actions", "receipt",
    ]  # fmt: skip
    assert answer["searched_on"] == ["name", "date_of_birth", "pnc_id"]
    assert answer["ignored"] == [{"field": "cro_number", "reason": "placeholder"}]
    assert answer["caveats"] == [CAVEAT]
    (match,) = answer["matches"]
    assert (match["ppo_ref"], match["strength"], match["home_ocu"]) == ("TST-0001", "definite", "E2")
    assert [(each["agency"], each["lead"]) for each in match["offender_managers"]] == [
        ("probation", True),
        ("police", False),
    ]
    assert match["duty_desk"] == {"name": "E2 duty desk", "telephone": "0121 496 0122"}
    assert (answer["referral"]["route"], answer["referral"]["rule"]) == ("DSB", "ppo-in-need")
    assert answer["referral"]["service"].keys() >= {"name", "telephone", "hours"}
    assert answer["register"]["state"] == "current"


def test_an_identifier_outvotes_a_false_name_and_date(service):
    answer = service.ask(person=ASKED_STRANGER | {"pnc_id": ASKED_PPO["pnc_id"]})
    assert answer["outcome"] == "flagged"
    assert "name and date of birth disagree: possible false details" in answer["matches"][0]["warnings"]


def test_two_identifiers_in_one_field_are_both_looked_for(service):
    answer = service.ask(person={"pnc_id": f"2099/9999999Z; {ASKED_PPO['pnc_id']}"})
    assert answer["outcome"] == "flagged"


def test_each_answer_is_in_the_spool_and_its_receipt_proves_the_entry(service):
    answers = [service.ask(person=person) for person, _ in EVERYBODY.values()]
    entries = service.entries()
    assert [entry["lookup_id"] for entry in entries] == [answer["lookup_id"] for answer in answers]
    assert [entry["outcome"] for entry in entries] == [answer["outcome"] for answer in answers]
    (segment,) = service.spool_dir.glob("*.spool")
    for answer, entry in zip(answers, read_segment(segment, service.keyring), strict=True):
        assert receipts.is_genuine(answer["receipt"], answer["lookup_id"], entry, service.keyring)


def test_no_personal_value_stands_readable_in_the_spool(service):
    service.ask(person=ASKED_PPO)
    (segment,) = service.spool_dir.glob("*.spool")
    content = segment.read_bytes()
    for value in (*ASKED_PPO.values(), "TST-0001", "4711", "flagged"):
        assert value.encode() not in content


# -- nobody can say --------------------------------------------------------------------------------------------------


def no_edition(service, tmp_path):
    service.parts.register.held = nothing_held()


def no_records(service, tmp_path):
    service.parts.register.held = replace(service.parts.register.held, edition=edition_of())


def too_old(service, tmp_path):
    service.pass_time(DAY + 60)


def stale(service, tmp_path):
    service.pass_time(3700)


def stale_list(service, tmp_path):
    register = service.parts.register
    if register.held.vouched is None:
        return  # nothing is held that could have a date
    dated = replace(register.held.vouched, list_dated=register.held.vouched.list_dated - WEEK - 60)
    register.held = replace(register.held, vouched=dated)


def out_of_time(service, tmp_path):
    service.swap_of_lookups(seconds_allowed=-1.0)


def spool_unwritable(service, tmp_path):
    place = tmp_path / "a file in its place"
    place.write_bytes(b"")
    spool = Spool(place, service.keyring)
    spool.close()
    service.swap(spool=spool)
    service.swap_of_lookups(spool=spool)


def callers_unknown(service, tmp_path):
    service.parts.access.book = None


NOBODY_CAN_SAY = {
    "no edition": (no_edition, Unconfirmed.NO_EDITION),
    "no records": (no_records, Unconfirmed.NO_RECORDS),
    "too old": (too_old, Unconfirmed.TOO_OLD),
    "out of time": (out_of_time, Unconfirmed.OUT_OF_TIME),
    "spool unwritable": (spool_unwritable, Unconfirmed.NOT_RECORDED),
    "callers unknown": (callers_unknown, Unconfirmed.CALLERS_UNKNOWN),
}
NOBODY_RULED_OUT = {"stale": (stale, Unconfirmed.STALE), "stale list": (stale_list, Unconfirmed.STALE)}


def assert_cannot_confirm(response, reason, *, is_recorded):
    body = response.get_json()
    assert response.status_code == 503, body
    assert response.content_type == "application/problem+json"
    assert response.headers["Retry-After"] == str(RETRY_SECONDS)
    assert (body["type"], body["status"], body["detail"]) == ("cannot-confirm", 503, reason)
    assert body["outcome"] == "cannot_confirm"
    assert body["duty_desk"]["telephone"]
    assert body["register"].keys() == {"edition", "checked_at", "list_dated", "age_seconds", "state", "source"}
    assert body["referral"]["route"] in {"hold", "CARAT"}
    assert [action["action"] for action in body["actions"]] == ["ring_duty_desk"]
    assert body["actions"][0]["contact"]["telephone"]
    assert CannotConfirmSchema().validate(body) == {}
    assert "matches" not in body
    assert ("receipt" in body) == ("lookup_id" in body) == is_recorded
    return body


@pytest.mark.parametrize("role", QUESTIONS)
@pytest.mark.parametrize("person", [ASKED_PPO, ASKED_STRANGER], ids=["ppo", "stranger"])
@pytest.mark.parametrize(("break_it", "reason"), NOBODY_CAN_SAY.values(), ids=NOBODY_CAN_SAY)
def test_where_nobody_can_say_the_caller_is_told_so_and_whom_to_ring(break_it, reason, person, role, service, tmp_path):
    break_it(service, tmp_path)
    is_recorded = break_it not in (spool_unwritable, callers_unknown)
    body = assert_cannot_confirm(service.post(question(role, person=person), role), reason, is_recorded=is_recorded)
    if break_it is not callers_unknown and role != "prison":
        assert body["duty_desk"]["name"] == "F1 duty desk"
    if is_recorded:
        assert service.entries()[-1]["outcome"] == "cannot_confirm"
        assert service.entries()[-1]["lookup_id"] == body["lookup_id"]


@pytest.mark.parametrize(("break_it", "reason"), NOBODY_RULED_OUT.values(), ids=NOBODY_RULED_OUT)
@pytest.mark.parametrize("person", [ASKED_STRANGER, ASKED_POPP], ids=["stranger", "popp"])
def test_a_stale_register_rules_nobody_out(break_it, reason, person, service, tmp_path):
    break_it(service, tmp_path)
    body = assert_cannot_confirm(service.post(question(person=person)), reason, is_recorded=True)
    assert body["register"]["state"] == "stale"


@pytest.mark.parametrize("break_it", [case[0] for case in NOBODY_RULED_OUT.values()], ids=NOBODY_RULED_OUT)
@pytest.mark.parametrize("whom", ["ppo", "maybe", "former"])
def test_a_stale_register_still_names_people_and_warns(break_it, whom, service, tmp_path):
    break_it(service, tmp_path)
    person, outcome = EVERYBODY[whom]
    answer = service.ask(person=person)
    warning = "the register is stale: what it says of this person may have changed"
    assert (answer["outcome"], answer["register"]["state"]) == (outcome, "stale")
    assert warning in answer["caveats"]
    if whom != "maybe":
        assert warning in answer["matches"][0]["warnings"]


def test_with_redis_out_of_reach_the_last_edition_answers_as_a_replica(service):
    register = service.parts.register
    register.held = replace(register.held, trouble="Redis: ConnectionError", in_reach_until=0.0)
    assert service.ask(person=ASKED_STRANGER)["register"]["source"] == "replica"
    assert service.ask(person=ASKED_PPO)["outcome"] == "flagged"


def test_unknown_callers_are_no_wrong_token(service, tmp_path):
    callers_unknown(service, tmp_path)
    for role in (None, "custody"):
        assert service.post(question(), role).status_code == 503


def test_once_the_cause_is_gone_the_answer_comes(service, tmp_path):
    held = service.parts.register.held
    no_edition(service, tmp_path)
    assert service.post(question(person=ASKED_PPO)).status_code == 503
    service.parts.register.held = held
    assert service.ask(person=ASKED_PPO)["outcome"] == "flagged"


BREAKS = {name: case[0] for name, case in (NOBODY_CAN_SAY | NOBODY_RULED_OUT).items()}


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    breaks=st.sets(st.sampled_from(sorted(BREAKS))),
    role=st.sampled_from(sorted(QUESTIONS)),
    whom=st.sampled_from(sorted(EVERYBODY)),
)
def test_whatever_is_broken_at_once_only_a_sound_register_says_that_somebody_is_not_on_it(
    breaks, role, whom, service, tmp_path_factory
):
    register, access, parts = service.parts.register, service.parts.access, service.parts
    held, clock, book = register.held, register.clock, access.book
    try:
        for name in sorted(breaks):
            BREAKS[name](service, tmp_path_factory.mktemp("broken"))
        person, outcome = EVERYBODY[whom]
        response = service.post(question(role, person=person), role)
    finally:
        register.held, register.clock, access.book = held, clock, book
        service.swap(spool=parts.spool, lookups=parts.lookups)
    said = orjson.loads(response.data)
    if response.status_code == 200:
        assert said["outcome"] == outcome
        assert not breaks & set(NOBODY_CAN_SAY)
        assert outcome != "not_on_register" or not breaks
    else:
        assert (response.status_code, said["outcome"]) == (503, "cannot_confirm")
        assert breaks


# -- what an operator sees of the time ---------------------------------------------------------------------------------


def steps_of(response):
    """Return what a Server-Timing header says, by step, in milliseconds."""
    steps = [step.split(";dur=") for step in response.headers["Server-Timing"].split(", ")]
    return {name: float(duration) for name, duration in steps}


@pytest.mark.parametrize("person", [ASKED_PPO, ASKED_STRANGER], ids=["on the register", "stranger"])
def test_an_answer_tells_where_its_time_went_in_whole_milliseconds(person, service):
    steps = steps_of(service.post(question(person=person)))
    assert list(steps) == ["identity", "register", "matching", "policy", "ledger"]
    assert all(duration >= 0 and duration.is_integer() for duration in steps.values())


@pytest.mark.interpreted
def test_a_slow_search_is_told_as_matching(service):
    finder = service.parts.lookups.finder

    class Slow:
        def find(self, *asked):
            time.sleep(0.02)
            return finder.find(*asked)

    service.swap_of_lookups(finder=Slow())
    assert steps_of(service.post(question()))["matching"] >= 20


def test_nobody_confirmed_is_told_with_its_time_too(service):
    service.parts.register.held = nothing_held()
    response = service.post(question())
    assert response.status_code == 503
    assert set(steps_of(response)) == {"identity", "register", "matching", "policy", "ledger"}


def test_no_lookup_asks_redis_anything(service, monkeypatch):
    """So whatever befalls Redis, a lookup takes no longer."""

    def asked(*_: object, **__: object) -> None:
        raise AssertionError("Redis was asked")

    for name in ("send_packed_command", "read_response", "connect"):
        monkeypatch.setattr(f"redis.connection.AbstractConnection.{name}", asked)
    assert service.ask(person=ASKED_PPO)["outcome"] == "flagged"
    assert service.ask()["outcome"] == "not_on_register"
    (each,) = service.ask_many(question("prison", person=ASKED_PPO) | {"id": "1"}, role="prison")
    assert each["answer"]["outcome"] == "flagged"


@pytest.fixture
def taking(service, monkeypatch):
    """Have lookups take so many milliseconds of processor each, one after the other, and all be charged for it."""
    monkeypatch.setattr("flagging.api.asking.CHARGED_FROM", CHARGED_FROM)

    def take(*milliseconds):
        times = iter([time for each in milliseconds for time in (0, int(each * 1_000_000))])
        monkeypatch.setattr("flagging.api.asking.time.thread_time_ns", lambda: next(times, 0))

    return take


def test_a_costly_lookup_counts_as_several_of_its_caller_who_is_told_so(service, taking):
    service.swap(limiter=RateLimiter(Rate(10, 1), lambda: 1000.0))
    service.ask()
    taking(4.9, 95)
    assert service.post(question()).headers["RateLimit"] == '"caller";r=8;t=1'
    assert service.post(question()).headers["RateLimit"] == '"caller";r=0;t=5'
    refused = service.post(question())
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "4")
    assert service.ask("prison")["outcome"] == "not_on_register"


def test_a_costly_lookup_counts_twice_as_much_of_its_operator_and_of_nobody_else_who_asks_by_the_token(service, taking):
    service.swap(operator_limiter=RateLimiter(Rate(10, 1), lambda: 1000.0, "operator"))
    taking(13)
    service.ask(operator="1")
    assert service.post(question(operator="1")).status_code == 429
    taking(10)
    service.ask(operator="2")
    assert [service.post(question(operator="2")).status_code for _ in range(2)] == [200, 429]
    assert service.ask(operator="3")["outcome"] == "not_on_register"


def test_no_item_of_a_batch_is_refused_for_what_another_cost_which_is_paid_for_afterwards(service, taking):
    service.swap(
        limiter=RateLimiter(Rate(10, 1), lambda: 1000.0),
        operator_limiter=RateLimiter(Rate(10, 1), lambda: 1000.0, "operator"),
    )
    items = [question("prison") | {"id": str(number)} for number in range(10)]
    taking(*[60] * 10)
    assert [each["status"] for each in service.ask_many(*items, role="prison")] == [200] * 10
    refused = service.post(question("prison"), role="prison")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "11")
