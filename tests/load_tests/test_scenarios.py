"""A scenario of load fails for any answer that is wrong, not only for requests that fail."""

import subprocess
import sys
from argparse import Namespace
from contextlib import nullcontext
from pathlib import Path

import pytest

LOAD_TESTS = Path(__file__).resolve().parent.parent.parent / "load_tests"
sys.path.insert(0, str(LOAD_TESTS))

import scenarios  # noqa: E402
from judging import fault_of  # noqa: E402


@pytest.mark.parametrize(
    ("is_known", "by_identifier", "outcome", "fault"),
    [
        (True, True, "flagged", None),
        (True, False, "flagged", None),
        (True, False, "possible_match", None),
        (False, True, "not_on_register", None),
        (False, False, "possible_match", None),
        (True, True, "not_on_register", "a silent no"),
        (True, False, "not_on_register", "a silent no"),
        (True, True, "possible_match", "on the register, and told to be possible_match"),
        (True, False, "former", "on the register, and told to be former"),
        (False, True, "flagged", "a stranger, and told to be flagged"),
        (True, True, None, "no answer"),
        (False, False, None, "no answer"),
    ],
)
def test_an_answer_that_the_lists_speak_against_is_a_fault(is_known, by_identifier, outcome, fault):
    assert fault_of(outcome, is_known=is_known, by_identifier=by_identifier) == fault


@pytest.mark.parametrize(("status", "expected", "word"), [(0, 0, "pass"), (1, 1, "FAIL"), (-9, 1, "FAIL")])
def test_a_scenario_fails_as_locust_does_or_if_it_is_killed(status, expected, word, monkeypatch, capsys):
    monkeypatch.setattr(scenarios.contenders, "synthesise", lambda *_args, **_named: None)
    monkeypatch.setattr(scenarios.contenders, "build_of", lambda _: "")
    monkeypatch.setattr(scenarios.contenders, "service", served)
    monkeypatch.setattr(scenarios.subprocess, "call", lambda *_args, **_named: status)
    options = Namespace(people=1, seconds=1, locust="locust", every=60.0)
    assert scenarios.run("shift-change", scenarios.SCENARIOS["shift-change"], options) == expected
    assert word in capsys.readouterr().out


def served(place, _people, setting):
    (place / "register.csv").touch()
    return nullcontext(Namespace(port=1))


def test_every_class_that_a_scenario_names_is_there():
    source = (LOAD_TESTS / "locustfile.py").read_text(encoding="utf-8")
    classes = {name for scenario in scenarios.SCENARIOS.values() for name in scenario.classes}
    assert not [name for name in classes if f"class {name}(" not in source]


def test_a_scenario_without_locust_says_so_before_anything_is_started():
    done = subprocess.run(
        [sys.executable, LOAD_TESTS / "scenarios.py", "soak", "--locust", "no-such-program"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "no program" in done.stderr
