"""Turns that are within others take one of those too, and give both back."""

import pytest

from flagging.turns import Turns


class Refused(Exception):
    pass


def test_turns_within_others_come_to_no_more_than_those():
    all_of_them = Turns(3)
    some, others = Turns(2, all_of_them), Turns(2, all_of_them)
    with some.taken(Refused()), some.taken(Refused()), others.taken(Refused()):
        for turns in (some, others, all_of_them):
            with pytest.raises(Refused), turns.taken(Refused()):
                pass
    with others.taken(Refused()), others.taken(Refused()), some.taken(Refused()):
        pass


def test_a_turn_that_ends_in_an_error_comes_back():
    turns = Turns(1, Turns(1))
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), turns.taken(Refused()):
            1 / 0  # noqa: B018
