"""Nobody waits twice for a Redis that hangs: not the next one, nor everybody at once when the moment is over."""

import pytest
from editions import KEYRING
from redis.exceptions import BusyLoadingError, ReadOnlyError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from flagging.access.attempts import ATTEMPTS, Attempts
from flagging.access.drafts import Drafts
from flagging.access.person import Person
from flagging.access.reach import MOMENT, Reach
from flagging.access.sessions import Sessions
from flagging.errors import StoreUnreachable
from flagging.terms import Role
from flagging.web.kept_answers import KeptAnswers

PERSON = Person("pat.example", Role.CUSTODY, "local", "pat.example")


class Time:
    now = 1000.0


def is_waited_for(reach):
    try:
        reach.expect()
    except StoreUnreachable:
        return False
    return True


@pytest.fixture
def reach():
    return Reach(lambda: Time.now)


def test_as_long_as_it_answers_everybody_asks_it(reach):
    assert [is_waited_for(reach) for _ in range(3)] == [True] * 3


def test_when_it_has_not_answered_one_asks_again_a_moment_later_for_all(reach, monkeypatch):
    reach.lose()
    assert not is_waited_for(reach)
    monkeypatch.setattr(Time, "now", Time.now + MOMENT)
    assert [is_waited_for(reach) for _ in range(3)] == [True, False, False]


def test_once_it_has_answered_again_everybody_asks_it(reach, monkeypatch):
    reach.lose()
    monkeypatch.setattr(Time, "now", Time.now + MOMENT)
    assert is_waited_for(reach)
    reach.find()
    assert [is_waited_for(reach) for _ in range(3)] == [True] * 3


def test_one_who_never_says_what_he_found_keeps_the_others_from_it_for_a_moment_only(reach, monkeypatch):
    reach.lose()
    for _ in range(3):
        monkeypatch.setattr(Time, "now", Time.now + MOMENT)
        assert [is_waited_for(reach) for _ in range(2)] == [True, False]


@pytest.mark.parametrize("fault", [RedisTimeoutError, RedisConnectionError, BusyLoadingError])
def test_whoever_asks_in_vain_is_told_so_and_the_next_one_does_not_wait(reach, fault):
    with pytest.raises(StoreUnreachable, match=fault.__name__), reach.asking():
        raise fault("a secret in it")
    with pytest.raises(StoreUnreachable, match="a moment ago"), reach.asking():
        pytest.fail("asked although it did not answer a moment ago")


def test_one_that_refuses_has_answered(reach, monkeypatch):
    reach.lose()
    monkeypatch.setattr(Time, "now", Time.now + MOMENT)
    with pytest.raises(StoreUnreachable, match="ReadOnlyError"), reach.asking():
        raise ReadOnlyError("READONLY")
    assert is_waited_for(reach)


def test_whoever_asks_and_is_answered_finds_it_for_all(reach, monkeypatch):
    reach.lose()
    monkeypatch.setattr(Time, "now", Time.now + MOMENT)
    with reach.asking():
        assert not is_waited_for(reach)
    assert [is_waited_for(reach) for _ in range(2)] == [True, True]


def test_all_that_pages_keep_shares_one(redis_client):
    """A page asks for several things: only the first waits for a Redis that hangs."""
    reach = Reach(lambda: Time.now)
    sessions = Sessions(redis_client, KEYRING, 60, 600, reach=reach)
    attempts, drafts = Attempts(redis_client, KEYRING, reach), Drafts(redis_client, KEYRING, reach)
    answers = KeptAnswers(redis_client, KEYRING, reach)
    session = sessions.begin(PERSON, {})
    reach.lose()
    with pytest.raises(StoreUnreachable, match="a moment ago"):
        sessions.save(session)
    assert not drafts.keep("digest", "check", {})
    assert not answers.keep(session, {"an answer": {}})
    attempts.give_back(attempts.spend("somebody", "198.51.100.7"))
    reach.find()
    assert drafts.find("digest", "check") == {}
    assert not redis_client.keys(f"{ATTEMPTS}*")
    assert sessions.find(session.session_id, sessions.digest_of(PERSON)) is not None
