"""The referral form: nothing is handed on before the consent is on record; each provider is told its part."""

import pytest
from service import nothing_held
from test_answers_page import MAYBE
from test_check_page import FILLED

from flagging.errors import SpoolUnwritable


@pytest.fixture
def worker(browser):
    browser.sign_in("arrest_referral")
    return browser


@pytest.fixture
def form_of(worker):
    def form_of(**changes: str) -> str:
        return (
            worker.post("/check", **FILLED | {name.replace("_", "-"): text for name, text in changes.items()}).location
            + "/referral-form"
        )

    return form_of


def test_the_form_for_dsb_holds_what_dsb_may_know(worker, form_of):
    text = worker.get(form_of()).text
    for told in ("TST-0001", "Robin Specimen", "Lantern House", "Quillfeather, Jasper Odo"):
        assert told in text


def test_the_form_for_dip_holds_nothing_of_the_register(worker, form_of):
    address = form_of(family_name="Unlisted", given_names="Ashley")
    text = worker.get(address).text
    assert "From the register" not in text
    assert "DIP" in text


def test_the_sheet_shows_the_form_as_filled_in_once_the_consent_is_recorded(worker, form_of, site):
    address = form_of()
    response = worker.post(
        address, provider="DSB", consent="written", drugs="Said by the person", address="c/o Example House"
    )
    assert response.location == address
    text = worker.get(address).text
    assert "Referral to Drug Solutions Birmingham" in text
    assert "c/o Example House" in text
    entry = site.all_entries()[-1]
    assert entry["kind"] == "referral_form"
    assert {name: entry[name] for name in ("of_lookup", "operator", "provider", "consent", "refs")} == {
        "of_lookup": address.split("/")[2], "operator": "arrest_referral", "provider": "DSB", "consent": "written",
        "refs": ["TST-0001"],
    }  # fmt: skip
    assert "treatment" in entry["fields"]
    assert "Example House" not in str(entry)


def test_a_refusal_is_recorded_and_nothing_is_shown_for_handing_on(worker, form_of, site):
    address = form_of()
    worker.post(address, provider="DSB", consent="refused")
    text = worker.get(address).text
    assert "Refusal recorded" in text
    assert "TST-0001" not in text
    entry = site.all_entries()[-1]
    assert (entry["consent"], entry["refs"], entry["fields"]) == ("refused", [], [])


def test_without_an_answer_about_consent_nothing_is_recorded_and_nothing_lost(worker, form_of, site):
    address = form_of()
    before = len(site.all_entries())
    response = worker.post(address, provider="DSB", drugs="Said by the person")
    assert response.status_code == 422
    assert "Select whether the person agrees" in response.text
    assert "Said by the person" in response.text
    assert len(site.all_entries()) == before


def test_a_form_that_cannot_be_recorded_is_not_shown(worker, form_of, site, monkeypatch):
    address = form_of()

    def full(_: bytes) -> None:
        raise SpoolUnwritable("full")

    monkeypatch.setattr(site.parts.spool, "append", full)
    response = worker.post(address, provider="DSB", consent="written")
    assert response.status_code == 503
    assert "TST-0001" not in response.text


def test_where_the_route_depends_the_worker_says_which(worker, form_of):
    address = form_of(drug_test="not_tested")
    text = worker.get(address).text
    assert "Refer to DSB, if in need" in text or 'value="DSB"' in text
    assert worker.post(address, provider="CARAT", consent="written").status_code == 422


@pytest.mark.parametrize("form", [MAYBE, None], ids=["possible match", "no answer"])
def test_before_an_identity_is_confirmed_there_is_no_form(form, worker, site):
    if form is None:
        site.parts.register.held = nothing_held()
    answer = worker.post("/check", **form or FILLED).location
    assert worker.get(f"{answer}/referral-form").location == answer
    assert (
        worker.post(f"{answer}/referral-form", form_at="/check", provider="DSB", consent="written").location == answer
    )


def test_a_blank_form_is_there_for_everybody_even_without_a_session(browser):
    text = browser.get("/referral-form").text
    assert "by hand" in text
    assert "ring the duty desk" in text
    assert "TST-" not in text


def test_the_form_of_somebody_else_is_not_found(form_of, open_browser):
    address = form_of()
    other = open_browser()
    other.sign_in("custody")
    assert other.get(address).status_code == 404
