"""The most that rivals may come to who were retrieved and not scored.

Most of those who bear one name of somebody on the register, or nearly his date of birth, are far behind him. What
they may say at most is found in a fraction of the time that scoring them takes; mostly it decides nothing.
"""

from collections.abc import Iterable
from typing import NamedTuple

from flagging.matching.bound import Bound, is_alike_twice
from flagging.matching.divided_names import may_be_divided_otherwise
from flagging.matching.odds import NOBODY_UNSCORED, Unscored, odds_of, prior_bits
from flagging.matching.whole_dates import compare_whole


class Rest(NamedTuple):
    """Rivals of whom all that is known is the most they may come to, and the rows of those who must be scored."""

    unscored: Unscored
    to_score: list[int]


def weigh_rest(bound: Bound, rows: int, scored: Iterable[int]) -> Rest:
    """Weigh a set of rows, retrieved for the one persona asked about and not by postcode, but for those scored.

    Whoever has aliases, lacks part of the name or of the date, or may bear the same words divided otherwise must be
    scored, as must everybody where the question is not whole.
    """
    left = rows
    for row in scored:
        left &= ~(1 << row)
    if not left:
        return Rest(NOBODY_UNSCORED, [])
    index, model = bound.scorer.index, bound.scorer.model
    prior = prior_bits(model, len(index))
    together = likeliest = 0.0
    to_score = []
    for alike, row in bound.each_alike(left):
        recorded = index.whole_dates[row] if bound.whole_date else 0
        name = index.records[row].identity.personas[0].name if recorded else None
        if name is None or (is_alike_twice(alike) and may_be_divided_otherwise(bound.name, name)):
            to_score.append(row)
            continue
        date = bound.asked.date_bits(compare_whole(bound.whole_date, recorded)) + prior
        for given, family in bound.orders.most_of_parts(name, alike):
            own = odds_of(given + family + date)
            twin = model.twins * odds_of(family + date + model.twins_middle_bits)
            together += own + twin + model.namesakes * odds_of(given + family + prior)
            likeliest = max(likeliest, own)
    return Rest(Unscored(together, likeliest), to_score)
