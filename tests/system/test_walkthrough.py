"""The main job, end to end: gunicorn, worker and a real Redis, asked as custody suites and prisons ask."""

from datetime import datetime

import pytest
from installation import Installation, arrest, reception
from listed_people import ALIASED, EVERYBODY, FORMER, ON_POPP, PPO, YOUNG, asked

STRANGER = {"family_name": "Nobodyson", "given_names": "Ignatius", "date_of_birth": "1985-05-05"}


def ask(installation: Installation, question: dict, role: str = "custody") -> dict:
    response = installation.call("POST", "/v1/lookups", question, role)
    assert response.status == 200, response.body
    return response.body


def test_a_ppo_found_by_pnc_id_with_a_positive_test_goes_to_dsb(installation: Installation):
    answer = ask(installation, arrest({"pnc_id": "01/171310W"}))
    assert answer["outcome"] == "flagged"
    assert answer["referral"]["route"] == "DSB"
    assert answer["referral"]["rule"] == "ppo-in-need"
    assert "DSB" in answer["referral"]["service"]["name"]
    (match,) = answer["matches"]
    assert match["ppo_ref"] == "T-0001"
    assert match["offender_managers"][0] == {
        "agency": "probation",
        "lead": True,
        "name": "Prudence Inkwell",
        "telephone": "0121 496 0701",
        "email": None,
    }
    assert match["duty_desk"]["name"] == "E2 duty desk"


def test_somebody_else_with_a_positive_test_goes_to_the_dip_team_of_the_ocu(installation: Installation):
    in_f1 = ask(installation, arrest(STRANGER))
    in_d1 = ask(installation, arrest(STRANGER, ocu="D1"))
    assert {answer["outcome"] for answer in (in_f1, in_d1)} == {"not_on_register"}
    assert {answer["referral"]["route"] for answer in (in_f1, in_d1)} == {"DIP"}
    assert in_f1["referral"]["service"] != in_d1["referral"]["service"]


def test_a_right_pnc_id_with_a_false_name_and_date_of_birth_is_flagged_with_a_warning(installation: Installation):
    answer = ask(installation, arrest(STRANGER | {"pnc_id": "2001/0171310W"}))
    assert answer["outcome"] == "flagged"
    assert any("false details" in warning for warning in answer["matches"][0]["warnings"])


def test_a_near_miss_of_a_name_is_a_possible_match_and_holds_the_referral(installation: Installation):
    near = asked(PPO, given_names="Caspar", date_of_birth="1983-11-02")
    answer = ask(installation, arrest(near))
    assert answer["outcome"] == "possible_match"
    assert answer["referral"]["route"] == "hold"
    assert {other["route"] for other in answer["referral"]["otherwise"]} == {"DSB", "DIP"}
    assert set(answer["matches"][0]) == {"handle", "strength", "evidence", "duty_desk"}


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param({"family_name": "Quilfeather"}, id="a letter dropped"),
        pytest.param({"family_name": "Quillfaether"}, id="two letters transposed"),
        pytest.param({"family_name": "QUILL-FEATHER", "given_names": "JASPER"}, id="hyphen and middle name"),
        pytest.param({"date_of_birth": "1983-11-02"}, id="day and month swapped"),
        pytest.param({"family_name": "Jasper", "given_names": "Quillfeather"}, id="names swapped"),
        pytest.param({"date_of_birth": "1983-02-12"}, id="a digit of the date"),
    ],
)
def test_an_ordinary_mistake_still_finds_the_ppo(installation: Installation, typed: dict):
    assert ask(installation, arrest(asked(PPO, **typed)))["outcome"] in {"flagged", "possible_match"}


def test_an_alias_and_a_transliteration_find_their_person(installation: Installation):
    for person in (
        {"family_name": "Quicksilver", "given_names": "Barney", "date_of_birth": "1991-01-08"},
        asked(ALIASED, given_names="Muhammad"),
    ):
        assert ask(installation, arrest(person))["outcome"] in {"flagged", "possible_match"}


def test_a_former_ppo_in_need_goes_to_dip_with_a_handover(installation: Installation):
    answer = ask(installation, arrest(asked(FORMER)))
    assert (answer["outcome"], answer["referral"]["route"]) == ("former", "DIP")
    assert answer["referral"]["rule"] == "former-in-need"
    assert "handover" in answer["referral"]["reason"].lower()


def test_a_prison_arrival_goes_to_carat_and_starts_the_clocks(installation: Installation):
    answer = ask(installation, reception(asked(PPO)), role="prison")
    assert (answer["outcome"], answer["referral"]["route"]) == ("flagged", "CARAT")
    due = {action["action"]: action["due"] for action in answer["actions"]}
    asked_at = datetime.fromisoformat(answer["answered_at"])
    housing = datetime.fromisoformat(due["housing_tenancy"])
    assert (housing - asked_at).total_seconds() == pytest.approx(48 * 3600, abs=60)
    for action in ("tell_offender_manager_and_home_ocu", "flag_prison_record", "allocate_offender_supervisor"):
        assert datetime.fromisoformat(due[action]).date() > asked_at.date()
    assert due["tell_offender_manager_and_home_ocu"] < due["allocate_offender_supervisor"]


def test_an_under_18_is_never_sent_down_an_adult_route(installation: Installation):
    answer = ask(installation, arrest(asked(YOUNG)))
    assert (answer["outcome"], answer["referral"]["route"]) == ("flagged", "none")
    assert answer["referral"]["rule"] == "under-18"


