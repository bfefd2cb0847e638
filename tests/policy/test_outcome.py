from itertools import permutations

import pytest

from flagging.policy.outcome import decide_outcome
from flagging.terms import Outcome, Status, Strength

DEFINITE_ACTIVE = (Strength.DEFINITE, Status.ACTIVE, True)
POSSIBLE_ACTIVE = (Strength.POSSIBLE, Status.ACTIVE, True)
DEFINITE_FORMER = (Strength.DEFINITE, Status.FORMER, True)
POSSIBLE_FORMER = (Strength.POSSIBLE, Status.FORMER, True)
RANKING = [DEFINITE_ACTIVE, POSSIBLE_ACTIVE, DEFINITE_FORMER, POSSIBLE_FORMER]
OTHER_SCHEME = (Strength.DEFINITE, Status.ACTIVE, False)


@pytest.mark.parametrize(
    ("matches", "outcome", "best_is_former"),
    [
        ([], Outcome.NOT_ON_REGISTER, False),
        ([DEFINITE_ACTIVE], Outcome.FLAGGED, False),
        ([POSSIBLE_ACTIVE], Outcome.POSSIBLE_MATCH, False),
        ([DEFINITE_FORMER], Outcome.FORMER, True),
        ([POSSIBLE_FORMER], Outcome.POSSIBLE_MATCH, True),
        ([DEFINITE_FORMER, DEFINITE_ACTIVE], Outcome.FLAGGED, False),
        ([DEFINITE_FORMER, POSSIBLE_ACTIVE], Outcome.POSSIBLE_MATCH, False),
        ([POSSIBLE_FORMER, DEFINITE_FORMER], Outcome.FORMER, True),
        ([OTHER_SCHEME], Outcome.NOT_ON_REGISTER, False),
        ([OTHER_SCHEME, POSSIBLE_FORMER], Outcome.POSSIBLE_MATCH, True),
    ],
)
def test_the_best_match_decides(matches, outcome, best_is_former):
    verdict = decide_outcome(matches)
    assert (verdict.outcome, verdict.best_is_former) == (outcome, best_is_former)


@pytest.mark.parametrize("matches", list(permutations(RANKING)))
def test_matches_are_told_best_first_in_whatever_order_they_came(matches):
    assert [matches[position] for position in decide_outcome(matches).order] == RANKING


def test_matches_of_one_rank_keep_their_order():
    assert decide_outcome([POSSIBLE_ACTIVE, POSSIBLE_ACTIVE, DEFINITE_ACTIVE]).order == (2, 0, 1)


def test_a_scheme_that_is_no_flag_is_left_out_of_the_order():
    assert decide_outcome([OTHER_SCHEME, POSSIBLE_ACTIVE]).order == (1,)
