"""The most that rivals may come to who were retrieved and not scored.

Most of those who bear one name of somebody on the register, or nearly his date of birth, are far behind him. What
they may say at most is found in a fraction of the time that scoring them takes; mostly it decides nothing.
"""

from collections.abc import Iterable
from typing import Final

from flagging.matching.bound import LOOK_EVERY, Bound
from flagging.matching.odds import Unscored, odds_of, prior_bits
from flagging.matching.rows import bits_of, rows_of
from flagging.matching.whole_dates import compare_whole


class Rival:
    """Somebody who was not scored: the most he adds to the odds, with his relatives and alone, and his row."""

    __slots__ = ("alone", "row", "together")

    def __init__(self, together: float, alone: float, row: int) -> None:
        self.together: Final = together
        self.alone: Final = alone
        self.row: Final = row


def sum_up(rivals: Iterable[Rival]) -> Unscored:
    """Return what rivals come to at most, all of them and the likeliest."""
    together = alone = 0.0
    for each in rivals:
        together += each.together
        alone = max(alone, each.alone)
    return Unscored(together, alone)


def weigh_rest(bound: Bound, rows: int, scored: Iterable[int]) -> tuple[list[Rival], list[int]]:
    """Weigh a set of rows, retrieved for the one persona asked about and not by postcode, but for those scored. Return
    the rivals, and the rows of those who must be scored.

    Whoever lacks part of the name, or may bear the same words divided otherwise, must be scored; as must everybody
    where part of the name asked about is lacking. Raises OutOfTime once time is up.
    """
    left = rows ^ (rows & bits_of([*scored]))
    if not bound.of_name.is_whole:
        return [], rows_of(left)
    # Few words are alike in few ways, and dates stand at few levels: what rivals share is reckoned once.
    known: dict[tuple[int, float], tuple[float, float]] = {}
    rivals, to_score = [], []
    for number, (row, alike) in enumerate(bound.found.each_alike(left)):
        if number % LOOK_EVERY == 0:
            bound.look()
        dates = _bits_of_dates(bound, row, alike)
        if dates is None:
            to_score.append(row)
            continue
        together = alone = 0.0
        for date in dates:
            most = known.get((alike, date))
            if most is None:
                most = known[alike, date] = _most(bound, alike, date)
            together += most[0]
            alone = max(alone, most[1])
        rivals.append(Rival(together, alone, row))
    return rivals, to_score


def _bits_of_dates(bound: Bound, row: int, alike: int) -> list[float] | None:
    """Return the most that the date of birth of each persona may say; None where only scoring tells."""
    index = bound.scorer.index
    personas = index.records[row].identity.personas
    for persona in personas:
        name = persona.name
        if name is None or not name.given or not name.family or bound.of_name.is_divided_otherwise(name, alike):
            return None
    recorded = index.whole_dates[row]
    if bound.whole_date and recorded > 0:
        return [bound.asked.date_bits(compare_whole(bound.whole_date, recorded))]
    most_postcode_bits = bound.scorer.most_postcode_bits
    return [bound.asked.compare_dates(persona, personas[0])[1] + most_postcode_bits for persona in personas]


def _most(bound: Bound, alike: int, date: float) -> tuple[float, float]:
    """Return the most that somebody adds to the odds, with his relatives and alone, whose name is alike in these parts
    and whose date says so many bits. Either order of the name counts, as only one of them can.
    """
    model = bound.scorer.model
    prior = prior_bits(model, len(bound.scorer.index))
    together = alone = 0.0
    for given, family in bound.of_name.orders.most_of_parts(alike):
        own = odds_of(given + family + date + prior)
        twin = odds_of(family + date + prior + model.twins_middle_bits)
        together += own + model.twins * twin + model.namesakes * odds_of(given + family + prior)
        alone = max(alone, own)
    return together, alone