def test_an_adult_who_claims_to_be_a_child_is_held_until_the_age_is_known(installation: Installation):
    claimed = asked(PPO, date_of_birth=YOUNG["date_of_birth"]) | {"pnc_id": "2001/0171310W"}
    assert ask(installation, arrest(claimed))["referral"]["rule"] == "age-disputed"


def test_an_older_scheme_is_no_flag_and_is_told_only_to_those_who_may_know(installation: Installation):
    question = arrest(asked(ON_POPP))
    to_custody = ask(installation, question)
    to_worker = ask(installation, question | {"purpose": "arrest_referral_assessment"}, role="arrest_referral")
    assert to_custody["outcome"] == to_worker["outcome"] == "not_on_register"
    assert "POPP" not in str(to_custody)
    assert "on POPP, not a PPO" in to_worker["caveats"]


def test_the_registers_own_drug_need_reaches_only_the_arrest_referral_worker(installation: Installation):
    untested = arrest(asked(PPO), drug_test="not_tested")
    to_custody = ask(installation, untested)
    to_worker = ask(installation, untested | {"purpose": "arrest_referral_assessment"}, role="arrest_referral")
    assert to_custody["referral"]["rule"] == "ppo-to-assess"
    assert "treatment" not in to_custody["matches"][0]
    assert to_worker["referral"]["rule"] == "ppo-in-need"
    assert to_worker["matches"][0]["treatment"]["need"] == "yes"


def test_a_batch_answers_each_arrival_and_one_bad_one_spoils_no_other(installation: Installation):
    items = [
        reception(asked(PPO)) | {"id": "1"},
        reception(asked(PPO, date_of_birth="1983-02-30")) | {"id": "2"},
        reception(STRANGER) | {"id": "3"},
    ]
    response = installation.call("POST", "/v1/lookups/batch", {"lookups": items}, "prison")
    first, second, third = response.body["answers"]
    assert (first["id"], first["status"], first["answer"]["outcome"]) == ("1", 200, "flagged")
    assert (second["id"], second["status"]) == ("2", 422)
    assert second["problem"]["errors"][0]["pointer"] == "#/person/date_of_birth"
    assert (third["id"], third["status"], third["answer"]["outcome"]) == ("3", 200, "not_on_register")


def test_an_unknown_field_is_refused_by_name(installation: Installation):
    response = installation.call("POST", "/v1/lookups", arrest(asked(PPO) | {"shoe_size": "44"}), "custody")
    assert response.status == 422
    assert response.headers["Content-Type"] == "application/problem+json"
    assert [fault["pointer"] for fault in response.body["errors"]] == ["#/person/shoe_size"]


def test_a_wrong_token_is_401_and_a_wrong_role_403(installation: Installation):
    question = arrest(asked(PPO))
    wrong = installation.call("POST", "/v1/lookups", question, token=installation.tokens["custody"][:-1] + "~")
    assert (wrong.status, wrong.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert installation.call("POST", "/v1/lookups", question).status == 401
    for role in ("administrator", "auditor", "prison"):
        assert installation.call("POST", "/v1/lookups", question, role).status == 403


def test_the_register_tells_everybody_its_age_and_administrators_its_report(installation: Installation):
    for_custody = installation.call("GET", "/v1/register", role="custody").body
    for_administrator = installation.call("GET", "/v1/register", role="administrator").body
    assert for_custody["counts"] == {"active": 4, "former": 1, "missing": 0}
    assert (for_custody["state"], for_custody["source"]) == ("current", "redis")
    assert "report" not in for_custody["last_sync"]
    assert for_administrator["last_sync"]["report"]["counts"]["listed"] == 5


def test_the_documents_and_the_metrics_of_all_processes_are_open(installation: Installation):
    assert "/v1/lookups" in installation.call("GET", "/v1/openapi.json").body["paths"]
    assert "swagger-ui" in installation.call("GET", "/docs").body
    for _ in range(8):
        ask(installation, arrest(STRANGER))
    told = lambda: installation.call("GET", "/metrics").body  # noqa: E731
    installation.await_answer("the lookups are counted", lambda: "flagging_lookups_total{" in told())
    assert "pid=" not in told()


def test_a_lookup_from_the_shell_gives_the_same_answer(installation: Installation):
    done = installation.run(
        *("lookup", "--operator", "4711", "--purpose", "custody_booking_in", "--ocu", "F1"),
        *("--pnc-id", "01/171310W", "--drug-test", "positive", "--trigger-offence", "--json"),
    )
    assert done.returncode == 0, done.stderr
    assert '"outcome": "flagged"' in done.stdout


def test_a_person_added_to_the_list_is_found_within_seconds(installation: Installation):
    late = PPO | {
        "ppo_ref": "T-0099",
        "family_name": "Latecomer",
        "given_names": "Hubert",
        "date_of_birth": "1994-08-23",
        "pnc_id": "",
    }
    assert ask(installation, arrest(asked(late)))["outcome"] == "not_on_register"
    installation.write_list([*EVERYBODY, late])
    try:
        installation.await_answer(
            "the new person is flagged by both processes",
            lambda: all(ask(installation, arrest(asked(late)))["outcome"] == "flagged" for _ in range(6)),
        )
    finally:
        installation.write_list(EVERYBODY)


def test_no_personal_value_reaches_a_log(installation: Installation):
    logs = installation.log("serve") + installation.log("worker")
    for value in ("Quillfeather", "Jasper", "1983-02-11", "171310W", "Nobodyson", "Inkwell", "496 0701", "T-0001"):
        assert value not in logs
