"""Bands of stated probability, reweighted: worked out by hand."""

import pytest
from answered import FLAGGED, NOBODY, POSSIBLE, answer

from flagging.measure.calibration import calibrate

# Two people on the register and four others asked about. At an expected share of 20 %, a question about somebody on
# the register weighs 0.2 / 2 = 0.1, one about somebody else 0.8 / 4 = 0.2.
ANSWERS = [
    answer("A", FLAGGED, "A", best=[("A", 0.99), ("B", 0.50)]),
    answer("B", POSSIBLE, "B", best=[("B", 0.30)]),
    answer(None, POSSIBLE, "B", best=[("B", 0.24)]),
    answer(None, NOBODY, best=[("C", 0.01)]),
    answer(None, NOBODY, best=[("C", 0.04)]),
    answer(None, NOBODY),
]


def bands(answers=ANSWERS, share=0.2):
    return {(band.lower, band.upper): band for band in calibrate(answers, share)}


def test_only_bands_with_answers_are_told_and_only_best_matches_count():
    assert [(edges, band.answers, band.right) for edges, band in bands().items()] == [
        ((0.0, 0.05), 2, 0),
        ((0.2, 0.4), 2, 1),
        ((0.95, 1.0), 1, 1),
    ]


def test_stated_and_observed_are_weighted_to_the_expected_share():
    band = bands()[0.2, 0.4]
    assert band.stated == pytest.approx((0.1 * 0.30 + 0.2 * 0.24) / 0.3)  # 0.26
    assert band.observed == pytest.approx(0.1 / 0.3)


def test_the_interval_is_wilsons_on_the_effective_number_of_answers():
    # Kish: 0.3² / (0.1² + 0.2²) = 1.8 answers. z² = 3.8415, a third observed:
    # (1/3 + 1.06708 ± 1.95996 √(0.123457 + 0.296412)) / 3.13416 = (1.40041 ± 1.27000) / 3.13416
    band = bands()[0.2, 0.4]
    assert (band.low, band.high) == pytest.approx((0.04161, 0.85203), abs=1e-4)


def test_a_wrong_best_match_is_not_right_even_where_the_right_one_comes_second():
    wrong = answer("A", POSSIBLE, "B", "A", best=[("B", 0.5), ("A", 0.45)])
    (band,) = bands([wrong, answer(None, NOBODY)]).values()
    assert (band.right, band.observed) == (0, 0.0)


@pytest.mark.parametrize(
    ("probability", "lower", "upper"),
    [(0.0, 0.0, 0.05), (0.05, 0.05, 0.2), (0.95, 0.95, 1.0), (1.0, 0.95, 1.0)],
)
def test_a_band_includes_its_lower_edge_and_the_last_one_certainty(probability, lower, upper):
    certain = answer("A", FLAGGED, "A", best=[("A", probability)])
    assert list(bands([certain, answer(None, NOBODY)])) == [(lower, upper)]


@pytest.mark.parametrize("meant", ["A", None], ids=["only people on the register", "only others"])
def test_what_was_asked_of_one_kind_only_cannot_be_reweighted(meant):
    assert calibrate([answer(meant, POSSIBLE, "A", best=[("A", 0.5)])], 0.2) == ()
