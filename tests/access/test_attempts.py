"""An attempt to sign in is given back where it was counted, and nowhere else."""

import pytest
from editions import KEYRING

from flagging.access.attempts import ATTEMPTS, MOST, WINDOW, Attempts
from flagging.access.reach import Reach
from flagging.errors import TooManyRequests

ADDRESS = "192.0.2.7"


class Time:
    """Stands until it is moved."""

    def __init__(self) -> None:
        self.now = 899.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Time()


@pytest.fixture
def reach():
    return Reach()


@pytest.fixture
def attempts(redis_client, reach, clock):
    return Attempts(redis_client, KEYRING, reach, clock)


def counts(redis_client):
    return sorted(int(redis_client.get(key)) for key in redis_client.keys(f"{ATTEMPTS}*"))


def until_refused(attempts, account, most=200):
    """Return how many attempts were let through."""
    for number in range(most):
        try:
            attempts.spend(account(number), ADDRESS)
        except TooManyRequests:
            return number
    return None


ACCOUNTS = pytest.mark.parametrize("account", ["custody", None], ids=["with a password", "coming back"])


@ACCOUNTS
def test_what_is_given_back_leaves_nothing_behind(account, attempts, redis_client):
    attempts.give_back(attempts.spend(account, ADDRESS))
    assert not any(counts(redis_client))
    assert not any(attempts._counted.values())


@ACCOUNTS
def test_an_attempt_is_given_back_to_the_window_in_which_it_was_counted(account, attempts, redis_client, clock):
    counted = attempts.spend(account, ADDRESS)
    clock.now += 4
    assert clock.now > WINDOW
    attempts.give_back(counted)
    assert not any(counts(redis_client))
    assert not any(attempts._counted.values())


@ACCOUNTS
def test_what_redis_did_not_count_is_not_taken_from_it(account, attempts, redis_client, reach):
    reach.lose()
    counted = attempts.spend(account, ADDRESS)
    reach.find()
    attempts.give_back(counted)
    assert counts(redis_client) == []
    assert not any(attempts._counted.values())


def test_earlier_slips_are_forgiven_also_where_redis_missed_the_attempt_that_succeeded(attempts, redis_client, reach):
    attempts.spend("custody", ADDRESS)
    reach.lose()
    counted = attempts.spend("custody", ADDRESS)
    reach.find()
    attempts.give_back(counted)
    assert counts(redis_client) == [1, 1], "the slip counts for its account and for its address still"


def test_passwords_and_coming_back_count_apart_and_up_to_the_same_limit(attempts):
    assert until_refused(attempts, lambda number: f"name-{number}") == MOST["address"]
    assert until_refused(attempts, lambda _: None) == MOST["back"] == MOST["address"]


def test_coming_back_uses_up_no_attempt_with_a_password(attempts):
    assert until_refused(attempts, lambda _: None) == MOST["back"]
    assert until_refused(attempts, lambda number: f"name-{number}") == MOST["address"]


def test_no_counter_of_coming_back_is_one_of_passwords_beside_an_older_version(attempts):
    """Versions before counted coming back with passwords, by address: that key stays one of passwords."""
    assert not set(attempts._keys(None, ADDRESS, 0)) & set(attempts._keys("custody", ADDRESS, 0))
    assert not set(attempts._keys(None, ADDRESS, 0)) & set(attempts._keys("", ADDRESS, 0))
    address = f"{ATTEMPTS}0:{KEYRING.digests(f'address {ADDRESS}')[0]}"
    assert address in attempts._keys("custody", ADDRESS, 0)
