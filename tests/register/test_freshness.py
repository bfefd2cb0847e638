"""How far an edition can be trusted: no clock that jumps makes stale read as current."""

from dataclasses import replace

import pytest
from editions import LIMITS
from hypothesis import given
from hypothesis import strategies as st

from flagging.register.freshness import CLOCK_TOLERANCE, Vouched, assess, relearn, since_boot

NOW = 1_770_000_000.0
HOUR, DAY = 3600.0, 86400.0
MOMENTS = st.floats(-1e7, 1e7)
STEPS = st.floats(-2 * DAY, 2 * DAY)


def vouched(age=0.0, list_age=0.0, learned_at=1000.0):
    """A heartbeat and a list as old as this, by the clock of Redis, when they were learned."""
    return Vouched(NOW - age, NOW - list_age, NOW, learned_at)


@pytest.mark.parametrize(
    ("age", "list_age", "passed", "expected"),
    [
        (0, 0, 0, (0, "current", False)),
        (31, 60, 0, (31, "current", False)),
        (0, 0, HOUR, (HOUR, "current", False)),
        (0, 0, HOUR + 1, (HOUR + 1, "stale", False)),
        (HOUR - 1, 0, 2, (HOUR + 1, "stale", False)),
        (0, 7 * DAY, 0, (0, "current", False)),
        (0, 7 * DAY, 1, (1, "stale", False)),
        (0, 0, DAY, (DAY, "stale", False)),
        (0, 0, DAY + 1, (DAY + 1, "stale", True)),
        (DAY, 0, 1, (DAY + 1, "stale", True)),
        (-CLOCK_TOLERANCE, 0, 0, (0, "current", False)),
        (-CLOCK_TOLERANCE - 1, 0, 0, (0, "stale", False)),
        (0, -CLOCK_TOLERANCE - 1, 0, (0, "stale", False)),
    ],
)
def test_state_follows_from_the_age_of_heartbeat_and_list(age, list_age, passed, expected):
    found = assess(vouched(age, list_age), LIMITS, 1000.0 + passed)
    assert (found.age_seconds, found.state, found.is_refused) == expected


@given(age=MOMENTS, list_age=MOMENTS, passed=MOMENTS)
def test_an_age_is_never_negative(age, list_age, passed):
    assert assess(vouched(age, list_age), LIMITS, 1000.0 + passed).age_seconds >= 0


@given(ahead=st.floats(CLOCK_TOLERANCE + 1, 30 * DAY), passed=st.floats(0, 60 * DAY))
def test_a_heartbeat_from_the_future_stays_stale_even_when_that_future_has_come(ahead, passed):
    assert assess(vouched(-ahead), LIMITS, 1000.0 + passed).state == "stale"


def test_a_clock_that_ran_backwards_since_is_trusted_with_nothing():
    assert assess(vouched(), LIMITS, 999.0).state == "stale"


@given(age=st.floats(0, 2 * DAY), looks=st.lists(st.tuples(st.floats(0, HOUR), STEPS), max_size=6))
def test_a_heartbeat_only_ages_however_the_clock_of_redis_is_set(age, looks):
    first = known = vouched(age)
    local = first.learned_at
    for passed, step in looks:
        before = assess(known, LIMITS, local + passed)
        local += passed
        heard = Vouched(first.checked_at, first.list_dated, NOW + (local - first.learned_at) + step, local)
        known = relearn(known, heard)
        after = assess(known, LIMITS, local)
        assert after.age_seconds >= before.age_seconds
        assert after.age_seconds >= age + (local - first.learned_at) - 1e-3
        assert not (before.state == "stale" and after.state == "current")


def test_a_machine_that_was_halted_learns_from_redis_how_long():
    known = relearn(vouched(), Vouched(NOW, NOW, NOW + 2 * HOUR, 1001.0))
    assert assess(known, LIMITS, 1001.0).age_seconds == 2 * HOUR
    assert assess(known, LIMITS, 1001.0).state == "stale"


@pytest.mark.parametrize("change", [{"checked_at": NOW + 60}, {"checked_at": NOW - 60}, {"list_dated": NOW + 60}])
def test_another_heartbeat_is_taken_as_it_is(change):
    heard = replace(vouched(), redis_now=NOW + 61, learned_at=1061.0, **change)
    assert relearn(vouched(age=0), heard) == heard


@given(behind=st.floats(0, DAY), earlier=st.floats(1, DAY), age=st.floats(0, HOUR), passed=st.floats(0, HOUR))
def test_an_earlier_heartbeat_is_not_made_fresh_by_a_redis_whose_clock_is_behind(behind, earlier, age, passed):
    known, at = vouched(age), 1000.0 + passed
    heard = Vouched(known.checked_at - earlier, known.list_dated - earlier, NOW + passed - behind, at)
    found = assess(relearn(known, heard), LIMITS, at)
    assert found.age_seconds >= age + earlier + passed - 1e-3


def test_an_earlier_heartbeat_after_one_from_the_future_goes_by_its_own_clock():
    known = vouched(age=-DAY)
    heard = Vouched(NOW, NOW, NOW + 5, 1005.0)
    assert relearn(known, heard) == heard


def test_time_since_boot_runs_on_and_is_no_wall_clock():
    first = since_boot()
    assert first <= since_boot()
    assert first < NOW
