"""What many answers come to: recall, precision, false possibles, and the misses by kind of error."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from flagging.measure.asking import Answer
from flagging.terms import Outcome

Z_95 = 1.959964
"""Standard deviations of a normal distribution that hold 95 % of it."""


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """Return the share, None of nothing."""
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Figures:
    """How well people are recognised.

    Of questions about people on the register: `flagged` alone and first, `told` at all, `retrieved` by blocking. Of
    flagged answers: `precision`. Of questions about others: `false_possible`, `false_flagged`.
    """

    flagged: Share
    told: Share
    precision: Share
    retrieved: Share
    false_possible: Share
    false_flagged: Share


@dataclass(frozen=True, slots=True)
class MissesOfKind:
    """Questions about people on the register with one kind of error, and how many of them fared badly."""

    kind: str
    asked: int
    not_flagged: int
    not_told: int
    not_retrieved: int


@dataclass(frozen=True, slots=True)
class FalseOfKind:
    """Questions of one kind about people who are not on the register, and how many of them named somebody."""

    kind: str
    asked: int
    possible: int
    flagged: int


def measure(answers: Sequence[Answer]) -> Figures:
    """Return the figures of answers to labelled questions. Flagged counts as right only where the first one told is."""
    known = [answer for answer in answers if answer.query.true_id is not None]
    others = [answer for answer in answers if answer.query.true_id is None]
    flagged = [answer for answer in answers if answer.is_flagged]
    right = sum(answer.is_right_first for answer in flagged)
    return Figures(
        flagged=Share(right, len(known)),
        told=Share(sum(answer.is_told for answer in known), len(known)),
        precision=Share(right, len(flagged)),
        retrieved=Share(sum(answer.is_retrieved for answer in known), len(known)),
        false_possible=Share(sum(answer.outcome is Outcome.POSSIBLE_MATCH for answer in others), len(others)),
        false_flagged=Share(sum(answer.is_flagged for answer in others), len(others)),
    )


def misses_by_kind(answers: Iterable[Answer]) -> list[MissesOfKind]:
    """Return the misses by kind of error, most often missed first; a question of two kinds counts under both."""
    known = [answer for answer in answers if answer.query.true_id is not None]
    asked = _count_kinds(known)
    not_flagged = _count_kinds(each for each in known if not (each.is_flagged and each.is_right_first))
    not_told = _count_kinds(each for each in known if not each.is_told)
    not_retrieved = _count_kinds(each for each in known if not each.is_retrieved)
    kinds = [MissesOfKind(kind, asked[kind], not_flagged[kind], not_told[kind], not_retrieved[kind]) for kind in asked]
    return sorted(kinds, key=lambda each: (-each.not_told, -each.not_flagged, each.kind))


def false_by_kind(answers: Iterable[Answer]) -> list[FalseOfKind]:
    """Return who was named wrongly by kind of question, most often first."""
    others = [answer for answer in answers if answer.query.true_id is None]
    asked = _count_kinds(others)
    possible = _count_kinds(each for each in others if each.outcome is Outcome.POSSIBLE_MATCH)
    flagged = _count_kinds(each for each in others if each.is_flagged)
    kinds = [FalseOfKind(kind, asked[kind], possible[kind], flagged[kind]) for kind in asked]
    return sorted(kinds, key=lambda each: (-each.flagged, -each.possible, each.kind))


def interval(share: float, number: float, z: float = Z_95) -> tuple[float, float]:
    """Return the score interval of a share observed on so many (Wilson, 1927), 95 % unless `z` says otherwise."""
    spread = z**2 / number
    middle = (share + spread / 2) / (1 + spread)
    reach = z * sqrt((share * (1 - share) + spread / 4) / number) / (1 + spread)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def percentile(values: Iterable[float], share: float) -> float:
    """Return the least of the values that no more than the rest of that share exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def _count_kinds(answers: Iterable[Answer]) -> Counter[str]:
    return Counter(kind for answer in answers for kind in answer.query.kinds)
