"""`flagging lookup`: the same code and the same ledger as any other lookup, and whom to ring where nobody can say."""

import json
import os
import pwd
import subprocess
import sys

import orjson
import pytest

from flagging.api.answer_schemas import AnswerSchema
from flagging.ledger.segments import read_segment

CANNOT_CONFIRM, USAGE, FAILED = 4, 2, 1
PPO = ["--pnc-id", "01/171310W"]
STRANGER = ["--family-name", "Unlisted", "--given-names", "Ashley", "--date-of-birth", "1994-07-23"]
BOOKING_IN = ["lookup", "--operator", "4711", "--purpose", "custody_booking_in", "--ocu", "F1"]


def entries(installation):
    return [
        orjson.loads(entry)
        for path in sorted((installation.state_dir / "spool").glob("*.spool"))
        for entry in read_segment(path, installation.keyring)
    ]


def test_somebody_flagged_is_told_with_route_manager_and_actions(synced):
    result = synced.run(*BOOKING_IN, *PPO, "--drug-test", "positive")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == "outcome   flagged"
    assert lines[1].startswith("route     DSB: ")
    assert "match     TST-0001, definite" in lines
    assert "  agrees      PNC ID agrees, check letter verified" in lines
    assert "  police      Sgt Pat Example, 0121 496 0701" in lines
    assert "  duty desk   E2 duty desk, 0121 496 0122" in lines
    assert lines[-1] == "register  edition 1, current"


def test_somebody_not_on_the_register_is_told_so(synced):
    result = synced.run(*BOOKING_IN, *STRANGER)
    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, "outcome   not_on_register")


def test_a_possible_match_is_told_by_its_handle_and_levels(synced):
    result = synced.run(*BOOKING_IN, "--pnc-id", "01/171310A")
    lines = result.stdout.splitlines()
    assert (result.exit_code, lines[0]) == (0, "outcome   possible_match")
    assert "  close       pnc_id" in lines
    assert "TST-0001" not in result.stdout


def test_what_was_left_aside_or_assumed_is_told(synced):
    lines = synced.run(*BOOKING_IN, *PPO, "--cro-number", "NONE").stdout.splitlines()
    assert "ignored   cro_number: placeholder" in lines
    assert "caveat    PNC ID: two-digit year, century assumed" in lines


def test_the_answer_as_json_is_that_of_the_api(synced):
    result = synced.run(*BOOKING_IN, *PPO, "--json")
    answer = json.loads(result.stdout)
    assert AnswerSchema().validate(answer) == {}
    assert answer["outcome"] == "flagged"


def test_every_option_reaches_the_question_as_it_is_recorded(synced):
    person = {
        "family_name": "Quillfeather", "given_names": "Jasper", "approximate_age": 43, "pnc_id": "01/171310W",
        "cro_number": "65656/91H", "prison_number": "A1234BC", "crn": "X123456", "postcode": "B1 1AA",
    }  # fmt: skip
    asked = {"drug_test": "refused", "assessed_need": "no", "client_reference": "F1/1"}
    words = [word for name, value in (person | asked).items() for word in (f"--{name.replace('_', '-')}", str(value))]
    assert synced.run(*BOOKING_IN, *words, "--trigger-offence").exit_code == 0
    (entry,) = entries(synced)
    assert entry["caller"] == f"shell:{pwd.getpwuid(os.getuid()).pw_name}"
    assert entry["role"] == "custody"
    assert entry["question"]["person"].items() >= person.items()
    assert entry["question"].items() >= (asked | {"trigger_offence": True, "operator": "4711", "ocu": "F1"}).items()


def test_role_and_setting_follow_from_the_purpose(synced):
    reception = ["lookup", "--operator", "4711", "--purpose", "prison_reception", "--prison", "BMI", "--json"]
    answer = json.loads(synced.run(*reception, *PPO).stdout)
    assert answer["referral"]["route"] == "CARAT"
    assert entries(synced)[-1]["role"] == "prison"


def test_what_the_role_may_not_see_is_not_told_in_the_shell_either(synced):
    booking, assessment = (
        json.loads(synced.run("lookup", "--operator", "1", "--purpose", purpose, "--ocu", "F1", *PPO, "--json").stdout)
        for purpose in ("custody_booking_in", "arrest_referral_assessment")
    )
    assert "treatment" not in booking["matches"][0]
    assert "treatment" in assessment["matches"][0]


# -- nobody can say --------------------------------------------------------------------------------------------------


def lose_register(installation, redis_client):
    """Lose it in Redis and on the disk of this host."""
    redis_client.flushall()
    for kept in installation.state_dir.glob("register.*"):
        kept.unlink()


