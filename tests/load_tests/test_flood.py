"""A flood passes where it was one, and took nothing from whoever asked meanwhile."""

import pytest
from flood import MOST_MS, Slice, is_as_it_should

ALONE = (Slice(30.0, failed=0, refused=0), Slice(90.0, failed=0, refused=0), Slice(32.0, failed=0, refused=0))


def judged(*p99s, failed=0, refused=5, alone=ALONE):
    return is_as_it_should("questions", alone, [Slice(each, failed, refused) for each in p99s])


@pytest.mark.parametrize(
    "p99s",
    [(85.0, 260.0, 90.0), (MOST_MS, 40.0, 4000.0)],
    ids=["within three times that without, though it is above so many milliseconds", "within so many milliseconds"],
)
def test_the_median_over_the_rounds_is_what_passes(p99s):
    assert judged(*p99s)


def test_it_fails_above_both_however_good_a_single_round_was():
    assert not judged(93.0, 10.0, 99.0)


def test_it_fails_for_a_single_lookup_that_failed_beside_a_flood_or_without_one():
    assert not judged(10.0, 10.0, 10.0, failed=1)
    assert not judged(10.0, 10.0, 10.0, alone=(*ALONE[:2], Slice(12.0, failed=1, refused=0)))


def test_it_fails_where_nobody_was_refused_as_that_was_no_flood():
    assert not judged(10.0, 10.0, 10.0, refused=0)
