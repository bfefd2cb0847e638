"""Do all groups of people fare alike: each one's share beside that of all the others, and is that more than noise?"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from flagging.measure.asking import Answer
from flagging.measure.figures import Figures, Share, interval, measure

_MISTAKEN = 0.05
"""How often at most, where all groups fare alike, any of them is said to differ."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A group's share of something, that of all other groups together, and the interval of the difference.

    With nothing to compare, the interval is from -1 to 1.
    """

    group: str
    share: Share
    others: Share
    low: float
    high: float

    @property
    def differs(self) -> bool:
        """Tell whether the difference is more than noise: its interval leaves out nought."""
        return self.low > 0 or self.high < 0


def standings(answers: Sequence[Answer], share_of: Callable[[Figures], Share]) -> list[Standing]:
    """Return how every group stands in one figure, in alphabetical order.

    The interval is widened so that all of them hold together (Bonferroni).
    """
    by_group: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        by_group[answer.query.group].append(answer)
    shares = {group: share_of(measure(own)) for group, own in sorted(by_group.items())}
    z = NormalDist().inv_cdf(1 - _MISTAKEN / (2 * len(shares)))
    part, whole = (sum(getattr(each, side) for each in shares.values()) for side in ("part", "whole"))
    found = []
    for group, share in shares.items():
        others = Share(part - share.part, whole - share.whole)
        found.append(Standing(group, share, others, *difference(share, others, z)))
    return found


def difference(one: Share, other: Share, z: float) -> tuple[float, float]:
    """Return the interval of one share less another, by the score intervals of both (Newcombe, 1998, method 10)."""
    if one.value is None or other.value is None:
        return -1.0, 1.0
    low, high = interval(one.value, one.whole, z)
    other_low, other_high = interval(other.value, other.whole, z)
    between = one.value - other.value
    return (
        between - sqrt((one.value - low) ** 2 + (other_high - other.value) ** 2),
        between + sqrt((high - one.value) ** 2 + (other.value - other_low) ** 2),
    )
