"""How often a caller may ask: each on its own, all of a batch or nothing, and when to come back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flagging.access.rate_limit import RateLimiter
from flagging.errors import TooManyRequests
from flagging.setting_values import Rate


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def limiter(clock):
    return RateLimiter(Rate(10, 1), clock)


def spent(limiter, caller_id="a", cost=1):
    """Return None if the caller may ask, else after how many seconds it may."""
    try:
        limiter.spend(caller_id, cost)
    except TooManyRequests as error:
        return error.retry_after
    return None


def test_a_caller_may_ask_as_often_as_its_rate_says_and_no_oftener(limiter):
    assert [spent(limiter) for _ in range(11)] == [None] * 10 + [1]


def test_another_caller_is_not_affected(limiter):
    limiter.spend("a", 10)
    assert spent(limiter, "a") == 1
    assert spent(limiter, "b", 10) is None


def test_what_is_spent_comes_back_with_time_and_no_more_than_that(limiter, clock):
    limiter.spend("a", 10)
    clock.now += 0.25
    assert [spent(limiter) for _ in range(3)] == [None, None, 1]
    clock.now += 1000
    assert [spent(limiter) for _ in range(11)] == [None] * 10 + [1]


def test_a_refusal_costs_nothing(limiter, clock):
    limiter.spend("a", 10)
    for _ in range(100):
        assert spent(limiter) == 1
    clock.now += 0.1
    assert spent(limiter) is None


def test_a_batch_is_let_through_whole_or_not_at_all(limiter):
    limiter.spend("a", 4)
    assert spent(limiter, cost=7) == 1
    assert spent(limiter, cost=6) is None
    assert spent(limiter) == 1


def test_the_time_to_wait_is_enough(clock):
    limiter = RateLimiter(Rate(6, 60), clock)
    limiter.spend("a", 6)
    wait = spent(limiter, cost=3)
    assert wait == 30
    clock.now += wait
    assert spent(limiter, cost=3) is None


def test_a_batch_above_the_whole_allowance_passes_once_and_is_paid_for_afterwards(limiter, clock):
    assert spent(limiter, cost=100) is None
    assert spent(limiter) == 10
    clock.now += 9
    assert spent(limiter) is not None
    clock.now += 0.5
    assert spent(limiter) is None
    assert spent(limiter, cost=100) is not None  # a full allowance is needed for that


@given(
    rate=st.builds(Rate, st.integers(1, 50), st.sampled_from([1, 60])),
    asked=st.lists(st.tuples(st.integers(1, 60), st.integers(0, 100)), max_size=40),
)
def test_nobody_ever_gets_more_than_one_allowance_and_what_time_brings(rate, asked):
    clock = Clock()
    limiter = RateLimiter(rate, clock)
    passed, dearest = 0, 0
    for cost, pause in asked:
        clock.now += pause / 10
        if spent(limiter, cost=cost) is None:
            passed += cost
            dearest = max(dearest, cost)
    earned = rate.count + (clock.now - 1000) * rate.count / rate.seconds
    assert passed <= earned + max(0, dearest - rate.count) + 1e-6


@given(
    rate=st.builds(Rate, st.integers(1, 50), st.sampled_from([1, 60])),
    spends=st.lists(st.integers(1, 60), min_size=1, max_size=20),
)
def test_whoever_waits_as_long_as_told_is_let_through(rate, spends):
    clock = Clock()
    limiter = RateLimiter(rate, clock)
    for cost in spends:
        wait = spent(limiter, cost=cost)
        if wait is not None:
            clock.now += wait
            assert spent(limiter, cost=cost) is None


def test_what_a_request_cost_besides_is_paid_for_by_waiting_and_by_nobody_else(limiter, clock):
    limiter.spend("a")
    limiter.charge("a", 19)
    assert spent(limiter, "a") == 2
    assert spent(limiter, "b", 10) is None
    clock.now += 1.1
    assert spent(limiter, "a") is None


def test_nobody_comes_to_owe_more_than_ten_seconds_by_what_was_costly(limiter, clock):
    limiter.charge("a", 1_000_000)
    assert spent(limiter) == 11
    clock.now += 10.1
    assert spent(limiter) is None


def test_somebody_is_short_who_has_used_up_more_than_half_until_it_is_back(limiter, clock):
    assert not limiter.is_short("a")
    limiter.spend("a", 5)
    assert not limiter.is_short("a")
    limiter.spend("a")
    assert limiter.is_short("a")
    assert not limiter.is_short("b")
    clock.now += 1
    assert not limiter.is_short("a")


def test_what_somebody_owes_for_a_large_batch_is_not_forgiven_by_a_charge(limiter):
    limiter.spend("a", 150)
    limiter.charge("a", 5)
    assert spent(limiter) == 15


@pytest.mark.interpreted
def test_whoever_owes_is_not_rid_of_it_by_as_many_names_as_one_likes(monkeypatch, limiter, clock):
    monkeypatch.setattr("flagging.access.rate_limit.MOST_BUCKETS", 100)
    limiter.charge("a", 1000)
    for number in range(1000):
        clock.now += 0.005
        limiter.spend(f"another-{number}")
        assert len(limiter._left) <= 101
    assert spent(limiter) == 6
