"""The most that rivals may come to who were retrieved and not scored.

Most of those who bear one name of somebody on the register, or nearly his date of birth, are far behind him. What
they may say at most is found in a fraction of the time that scoring them takes; mostly it decides nothing.
"""

from collections.abc import Iterable
from typing import NamedTuple

from flagging.identity.person import Persona
from flagging.matching.bound import LOOK_EVERY, Bound
from flagging.matching.odds import NOBODY_UNSCORED, Unscored, odds_of, prior_bits
from flagging.matching.rows import bits_of, rows_of
from flagging.matching.whole_dates import compare_whole


class Rest(NamedTuple):
    """Rivals of whom all that is known is the most they may come to, and the rows of those who must be scored."""

    unscored: Unscored
    to_score: list[int]


def weigh_rest(bound: Bound, rows: int, scored: Iterable[int]) -> Rest:
    """Weigh a set of rows, retrieved for the one persona asked about and not by postcode, but for those scored.

    Whoever lacks part of the name, or may bear the same words divided otherwise, must be scored; as must everybody
    where part of the name asked about is lacking. Raises OutOfTime once time is up.
    """
    left = rows ^ (rows & bits_of([*scored]))
    if not bound.of_name.is_whole:
        return Rest(NOBODY_UNSCORED, rows_of(left))
    index, model = bound.scorer.index, bound.scorer.model
    prior = prior_bits(model, len(index))
    together = likeliest = 0.0
    to_score = []
    for number, (row, alike) in enumerate(bound.found.each_alike(left)):
        if number % LOOK_EVERY == 0:
            bound.look()
        most = _most_of_personas(bound, index.records[row].identity.personas, row, alike)
        if most is None:
            to_score.append(row)
            continue
        for given, family, date in most:
            own = odds_of(given + family + date + prior)
            twin = odds_of(family + date + prior + model.twins_middle_bits)
            together += own + model.twins * twin + model.namesakes * odds_of(given + family + prior)
            likeliest = max(likeliest, own)
    return Rest(Unscored(together, likeliest), to_score)


def _most_of_personas(
    bound: Bound, personas: tuple[Persona, ...], row: int, alike: int
) -> list[tuple[float, float, float]] | None:
    """Return the most that given name, family name and date of birth may say of each persona, in either order of the
    name; None where only scoring tells.
    """
    recorded_date = bound.scorer.index.whole_dates[row]
    most = []
    for persona in personas:
        name = persona.name
        if name is None or not name.given or not name.family:
            return None
        if bound.of_name.is_divided_otherwise(name, alike):
            return None
        if bound.whole_date and recorded_date > 0:
            date = bound.asked.date_bits(compare_whole(bound.whole_date, recorded_date))
        else:
            date = bound.asked.compare_dates(persona, personas[0])[1] + bound.scorer.most_postcode_bits
        most += [(given, family, date) for given, family in bound.of_name.orders.most_of_parts(name, alike)]
    return most
