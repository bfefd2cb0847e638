"""The order of the tests: what takes long comes first in what each process of pytest-xdist gets."""

import pytest
from dealing import deal_out

LONG = ["long a 1", "long a 2", "long b 1", "long c 1", "long c 2"]
SHORT = [f"short {number}" for number in range(12)]


def dealt(tests, processes):
    return deal_out(tests, processes, lambda test: test.startswith("long"), lambda test: test.split()[1])


def as_counted_out(tests, processes):
    """What each process gets, as pytest-xdist counts it out."""
    left, parts = list(tests), []
    for number in range(processes):
        count = len(left) // (processes - number)
        parts.append(left[:count])
        del left[:count]
    return parts


@pytest.mark.parametrize("processes", [1, 2, 3, 5, 30])
def test_every_test_is_run_once(processes):
    assert sorted(dealt([*SHORT, *LONG], processes)) == sorted([*SHORT, *LONG])


def test_what_takes_long_is_shared_out_by_whole_modules_and_comes_first():
    parts = as_counted_out(dealt([*SHORT, *LONG], 3), 3)
    assert [[test for test in part if test in LONG] for part in parts] == [LONG[:2], LONG[2:3], LONG[3:]]
    assert [part[0] for part in parts] == ["long a 1", "long b 1", "long c 1"]
    assert [len(part) for part in parts] == [5, 6, 6]


def test_one_process_has_them_all_first():
    assert dealt([*SHORT, *LONG], 1) == [*LONG, *SHORT]


def test_short_tests_stay_in_their_order():
    assert [test for test in dealt([*SHORT, *LONG], 2) if test in SHORT] == SHORT
