"""/answers/ID: the answer of the person who asked, while signed in; never taken for a no; looked again from."""

import re
from datetime import UTC, datetime

import pytest
from service import ASKED_FORMER, CAVEAT, nothing_held
from test_check_page import FILLED

from flagging.terms import Role

MAYBE = FILLED | {
    "family-name": "",
    "given-names": "",
    "birth-day": "",
    "birth-month": "",
    "birth-year": "",
    "identifiers": "01/171310A",
}


@pytest.fixture
def worker(browser):
    browser.sign_in("arrest_referral")
    return browser


def answer(browser, **form: str):
    response = browser.post("/check", **form)
    return browser.get(response.location) if response.status_code == 303 else response


def test_a_ppo_is_told_with_the_managers_the_lead_first_and_links_to_ring(worker):
    text = answer(worker, **FILLED).text
    assert "PPO: inform the offender manager" in text
    assert text.index("Robin Specimen") < text.index("Sgt Pat Example")
    assert 'href="tel:01214960702"' in text
    assert "probation offender manager, lead" in text
    assert "Refer to DSB" in text
    assert "Why it matched" in text
    assert "date of birth agrees" in text


def test_out_of_hours_the_desk_is_rung_first(worker, site):
    site.swap_of_lookups(now=lambda: datetime(2026, 11, 21, 3, 0, tzinfo=UTC))
    text = answer(worker, **FILLED).text
    assert text.index("E2 duty desk") < text.index("Robin Specimen")
    assert re.search(r"Ring now: <strong>E2 duty desk", text)


def test_a_possible_match_tells_a_handle_to_quote_and_names_nobody(worker):
    text = answer(worker, **MAYBE).text
    assert "Possible match: confirm identity" in text
    assert "Hold: confirm identity" in text
    for hidden in ("TST-0001", "Specimen", "Pat Example", "Lantern", "Quillfeather"):
        assert hidden not in text
    assert "Referral form</a>" not in text.replace("Blank referral form</a>", "")


def test_looking_again_with_the_identifier_asks_all_the_rest_as_before(worker, site):
    first = worker.post("/check", **MAYBE).location
    again = worker.post(f"{first}/look-again", form_at=first, identifiers="01/171310W")
    assert again.status_code == 303
    assert again.location != first
    text = worker.get(again.location).text
    assert "PPO: inform the offender manager" in text
    before, after = (entry["question"] for entry in site.entries()[-2:])
    assert {**before, "person": None} == {**after, "person": None}


@pytest.mark.parametrize(("typed", "says"), [("", "Enter a PNC ID"), ("rubbish", "Identifier is not one we recognise")])
def test_looking_again_without_an_identifier_asks_for_one(typed, says, worker):
    first = worker.post("/check", **MAYBE).location
    response = worker.post(f"{first}/look-again", form_at=first, identifiers=typed)
    assert response.status_code == 422
    assert says in response.text
    assert 'href="#identifiers"' in response.text


def test_a_former_ppo_is_told_as_such_and_nobody_has_to_be_rung(worker):
    text = answer(worker, **MAYBE | {"identifiers": ASKED_FORMER["pnc_id"]}).text
    assert "Former PPO: no longer on the register" in text
    assert "Ring now" not in text
    assert "Refer to DIP" in text


def test_no_answer_is_never_taken_for_a_no(worker, site):
    site.parts.register.held = nothing_held()
    text = answer(worker, **FILLED).text
    assert "This is not a no." in text
    assert "app-banner--cannot_confirm" in text
    assert "No verified edition of the register is held." in text
    assert re.search(r"Ring now: <strong>F1 duty desk.*?tel:01214960131", text, re.DOTALL)
    assert "Not on the register" not in text
    assert 'href="/referral-form"' in text


def test_a_caveat_is_told_beside_the_answer(worker):
    assert CAVEAT in answer(worker, **FILLED | {"family-name": "Unlisted", "given-names": "Ashley"}).text


def test_an_answer_is_nobody_elses(worker, open_browser):
    address = worker.post("/check", **FILLED).location
    for role in ("arrest_referral", "custody"):
        other = open_browser()
        assert other.get(address).status_code == 303
        other.sign_in(role)
        assert other.get(address).status_code == 404


def test_signing_out_forgets_the_answers(worker, redis_client):
    address = worker.post("/check", **FILLED).location
    assert list(redis_client.scan_iter("flagging:web:answers:*"))
    worker.post("/sign-out", form_at="/check")
    assert not list(redis_client.scan_iter("flagging:web:answers:*"))
    worker.sign_in("arrest_referral")
    assert worker.get(address).status_code == 404


def test_what_is_kept_of_an_answer_is_sealed_and_ends_with_the_session(worker, redis_client, parts):
    worker.post("/check", **FILLED)
    (key,) = redis_client.scan_iter("flagging:web:answers:*")
    assert 0 < redis_client.ttl(key) <= 12 * 3600 + 1
    assert not any(b"Quillfeather" in value for value in redis_client.hgetall(key).values())


def test_answers_of_one_session_are_limited_in_number(worker, redis_client, parts, monkeypatch):
    monkeypatch.setattr("flagging.web.kept_answers.MOST_KEPT", 2)
    addresses = [worker.post("/check", **FILLED).location for _ in range(3)]
    assert [worker.get(address).status_code for address in addresses] == [404, 200, 200]


@pytest.mark.parametrize("answer_id", ["01J00000000000000000000000", "nonsense", "..%2f..%2fcheck"])
def test_an_answer_never_given_is_not_found(answer_id, worker):
    assert worker.get(f"/answers/{answer_id}").status_code == 404


def test_an_answer_that_cannot_be_kept_is_shown_all_the_same(worker, parts, monkeypatch):
    monkeypatch.setattr(parts.answers, "keep", lambda *_: False)
    response = worker.post("/check", **FILLED)
    assert response.status_code == 200
    assert "PPO: inform the offender manager" in response.text
    assert "Cache-Control" in response.headers


def test_an_answer_is_kept_by_no_browser(worker):
    address = worker.post("/check", **FILLED).location
    response = worker.get(address)
    assert response.headers["Cache-Control"] == "no-store"
    assert "Quillfeather" not in re.search(r"<title>(.*?)</title>", response.text)[1]


def test_treatment_facts_are_told_to_arrest_referral_alone(open_browser):
    told = {}
    for role in (Role.ARREST_REFERRAL, Role.CUSTODY):
        browser = open_browser()
        browser.sign_in(role.value)
        told[role] = "Lantern House" in answer(browser, **FILLED).text
    assert told == {Role.ARREST_REFERRAL: True, Role.CUSTODY: False}
