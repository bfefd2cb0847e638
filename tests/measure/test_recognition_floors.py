"""Floors under recognition: a change that makes the figures of docs/matching.md worse is seen here.

Compared are names and dates of birth, by the shipped configuration. The floors lie a little below the figures, by
about what chance moves them; whoever betters the figures raises the floors.
"""

from itertools import chain
from typing import NamedTuple

import pytest
from labelled_sets import at_threshold, best_threshold, choices, halves

from flagging.measure.calibration import calibrate
from flagging.measure.figures import measure


class Floors(NamedTuple):
    """The least of everything, and the most of false possibles; F1 and recall at precision 0.99 as ranked."""

    flagged: float
    told: float
    retrieved: float
    precision: float
    most_false_possible: float
    f1: float
    recall_at_p99: float


FLOORS = {
    "febrl1": Floors(0.50, 0.92, 0.98, 0.99, 0.03, 0.955, 0.92),
    "febrl3": Floors(0.52, 0.925, 0.985, 0.99, 0.01, 0.96, 0.945),
    "fake1000": Floors(0.05, 0.57, 0.82, 0.99, 0.03, 0.86, 0.56),
    "synth321": Floors(0.38, 0.985, 0.995, 0.99, 0.12, 0.98, 0.98),
    "synth5k": Floors(0.37, 0.98, 0.995, 0.99, 0.12, 0.97, 0.955),
    "realistic": Floors(0.91, 0.99, 0.995, 0.995, 0.03, 0.985, 0.98),
}
# Of those asked about, this share is on the register (the study), and between 5 % and 95 % what is observed over all
# sets lies within so much of what is stated: ten points are the aim, 40 % to 60 % misses it (docs/matching.md).
EXPECTED_SHARE, MOST_POINTS = 0.03, 0.30


@pytest.mark.parametrize("name", FLOORS)
def test_nobody_is_recognised_worse_than_the_floor(name):
    seen, floors = measure(list(chain(*halves(name)))), FLOORS[name]
    found = {what: getattr(seen, what).value for what in ("flagged", "told", "retrieved", "precision")}
    assert {what: share for what, share in found.items() if share < getattr(floors, what)} == {}


@pytest.mark.parametrize("name", FLOORS)
def test_no_more_strangers_are_taken_for_somebody_than_the_ceiling(name):
    assert measure(list(chain(*halves(name)))).false_possible.value <= FLOORS[name].most_false_possible


@pytest.mark.parametrize("name", FLOORS)
def test_candidates_are_ranked_no_worse_than_the_floor(name):
    dev, test = map(choices, halves(name))
    assert at_threshold(test, best_threshold(dev)).f1 >= FLOORS[name].f1
    assert at_threshold(test, best_threshold(dev, 0.99)).recall >= FLOORS[name].recall_at_p99


def test_stated_probabilities_hold_over_all_sets():
    answers = list(chain.from_iterable(chain(*halves(name)) for name in FLOORS))
    middle = [band for band in calibrate(answers, EXPECTED_SHARE) if band.lower >= 0.05 and band.upper <= 0.95]
    off = {(band.lower, band.upper): band.observed - band.stated for band in middle}
    assert len(middle) == 5
    assert {edges: by for edges, by in off.items() if abs(by) > MOST_POINTS} == {}
