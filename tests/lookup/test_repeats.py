"""Nobody climbs towards a record by asking about nearly the same person again and again."""

import subprocess
import sys
from dataclasses import replace

import pytest
from service import ASKED_FORMER, ASKED_PPO, ASKED_STRANGER, question

from flagging.lookup.repeats import MOST_COUNTED, SLOTS, Counts
from flagging.policy.disclosure import RepeatLimits

LIMITS = RepeatLimits(60, operator_levels=3, operator_refused=6, caller_levels=5, caller_refused=8)


@pytest.fixture
def limited(service):
    service.swap_of_lookups(repeats=replace(service.parts.lookups.repeats, limits=LIMITS))
    return service


def guess(day):
    """The PPO's name, with a date of birth tried out: possible, as it is alike."""
    return {
        "family_name": "Quillfeather",
        "given_names": "Jasper Odo",
        "date_of_birth": f"1983-{day % 12 + 1:02}-{day + 10}",
    }


def asked(service, day, operator="4711"):
    response = service.post(question(person=guess(day), operator=operator))
    return response.status_code, response.get_json()


def evidence(body):
    return [match["evidence"] for match in body["matches"]]


def test_after_some_different_questions_levels_are_withheld_and_the_desk_is_named(limited):
    for day in range(3):
        status, body = asked(limited, day)
        assert (status, body["outcome"]) == (200, "possible_match")
        assert all(evidence(body))
    status, body = asked(limited, 3)
    assert (status, body["outcome"], evidence(body)) == (200, "possible_match", [[]])
    assert body["matches"][0]["duty_desk"]["telephone"]
    assert any("duty desk" in caveat for caveat in body["caveats"])
    assert limited.entries()[-1]["levels_withheld"] == ["TST-0001"]
    assert "levels_withheld" not in limited.entries()[0]


def test_after_more_neither_a_yes_nor_a_no_is_told_and_that_is_recorded(limited):
    for day in range(6):
        assert asked(limited, day)[0] == 200
    status, body = asked(limited, 6)
    assert (status, body["type"], body["outcome"]) == (503, "cannot-confirm", "cannot_confirm")
    assert "not a no" in body["detail"]
    assert body["duty_desk"]["telephone"]
    entry = limited.entries()[-1]
    assert (entry["outcome"], entry["unconfirmed"], entry["refs"]) == ("cannot_confirm", "tried_out", [])


def test_who_guesses_right_in_the_end_is_not_told_so(limited):
    for day in range(7):
        asked(limited, day)
    person = {name: value for name, value in ASKED_PPO.items() if name != "pnc_id"}
    response = limited.post(question(person=person))
    assert (response.status_code, response.get_json()["outcome"]) == (503, "cannot_confirm")
    assert "TST-0001" not in response.text


def test_an_identifier_that_agrees_is_always_answered_in_full(limited):
    for day in range(7):
        asked(limited, day)
    assert limited.ask(person=ASKED_PPO)["matches"][0]["ppo_ref"] == "TST-0001"


def test_who_is_found_right_at_once_counts_nothing(limited):
    person = {name: value for name, value in ASKED_PPO.items() if name != "pnc_id"}
    for number in range(12):
        told = limited.ask(person=person | {"postcode": f"B{number + 1} 1AA"})
        assert (told["outcome"], told["matches"][0]["ppo_ref"]) == ("flagged", "TST-0001")


def test_asking_the_same_again_counts_nothing(limited):
    for _ in range(12):
        status, body = asked(limited, 0)
        assert (status, bool(evidence(body)[0])) == (200, True)


def test_strangers_and_others_are_answered_as_ever(limited):
    for day in range(7):
        asked(limited, day)
    for year in range(1970, 1990):
        assert limited.ask(person=ASKED_STRANGER | {"date_of_birth": f"{year}-07-23"})["outcome"] == "not_on_register"
    assert limited.ask(person=ASKED_FORMER)["outcome"] == "former"


def test_another_operator_has_an_allowance_of_their_own_until_the_callers_is_used_up(limited):
    for day in range(4):
        asked(limited, day)
    assert evidence(asked(limited, 4, operator="4712")[1]) != [[]]
    assert evidence(asked(limited, 5, operator="4713")[1]) == [[]]
    assert asked(limited, 6, operator="4714")[0] == asked(limited, 7, operator="4715")[0] == 200
    assert asked(limited, 8, operator="4716")[0] == 503


def test_another_caller_is_not_concerned(limited):
    for day in range(8):
        asked(limited, day)
    told = limited.ask("arrest_referral", person=guess(0))
    assert told["matches"][0]["evidence"]


def test_the_allowance_returns_with_time(limited):
    passed = [0.0]
    limited.swap_of_lookups(repeats=replace(limited.parts.lookups.repeats, counts=Counts(None, lambda: passed[0])))
    for day in range(8):
        asked(limited, day)
    assert asked(limited, 0)[0] == 503
    passed[0] = 3601.0
    assert evidence(asked(limited, 0)[1]) != [[]]


def test_batches_count_like_single_lookups(limited):
    items = [{"id": str(day), **question(person=guess(day))} for day in range(9)]
    statuses = [answer["status"] for answer in limited.ask_many(*items)]
    assert statuses == [200] * 6 + [503] * 3


# -- the counts ------------------------------------------------------------------------------------------------------


def name(number):
    return number.to_bytes(8, "little")


def test_all_processes_of_a_host_share_one_count(tmp_path):
    counts = Counts(tmp_path / "repeats", lambda: 5.0)
    for number in range(3):
        counts.count(name(1), name(number), 60)
    program = (
        "import sys; from pathlib import Path; from flagging.lookup.repeats import Counts; "
        "counts = Counts(Path(sys.argv[1]), lambda: 6.0); "
        "print(counts.count((1).to_bytes(8, 'little'), (9).to_bytes(8, 'little'), 60))"
    )
    argv = [sys.executable, "-P", "-c", program, str(tmp_path / "repeats")]
    assert subprocess.run(argv, capture_output=True, check=True, timeout=60).stdout == b"4\n"
    assert counts.count(name(1), None, 60) == 4
    assert (tmp_path / "repeats").stat().st_mode & 0o077 == 0


def test_a_flood_of_other_names_does_not_wash_a_count_away(tmp_path):
    counts = Counts(None, lambda: 5.0)
    for number in range(6):
        counts.count(name(1), name(number), 60)
    for other in range(2, 3 * SLOTS):
        counts.count(name(other), name(0), 60)
    assert counts.count(name(1), None, 60) == 6


def test_no_more_than_so_many_are_counted_and_a_clock_put_back_begins_anew():
    clock = [100.0]
    counts = Counts(None, lambda: clock[0])
    for number in range(MOST_COUNTED + 9):
        counted = counts.count(name(1), name(number), 60)
    assert counted == MOST_COUNTED
    clock[0] = 1.0
    assert counts.count(name(1), name(1), 60) == 1


def test_without_its_file_a_process_counts_for_itself(tmp_path):
    (tmp_path / "state").write_text("no directory")
    counts = Counts(tmp_path / "state" / "repeats", lambda: 5.0)
    assert counts.count(name(1), name(1), 60) == 1
