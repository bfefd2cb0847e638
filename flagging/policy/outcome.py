"""What several matches say together: one outcome, and the order they are told in."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from flagging.terms import Outcome, Status, Strength

_RANKING: Final = {
    (Strength.DEFINITE, Status.ACTIVE): (0, Outcome.FLAGGED),
    (Strength.POSSIBLE, Status.ACTIVE): (1, Outcome.POSSIBLE_MATCH),
    (Strength.DEFINITE, Status.FORMER): (2, Outcome.FORMER),
    (Strength.POSSIBLE, Status.FORMER): (3, Outcome.POSSIBLE_MATCH),
}


class Verdict(NamedTuple):
    """The outcome, the positions of the matches that count, best first, and whether the best one is a former PPO."""

    outcome: Outcome
    order: tuple[int, ...] = ()
    best_is_former: bool = False


NOBODY_FOUND: Final = Verdict(Outcome.NOT_ON_REGISTER)


def decide_outcome(matches: Sequence[tuple[Strength, Status, bool]]) -> Verdict:
    """Decide over matches given as (strength, status, whether the record's scheme counts as a flag).

    Definite active, possible active, definite former, possible former: the best decides, since a person who may be
    an active PPO matters more than one who certainly was. Within a rank the given order stays. Matches on schemes
    that do not count take no part. Says nothing about whether absence may be concluded: that is the register's.
    """
    if not matches:
        return NOBODY_FOUND
    order = sorted(
        (position for position, match in enumerate(matches) if match[2]),
        key=lambda position: _RANKING[matches[position][:2]][0],
    )
    if not order:
        return NOBODY_FOUND
    strength, status, _ = matches[order[0]]
    return Verdict(_RANKING[strength, status][1], tuple(order), status is Status.FORMER)
