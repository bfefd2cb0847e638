"""Groups beside each other: what a difference has to be for it to be more than noise."""

from dataclasses import replace

import pytest
from answered import FLAGGED, NOBODY, answer

from flagging.measure.figures import Share
from flagging.measure.groups import difference, standings


def of_group(group, told, missed):
    right = [answer("A", FLAGGED, "A")] * told
    wrong = [answer("A", NOBODY)] * missed
    return [replace(each, query=replace(each.query, group=group)) for each in right + wrong]


def told(figures):
    return figures.told


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        # Newcombe, Statistics in Medicine 17 (1998), table II, method 10, examples a, d and g.
        pytest.param(Share(56, 70), Share(48, 80), 0.0524, 0.3339, id="56 of 70, 48 of 80"),
        pytest.param(Share(5, 56), Share(0, 29), -0.0381, 0.1926, id="5 of 56, none of 29"),
        pytest.param(Share(10, 10), Share(0, 20), 0.6791, 1.0, id="all of 10, none of 20"),
    ],
)
def test_the_interval_of_a_difference_is_that_of_newcombe(one, other, low, high):
    assert difference(one, other, 1.96) == pytest.approx((low, high), abs=1e-4)
    assert difference(other, one, 1.96) == pytest.approx((-high, -low), abs=1e-4)


def test_nothing_to_compare_may_be_any_difference():
    assert difference(Share(0, 0), Share(1, 2), 1.96) == (-1.0, 1.0)


def test_every_group_stands_beside_all_the_others_together():
    answers = of_group("b", 3, 1) + of_group("a", 1, 1) + of_group("", 2, 0)
    found = {each.group: (each.share, each.others) for each in standings(answers, told)}
    assert list(found) == ["", "a", "b"]
    assert found["a"] == (Share(1, 2), Share(5, 6))


def test_a_group_differs_where_chance_would_hardly_explain_it():
    answers = of_group("a", 80, 20) + of_group("b", 98, 2) + of_group("c", 95, 5)
    assert {each.group: each.differs for each in standings(answers, told)} == {"a": True, "b": True, "c": False}
    (low, high) = next((each.low, each.high) for each in standings(answers, told) if each.group == "a")
    assert low < 0.80 - 0.965 < high < 0


def test_the_more_groups_the_more_it_takes_to_differ():
    """97 of 100 beside 88 of 100 is more than noise among two groups, but not among twenty."""
    two = of_group("a", 88, 12) + of_group("b", 97, 3)
    assert [each.differs for each in standings(two, told)] == [True, True]
    twenty = two + [each for number in range(18) for each in of_group(f"c{number}", 19, 1)]
    assert not any(each.differs for each in standings(twenty, told))


def test_one_group_alone_differs_from_nobody():
    assert [each.differs for each in standings(of_group("a", 3, 1), told)] == [False]
