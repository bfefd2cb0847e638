"""What each role is told, through the API: no more than the Information Sharing Protocol grants."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from service import (
    ASKED_FORMER,
    ASKED_MAYBE,
    ASKED_POPP,
    ASKED_PPO,
    ASKED_STRANGER,
    BARE,
    ON_POPP,
    PPO,
    QUESTIONS,
    edition_of,
    record,
)

from flagging.terms import Need, Scheme, Status

RELEASE = {"setting": "prison_release", "purpose": "release_planning"}
CASES = [*((role, {}) for role in QUESTIONS), ("prison", RELEASE)]
WITHOUT_TREATMENT = [case for case in CASES if case[0] != "arrest_referral"]
LASTING = {"lookup_id", "answered_at", "receipt", "register"}


@pytest.fixture(autouse=True)
def moment(service):
    """One moment for all questions of a test: deadlines count from it."""
    now = datetime.now(UTC)
    service.swap_of_lookups(now=lambda: now)


def hold(service, *records):
    register = service.parts.register
    register.held = replace(register.held, edition=edition_of(*records))


def lasting(answer):
    return {name: answer[name] for name in answer.keys() - LASTING}


@pytest.mark.parametrize(("role", "changes"), WITHOUT_TREATMENT, ids=str)
@pytest.mark.parametrize("need", Need)
def test_custody_and_prison_never_see_treatment_facts_nor_a_route_that_tells_of_them(role, changes, need, service):
    answers = []
    for known in (PPO, replace(PPO, drug_treatment_need=need, drug_treatment_provider="Harbour Light")):
        hold(service, known, BARE)
        answers.append(service.ask(role, person=ASKED_PPO, **changes))
    assert lasting(answers[0]) == lasting(answers[1])
    for answer in answers:
        assert "treatment" not in answer["matches"][0]
        assert "Lantern House" not in str(answer)
        assert "Harbour Light" not in str(answer)


@pytest.mark.parametrize(
    ("need", "rule", "route"),
    [(Need.YES, "ppo-in-need", "DSB"), (Need.NO, "no-need", "none"), (Need.UNKNOWN, "ppo-to-assess", "none")],
)
def test_arrest_referral_sees_treatment_facts_and_is_routed_by_them(need, rule, route, service):
    hold(service, replace(PPO, drug_treatment_need=need), BARE)
    answer = service.ask("arrest_referral", person=ASKED_PPO)
    assert (answer["referral"]["rule"], answer["referral"]["route"]) == (rule, route)
    assert answer["matches"][0]["treatment"] == {"need": need.value, "provider": "Lantern House"}


@pytest.mark.parametrize(("role", "changes"), CASES, ids=str)
def test_a_definite_match_is_told_with_reference_managers_and_evidence_in_words(role, changes, service):
    (match,) = service.ask(role, person=ASKED_PPO, **changes)["matches"]
    told = {"ppo_ref", "strength", "evidence", "warnings", "home_ocu", "offender_managers", "duty_desk"}
    assert match.keys() == told | ({"treatment"} if role == "arrest_referral" else set())
    assert all(line.keys() == {"field", "level", "detail"} for line in match["evidence"])


@pytest.mark.parametrize(("role", "changes"), CASES, ids=str)
def test_a_possible_match_is_told_as_handle_strength_levels_and_duty_desk_alone(role, changes, service):
    answer = service.ask(role, person=ASKED_MAYBE, **changes)
    (match,) = answer["matches"]
    assert match.keys() == {"handle", "strength", "evidence", "duty_desk"}
    assert match["strength"] == "possible"
    assert all(line.keys() == {"field", "level"} for line in match["evidence"])
    for value in ("TST-0001", "Quillfeather", "Jasper", "Robin Specimen", "Pat Example", "0121 496 070", "1983"):
        assert value not in str(answer).replace(answer["lookup_id"], "")


@pytest.mark.parametrize(("role", "changes"), CASES, ids=str)
def test_no_answer_holds_a_score_or_what_the_register_knows_the_person_by(role, changes, service):
    asked = {"pnc_id": ASKED_PPO["pnc_id"], "family_name": "Elsewhere"}
    answer = service.ask(role, person=asked, **changes)
    for value in ("Quillfeather", "quillfeather", "jasper", "1983", "probability", "bits", "weight", "persona"):
        assert value not in str(answer)


@pytest.mark.parametrize(("role", "changes"), CASES, ids=str)
def test_a_definite_former_ppo_beside_a_possible_active_one_stays_veiled(role, changes, service):
    former = record("TST-0700", "Brambleworth", "Lucius", "1979-05-17", pnc="2001/0171310W", status=Status.FORMER)
    hold(service, former, record("TST-0701", "Brambleworth", "Lucius", "1979-05-17"))
    asked = {"family_name": "Brambleworth", "given_names": "Lucius", "date_of_birth": "1979-05-17"}
    answer = service.ask(role, person=asked | {"pnc_id": "2001/0171310W"}, **changes)
    assert answer["outcome"] == "possible_match"
    assert [match["strength"] for match in answer["matches"]] == ["possible", "definite"]
    for match in answer["matches"]:
        assert match.keys() == {"handle", "strength", "evidence", "duty_desk"}


# -- other schemes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", [Scheme.POPP, Scheme.CHRYSALIS])
@pytest.mark.parametrize(("role", "changes"), CASES, ids=str)
def test_somebody_on_another_scheme_alone_is_told_of_to_arrest_referral_alone(role, changes, scheme, service):
    hold(service, PPO, replace(ON_POPP, scheme=scheme))
    answer = service.ask(role, person=ASKED_POPP, **changes)
    assert (answer["outcome"], answer["matches"]) == ("not_on_register", [])
    told = f"on {scheme}, not a PPO" in answer["caveats"]
    assert told == (role == "arrest_referral")
    assert "TST-0003" not in str(answer)
    (entry,) = service.entries()
    assert entry["refs"] == (["TST-0003"] if told else [])


@pytest.mark.parametrize(("role", "changes"), WITHOUT_TREATMENT, ids=str)
def test_to_the_others_such_a_person_is_like_anybody_not_on_the_register(role, changes, service):
    popp, stranger = (
        lasting(service.ask(role, person=person, **changes))
        for person in (ASKED_POPP, {"pnc_id": "2099/7654321" + "A"})
    )
    assert popp == stranger | {"searched_on": popp["searched_on"]}


# -- where the person comes from -------------------------------------------------------------------------------------


def test_in_prison_the_home_ocu_of_a_definite_match_chooses_the_dip_team(service):
    answer = service.ask("prison", person=ASKED_FORMER, drug_test="positive", **RELEASE)
    assert (answer["referral"]["rule"], answer["referral"]["service"]["name"][:8]) == ("former-in-need", "DIP team")
    stranger = service.ask("prison", person=ASKED_STRANGER, drug_test="positive", **RELEASE)
    assert stranger["referral"]["service"] != answer["referral"]["service"]


def test_the_home_ocu_of_a_possible_match_chooses_nothing(service):
    maybe, stranger = (
        service.ask("prison", person=person, assessed_need="yes", **RELEASE)["referral"]
        for person in (ASKED_MAYBE, ASKED_STRANGER)
    )
    dip = next(other for other in maybe["otherwise"] if other["route"] == "DIP")
    assert dip["service"] == stranger["service"]


def test_a_postcode_finds_but_is_never_told_of(service):
    told = service.ask(person=ASKED_PPO | {"postcode": "B1 1AA"})
    assert "postcode" in told["searched_on"]
    assert all(line["field"] != "postcode" for match in told["matches"] for line in match["evidence"])


def test_an_aliass_date_of_birth_is_not_the_persons_age(service):
    child = {"family_name": "Quillfeather", "given_names": "Jasper", "date_of_birth": "2014-01-01"}
    told = service.ask(person={"pnc_id": "01/171310W", "aliases": [child]})
    assert told["referral"]["rule"] not in {"under-18", "age-disputed"}
