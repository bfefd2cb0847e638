"""Every figure worked out by hand on a few answers."""

import pytest
from answered import FLAGGED, NOBODY, POSSIBLE, answer

from flagging.measure.figures import (
    FalseOfKind,
    MissesOfKind,
    Share,
    false_by_kind,
    interval,
    measure,
    misses_by_kind,
    percentile,
)

ANSWERS = [
    answer("A", FLAGGED, "A", kinds="exact"),
    answer("B", FLAGGED, "B", "C", kinds="swap"),
    answer("C", FLAGGED, "B", "C", kinds="swap typo"),  # somebody else is flagged, the right one is told behind
    answer("D", FLAGGED, "A", kinds="twin"),  # somebody else is flagged, the right one is not told
    answer("E", POSSIBLE, "B", "E", kinds="typo"),
    answer("F", NOBODY, kinds="typo"),
    answer("G", NOBODY, kinds="lost", retrieved=False),
    answer(None, FLAGGED, "A", kinds="neg_twin"),
    answer(None, POSSIBLE, "A", "B", kinds="neg_twin"),
    answer(None, NOBODY, kinds="neg_stranger"),
    answer(None, NOBODY, kinds="neg_stranger"),
]


@pytest.mark.parametrize(
    ("figure", "part", "whole"),
    [
        ("flagged", 2, 7),  # A, B
        ("told", 4, 7),  # A, B, C, E
        ("precision", 2, 5),  # right: A, B; wrong: those for C, for D and for a stranger
        ("retrieved", 6, 7),  # all but G
        ("false_possible", 1, 4),
        ("false_flagged", 1, 4),
    ],
)
def test_each_figure_counts_what_it_says(figure, part, whole):
    assert getattr(measure(ANSWERS), figure) == Share(part, whole)


def test_misses_are_told_by_kind_of_error_the_most_often_missed_first():
    assert misses_by_kind(ANSWERS) == [
        MissesOfKind("typo", asked=3, not_flagged=3, not_told=1, not_retrieved=0),
        MissesOfKind("lost", asked=1, not_flagged=1, not_told=1, not_retrieved=1),
        MissesOfKind("twin", asked=1, not_flagged=1, not_told=1, not_retrieved=0),
        MissesOfKind("swap", asked=2, not_flagged=1, not_told=0, not_retrieved=0),
        MissesOfKind("exact", asked=1, not_flagged=0, not_told=0, not_retrieved=0),
    ]


def test_whom_strangers_are_taken_for_is_told_by_kind():
    assert false_by_kind(ANSWERS) == [FalseOfKind("neg_twin", 2, 1, 1), FalseOfKind("neg_stranger", 2, 0, 0)]


def test_a_share_of_nothing_is_no_share():
    assert Share(0, 0).value is None
    assert measure([]).told.value is None


@pytest.mark.parametrize(
    ("share", "number", "low", "high"),
    [
        # z² = 3.8415. 9 of 10: (0.9 + 0.19207 ± 1.95996 √(0.009 + 0.0096036)) / 1.38415
        pytest.param(0.9, 10, 0.59585, 0.98212, id="nine of ten"),
        # (0.5 + 0.96036 ± 1.95996 √(0.125 + 0.24009)) / 2.92073 for half of two
        pytest.param(0.5, 2, 0.09453, 0.90547, id="one of two"),
        # none of n: from nought to z² / (n + z²)
        pytest.param(0.0, 100, 0.0, 3.8415 / 103.8415, id="none of a hundred"),
        pytest.param(1.0, 100, 100 / 103.8415, 1.0, id="all of a hundred"),
    ],
)
def test_the_interval_is_that_of_wilson(share, number, low, high):
    assert interval(share, number) == pytest.approx((low, high), abs=1e-4)


@pytest.mark.parametrize(
    ("share", "value"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.0, 1)], ids=["median", "p99", "most", "least"]
)
def test_percentiles_are_values_that_occurred(share, value):
    assert percentile(range(100, 0, -1), share) == value


def test_the_percentile_of_one_value_is_that_value():
    assert percentile([7.0], 0.99) == percentile([7.0], 0.5) == 7.0
