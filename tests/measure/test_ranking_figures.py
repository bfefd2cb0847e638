"""Best candidates at a threshold, worked out by hand."""

import sys
from pathlib import Path

import pytest
from answered import NOBODY, answer

sys.path.insert(0, str(Path(__file__).parents[2] / "load_tests"))

from ranking import NEVER, at_threshold, best_threshold, choices, top_share

# Four people on the register and two others. At 0.9: A. At 0.8: A, B, and a stranger taken for somebody. At 0.5: also C
# taken for A. D has no candidate.
ANSWERS = [
    answer("A", NOBODY, best=[("A", 0.9), ("B", 0.2)]),
    answer("B", NOBODY, best=[("B", 0.8)]),
    answer(None, NOBODY, best=[("A", 0.8)]),
    answer("C", NOBODY, best=[("A", 0.5), ("C", 0.4)]),
    answer("D", NOBODY),
    answer(None, NOBODY),
]


@pytest.mark.parametrize(
    ("threshold", "precision", "recall", "f1"),
    [(0.9, 1.0, 1 / 4, 0.4), (0.8, 2 / 3, 2 / 4, 4 / 7), (0.5, 2 / 4, 2 / 4, 0.5), (NEVER, 1.0, 0.0, 0.0)],
)
def test_every_best_candidate_at_the_threshold_or_above_is_taken(threshold, precision, recall, f1):
    point = at_threshold(choices(ANSWERS), threshold)
    assert (point.precision, point.recall, point.f1) == pytest.approx((precision, recall, f1))


@pytest.mark.parametrize(("least_precision", "threshold"), [(None, 0.8), (0.99, 0.9), (0.6, 0.8), (0.5, 0.8)])
def test_the_threshold_is_that_of_the_best_figure(least_precision, threshold):
    assert best_threshold(choices(ANSWERS), least_precision) == threshold


def test_where_no_threshold_is_precise_enough_nobody_is_taken():
    wrong = choices([answer("A", NOBODY, best=[("B", 0.9)])])
    assert best_threshold(wrong, 0.99) == NEVER
    assert best_threshold([]) == NEVER


def test_the_top_places_hold_whoever_is_meant():
    assert [top_share(ANSWERS, places) for places in (1, 2)] == [2 / 4, 3 / 4]
