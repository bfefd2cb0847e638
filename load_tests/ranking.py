"""How well the best matches are put in order of their probability, wherever the thresholds of an answer stand.

One decision a question: the best candidate if its probability reaches a threshold, nobody otherwise. The threshold is
chosen on other questions than those measured, so that no set is measured with what was read off itself.
Used by `match_figures.py` and by the floors in tests/measure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from flagging.measure.asking import Answer

NEVER = float("inf")
"""The threshold that no probability reaches."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The best candidate of a question: its probability, and whether it is the one who is meant; `known` says whether
    anybody on the register is.
    """

    probability: float
    is_right: bool
    known: bool


@dataclass(frozen=True, slots=True)
class Point:
    """Precision, recall and their harmonic mean (F1) of taking every best candidate at a threshold or above."""

    threshold: float
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def choices(answers: Sequence[Answer]) -> list[Choice]:
    """Return the best candidate of each answer; a question without any stands at probability -1."""
    return [
        Choice(
            answer.best[0].probability if answer.best else -1.0,
            bool(answer.best) and answer.best[0].record.ppo_ref == answer.query.true_id,
            answer.query.true_id is not None,
        )
        for answer in answers
    ]


def best_threshold(made: Sequence[Choice], least_precision: float | None = None) -> float:
    """Return the threshold of the highest F1, or of the highest recall at a precision of so much at least."""
    points = list(_points(made))
    if least_precision is None:
        return max(points, key=lambda each: each.f1).threshold if points else NEVER
    precise = [each for each in points if each.precision >= least_precision]
    return max(precise, key=lambda each: each.recall).threshold if precise else NEVER


def at_threshold(made: Sequence[Choice], threshold: float) -> Point:
    """Return what comes of taking every best candidate at the threshold or above; precision of none taken is 1."""
    taken = [each for each in made if each.probability >= threshold]
    return _point(threshold, sum(each.is_right for each in taken), len(taken), sum(each.known for each in made))


def top_share(answers: Sequence[Answer], places: int) -> float:
    """Return the share of people on the register who stand among the first so many candidates."""
    known = [answer for answer in answers if answer.query.true_id is not None]
    among = sum(answer.query.true_id in [each.record.ppo_ref for each in answer.best[:places]] for answer in known)
    return among / len(known)


def _points(made: Sequence[Choice]) -> Iterator[Point]:
    known = sum(each.known for each in made)
    ordered = sorted((each for each in made if each.probability >= 0.0), key=lambda each: -each.probability)
    right = taken = 0
    for threshold, alike in groupby(ordered, key=lambda each: each.probability):
        for each in alike:
            taken += 1
            right += each.is_right
        yield _point(threshold, right, taken, known)


def _point(threshold: float, right: int, taken: int, known: int) -> Point:
    return Point(threshold, right / taken if taken else 1.0, right / known if known else 0.0)
