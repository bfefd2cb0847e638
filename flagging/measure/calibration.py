"""Do stated probabilities hold: in each band, how often is the best match the person who is meant?

Labelled sets ask about people on the register far more often than life does, so answers are weighted until the share
of such questions is the one the model expects.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from flagging.measure.asking import Answer
from flagging.measure.figures import interval

EDGES = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0)
"""Bands of stated probability: each from its lower edge up to its upper one, which only the last includes."""


@dataclass(frozen=True, slots=True)
class Band:
    """Answers whose best match was stated within the band, `right` of them rightly.

    `stated` and `observed` are weighted means; `low` and `high` the 95 % interval of `observed`.
    """

    lower: float
    upper: float
    answers: int
    right: int
    stated: float
    observed: float
    low: float
    high: float


def calibrate(answers: Sequence[Answer], expected_share: float) -> tuple[Band, ...]:
    """Return the bands that have answers; none where only people on the register, or only others, were asked about.

    The interval is Wilson's on the effective number of answers, (sum of weights)² / sum of squares (Kish, 1965).
    """
    known = sum(answer.query.true_id is not None for answer in answers)
    others = len(answers) - known
    if not known or not others:
        return ()
    weights = {True: expected_share / known, False: (1 - expected_share) / others}
    stated = [answer for answer in answers if answer.best]
    bands = []
    for lower, upper in pairwise(EDGES):
        within = [each for each in stated if lower <= each.best[0].probability < upper or _is_certain(each, upper)]
        if within:
            bands.append(_band(lower, upper, within, [weights[each.query.true_id is not None] for each in within]))
    return tuple(bands)


def _is_certain(answer: Answer, upper: float) -> bool:
    return answer.best[0].probability >= upper == EDGES[-1]


def _band(lower: float, upper: float, answers: Sequence[Answer], weights: Sequence[float]) -> Band:
    total = sum(weights)
    is_right = [answer.best[0].record.ppo_ref == answer.query.true_id for answer in answers]
    stated = [answer.best[0].probability for answer in answers]
    observed = sum(weight for weight, right in zip(weights, is_right, strict=True) if right) / total
    low, high = interval(observed, total**2 / sum(weight**2 for weight in weights))
    mean = sum(weight * each for weight, each in zip(weights, stated, strict=True)) / total
    return Band(lower, upper, len(answers), sum(is_right), mean, observed, low, high)
