"""The memory of a server process is judged at the sizes of the register that the budget names."""

import sys
from pathlib import Path

import pytest

LOAD_TESTS = Path(__file__).resolve().parent.parent.parent / "load_tests"
sys.path.insert(0, str(LOAD_TESTS))

import edition_memory  # noqa: E402


@pytest.mark.parametrize(
    ("people", "mib", "status", "words"),
    [
        (10_000, 150.0, 0, "bar 150 MiB: pass"),
        (10_000, 151.0, 1, "bar 150 MiB: FAIL"),
        (50_000, 500.0, 0, "bar 500 MiB: pass"),
        (50_000, 501.0, 1, "bar 500 MiB: FAIL"),
        (321, 900.0, 0, "no bar"),
    ],
)
def test_the_most_that_a_process_held_is_judged_by_the_bar_of_its_register(people, mib, status, words, capsys):
    assert edition_memory.judged(people, mib) == status
    assert words in capsys.readouterr().out
