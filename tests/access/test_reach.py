"""Nobody waits twice for a Redis that hangs: not the next one, nor everybody at once when the moment is over."""

import pytest

from flagging.access.reach import MOMENT, Reach
from flagging.errors import StoreUnreachable


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