@pytest.mark.parametrize("person", [PPO, STRANGER], ids=["ppo", "stranger"])
def test_without_a_register_nobody_can_say_and_the_desk_to_ring_is_told(person, synced, redis_client):
    lose_register(synced, redis_client)
    result = synced.run(*BOOKING_IN, *person)
    lines = result.stdout.splitlines()
    assert result.exit_code == CANNOT_CONFIRM
    assert lines[0] == "outcome   cannot_confirm"
    assert (
        "action    Ring the duty desk: the register cannot say whether this is a PPO. (at once): F1 duty desk, 0121 496 0131"
        in lines
    )
    assert lines[-1] == "register  no edition"
    assert result.stderr == "No verified edition of the register is held.\n"
    assert entries(synced)[-1]["outcome"] == "cannot_confirm"


def test_without_redis_the_copy_on_this_host_answers_and_where_there_is_none_nobody_can_say(synced, redis_client):
    synced.set("REDIS_URL", "unix:///nonexistent/redis.sock")
    answer = json.loads(synced.run(*BOOKING_IN, *PPO, "--json").stdout)
    assert (answer["outcome"], answer["register"]["source"]) == ("flagged", "replica")
    lose_register(synced, redis_client)
    result = synced.run(*BOOKING_IN, *PPO, "--json")
    assert result.exit_code == CANNOT_CONFIRM
    assert json.loads(result.stdout)["outcome"] == "cannot_confirm"


def test_what_cannot_be_recorded_is_not_answered(synced):
    synced.state_dir.mkdir(exist_ok=True)
    (synced.state_dir / "spool").write_bytes(b"")
    result = synced.run(*BOOKING_IN, *PPO)
    assert result.exit_code == CANNOT_CONFIRM
    assert result.stderr.startswith("The lookup could not be recorded")
    assert "TST-0001" not in result.output


# -- not asked -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--purpose", "custody_booking_in", "--ocu", "F1", *PPO], "'--operator'"),
        (["--operator", "4711", "--ocu", "F1", *PPO], "'--purpose'"),
        (["--operator", " ", "--purpose", "custody_booking_in", "--ocu", "F1", *PPO], "/operator: required"),
        (["--operator", "4711", "--purpose", "curiosity", *PPO], "no role may state that purpose"),
        (["--operator", "1", "--purpose", "custody_booking_in", "--role", "prison", *PPO], "no role may state"),
        (["--operator", "1", "--purpose", "custody_booking_in", "--role", "auditor", *PPO], "no role may state"),
        (["--operator", "4711", "--purpose", "custody_booking_in", *PPO], "/ocu: required on arrest"),
        (["--operator", "4711", "--purpose", "custody_booking_in", "--ocu", "Q9", *PPO], "/ocu: must be one of"),
        (["--operator", "4711", "--purpose", "release_planning", *PPO], "/prison: required in prison settings"),
        ([*BOOKING_IN[1:], "--family-name", "Unlisted"], "/person: needs at least one identifier"),
        ([*BOOKING_IN[1:], *PPO, "--date-of-birth", "1983-02-30"], "/person/date_of_birth: no such date"),
        ([*BOOKING_IN[1:], *STRANGER, "--approximate-age", "30"], "/person/approximate_age"),
        ([*BOOKING_IN[1:], *PPO, "--drug-test", "maybe"], "'--drug-test'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_question_that_cannot_be_asked_is_a_fault_of_usage_and_says_which(words, said, synced):
    result = synced.run("lookup", *words)
    assert result.exit_code == USAGE
    assert said in result.stderr
    assert result.stdout == ""
    assert entries(synced) == []


def test_a_name_that_is_no_text_is_a_fault_of_usage(synced):
    """Bytes of a terminal that are no UTF-8 reach Python as lone surrogates."""
    result = synced.run(*BOOKING_IN, "--family-name", "Sm\udcffth", "--given-names", "Al")
    assert result.exit_code == USAGE
    assert entries(synced) == []


def test_without_its_key_file_it_does_not_start(synced):
    (synced.directory / "keys" / "keys.json").unlink()
    result = synced.run(*BOOKING_IN, *PPO)
    assert result.exit_code == FAILED
    assert "keys.json" in result.stderr


def test_as_a_process_it_logs_to_standard_error_and_exits_as_it_says(synced, redis_client):
    words = [sys.executable, "-m", "flagging", *BOOKING_IN, *PPO, "--json"]

    def run():
        return subprocess.run(words, env=os.environ, cwd=synced.directory, capture_output=True, check=False, timeout=60)

    found = run()
    assert (found.returncode, json.loads(found.stdout)["outcome"]) == (0, "flagged")
    lose_register(synced, redis_client)
    unsure = run()
    assert (unsure.returncode, json.loads(unsure.stdout)["outcome"]) == (CANNOT_CONFIRM, "cannot_confirm")
    for value in (b"171310", b"TST-0001", b"Quillfeather"):
        assert value not in found.stderr + unsure.stderr
