"""/check: what was typed is asked as the API would ask it; whatever is wrong is told beside its field, and nothing lost."""

import pytest
from service import ASKED_STRANGER

from flagging.terms import DrugTest, Need

FILLED = {
    "family-name": "Quillfeather", "given-names": "Jasper Odo", "birth-day": "1", "birth-month": "2",
    "birth-year": "1983", "identifiers": "", "trigger-offence": "yes", "drug-test": "positive", "ocu": "F1",
}  # fmt: skip

CHOSEN = {"trigger-offence", "drug-test", "ocu"}


@pytest.fixture
def worker(browser):
    browser.sign_in("arrest_referral")
    return browser


def ask(browser, **changes):
    return browser.post("/check", **FILLED | {name.replace("_", "-"): value for name, value in changes.items()})


def test_the_answer_has_an_address_of_its_own_that_says_nothing(worker, site):
    response = ask(worker)
    assert response.status_code == 303
    assert response.location == f"/answers/{site.entries()[-1]['lookup_id']}"


def test_the_question_is_asked_and_recorded_as_by_the_api(worker, site):
    ask(worker, identifiers="01/171310W", assessed_need="yes")
    entry = site.entries()[-1]
    assert entry["question"]["person"] == site.entries()[-1]["question"]["person"]
    assert entry["question"] == {
        "setting": "arrest", "purpose": "arrest_referral_assessment", "operator": "arrest_referral", "ocu": "F1",
        "client_reference": None, "prison": None, "trigger_offence": True, "drug_test": DrugTest.POSITIVE,
        "assessed_need": Need.YES,
        "person": {
            "family_name": "Quillfeather", "given_names": "Jasper Odo", "date_of_birth": "1983-02-01",
            "approximate_age": None, "pnc_id": "01/171310W", "cro_number": None, "prison_number": None, "crn": None,
            "postcode": None, "aliases": [],
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"birth_year": "83"}, "birth-year", "Date of birth needs a year of four digits"),
        ({"birth_month": ""}, "birth-month", "Date of birth needs a month as well as a day"),
        ({"birth_day": "31"}, "birth-day", "Date of birth cannot be right: no such date"),
        ({"birth_year": "2024"}, "birth-day", "Date of birth cannot be right: less than 10 years ago"),
        ({"identifiers": "rubbish"}, "identifiers", "Identifier is not one we recognise"),
        ({"trigger_offence": ""}, "trigger-offence", "Select yes if the arrest is for a trigger offence"),
        ({"trigger_offence": "maybe"}, "trigger-offence", "Select yes if the arrest is for a trigger offence"),
        ({"drug_test": ""}, "drug-test", "Select the result of the drug test"),
        ({"ocu": ""}, "ocu", "Select the OCU you are in"),
        ({"ocu": "Z9"}, "ocu", "Select the OCU you are in"),
        (
            {"family_name": "", "birth_day": "", "birth_month": "", "birth_year": ""},
            "family-name",
            "Enter at least two of",
        ),
        ({"family_name": "x" * 101}, "family-name", "Family name must be 100 characters or fewer"),
    ],
    ids=str,
)
def test_a_fault_is_told_at_the_top_and_beside_its_field_and_nothing_typed_is_lost(changes, field, says, worker, site):
    before = len(site.entries())
    response = ask(worker, **changes)
    assert response.status_code == 422
    assert f'href="#{field}"' in response.text
    assert f'id="{field}"' in response.text
    assert response.text.count(says) == 2
    for name, value in (FILLED | {name.replace("_", "-"): value for name, value in changes.items()}).items():
        assert value in response.text or name in CHOSEN
    assert len(site.entries()) == before


def test_all_faults_are_told_at_once_in_the_order_of_the_fields(worker):
    text = ask(worker, birth_year="83", trigger_offence="", drug_test="", ocu="").text
    places = [text.index(f'href="#{field}"') for field in ("birth-year", "trigger-offence", "drug-test", "ocu")]
    assert places == sorted(places)


def test_the_ocu_is_remembered_and_nothing_else_is(worker):
    ask(worker, ocu="E2")
    page = worker.get("/check").text
    assert '<option value="E2" selected>' in page
    assert "Quillfeather" not in page


def test_what_was_asked_can_be_changed_without_typing_it_again(worker):
    answer = ask(worker, identifiers="01/171310W").location
    page = worker.get(f"/check?again={answer.rpartition('/')[2]}").text
    for value in ("Quillfeather", "Jasper Odo", "1983", "01/171310W"):
        assert f'value="{value}"' in page


def test_what_is_typed_into_a_page_is_never_part_of_the_page(worker):
    attack = '"><script>alert(1)</script>{{ 7*7 }}'
    text = ask(worker, family_name=attack, ocu="").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text
    assert "{{ 7*7 }}" in text


def test_a_form_sent_after_the_session_ended_comes_back_after_signing_in(worker, redis_client):
    token = worker.token("/check")
    for key in redis_client.scan_iter("flagging:web:session:*"):
        redis_client.delete(key)
    assert worker.send("/check", csrf_token=token, **FILLED).location == "/sign-in"
    assert worker.sign_in("arrest_referral").location == "/check"
    page = worker.get("/check").text
    assert 'value="Quillfeather"' in page
    assert "This is what you had typed" in page


@pytest.mark.parametrize("role", ["prison", "administrator", "auditor"])
def test_other_roles_find_no_form(role, browser):
    browser.sign_in(role)
    assert browser.get("/check").status_code == 403


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("01/171310w", "Read as PNC ID 2001/0171310W, check letter right."),
        ("rubbish", "Read as not recognised: look at it again."),
        ("", ""),
    ],
)
def test_the_kind_of_an_identifier_is_told_to_the_script(typed, says, worker):
    assert worker.post("/check/identifiers", form_at="/check", identifiers=typed, year="1983").text == says


def test_somebody_not_on_the_register_is_answered_with_what_was_searched(worker):
    year, month, day = ASKED_STRANGER["date_of_birth"].split("-")
    answer = ask(
        worker, family_name="Unlisted", given_names="Ashley", birth_day=day, birth_month=month, birth_year=year
    )
    text = worker.get(answer.location).text
    assert "Not on the register" in text
    assert "was searched by name and date of birth" in text
    assert "may still lead to somebody on it" in text
