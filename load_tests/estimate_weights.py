"""Estimates the weights of `config/matching.toml` from labelled people: run it, and put its output there.

`python load_tests/estimate_weights.py [DIRECTORY]`; the sets are those of `match_figures.py`. Only their development
halves are looked at, so that the other halves can judge.

m, how often the same person stands at a level, is counted between questions and the records they mean. The set with
error rates published for a national matcher says how often; those damaged on purpose say of what kind. So
m = (its count + STRENGTH x the damaged sets' mean share) / (its pairs + STRENGTH): a Dirichlet prior. Sets are made by
programs, which make only such errors as they were told to: no level is reckoned rarer than LEAST_SHARE. A level where
only some pairs can stand (an initial, part of a double name, 1 January) is counted among those pairs alone.

u, how often somebody else does, is measured on random pairs from the registers; of dates, as how many dates around the
one asked about stand at the level. Relatives: how many questions of the lifelike set are about a twin or a namesake of
somebody on the register, as life asks, for each one about somebody on it.

Not estimated, for want of sets that show them: approximate ages, partial dates, middle names that differ, identifiers,
and what relatives share besides (postcodes, and given names that go with family names).
"""

import argparse
import random
from collections import Counter
from math import log2
from pathlib import Path

from match_figures import FIELDS, ROOT, SETS, table

from flagging.configuration.matching import load_matching
from flagging.matching.dates import compare_dates
from flagging.matching.divided_names import may_be_divided_otherwise
from flagging.matching.model import UNMEASURED_NAME_LEVELS, DateLevel, NameLevel
from flagging.matching.population import Population
from flagging.matching.score import Scorer
from flagging.matching.tokens import Side
from flagging.matching.words import compare_words
from flagging.measure.people import (
    DETAIL_COLUMNS,
    LABEL_COLUMNS,
    QUERY_COLUMNS,
    REGISTER_COLUMNS,
    read_queries,
    read_register,
)

STRENGTH = 150
LEAST_SHARE = 0.002
RANDOM_PAIRS = 300_000
LIFELIKE = "realistic"
# No set has partial dates or guessed ages, nor default dates of another year.
UNSHOWN_DATE_LEVELS = frozenset(
    {
        DateLevel.PARTIAL,
        DateLevel.PARTIAL_NEAR,
        DateLevel.APPROXIMATE,
        DateLevel.APPROXIMATE_NEAR,
        DateLevel.APPROXIMATE_FAR,
        DateLevel.PLACEHOLDER_YEAR,
    }
)
# Sets of one origin share one voice.
DAMAGED = (("febrl1", "febrl3"), ("fake1000",), ("synth321", "synth5k"))
SWAPPED, DIVIDED, IN_ORDER = "swapped", "divided otherwise", "in order"
PARTS = {"given_name": Side.GIVEN, "family_name": Side.FAMILY}


def has_initial(one, other):
    return len(one[0]) == 1 or len(other[0]) == 1


def has_several(one, other):
    return len(one) > 1 or len(other) > 1


def has_first_of_january(one, other):
    return (1, 1) in {(one.month, one.day), (other.month, other.day)}


# Levels where only some pairs can stand, and which.
SPECIAL = {
    ("given_name", NameLevel.INITIAL): has_initial,
    ("given_name", NameLevel.MIDDLE): has_several,
    ("family_name", NameLevel.INITIAL): has_initial,
    ("family_name", NameLevel.PART): has_several,
    ("name", DIVIDED): may_be_divided_otherwise,
    ("date_of_birth", DateLevel.PLACEHOLDER): has_first_of_january,
}


class Counts:
    """How often true pairs stood at each level, and how many could have."""

    def __init__(self):
        self.stood, self.able = Counter(), Counter()

    def add(self, field, level, levels, asked, recorded):
        self.stood[field, level] += 1
        for each in levels:
            special = SPECIAL.get((field, each))
            if special is None or special(asked, recorded):
                self.able[field, each] += 1

    def share(self, field, level):
        able = self.able[field, level]
        return self.stood[field, level] / able if able else None


def read_set(directory, name):
    """Return the register of a set and its development half."""
    own = SETS[name]
    register = read_register(table(directory / own.register, REGISTER_COLUMNS, DETAIL_COLUMNS), FIELDS, own.people)
    asked = table(directory / own.queries, QUERY_COLUMNS, (*DETAIL_COLUMNS, *LABEL_COLUMNS))
    return register.index, read_queries(asked, FIELDS, register.index, "dev").asked


def count_levels(index, queries, model):
    """Count the levels at which each question stands to the record it means, persona by persona the best."""
    counts = Counts()
    records = {record.ppo_ref: record for record in index.records}
    for query in queries:
        if query.true_id is None:
            continue
        asked, record = query.identity.personas[0], records[query.true_id]
        pair = Scorer(query.identity, index, model).score(record).pair
        recorded = record.identity.personas[pair.persona]
        if pair.name is not None:
            order = SWAPPED if pair.name.is_swapped else DIVIDED if pair.name.is_divided_otherwise else IN_ORDER
            counts.add("name", order, (SWAPPED, DIVIDED, IN_ORDER), asked.name, recorded.name)
            given, family = asked.name.given, asked.name.family
            if pair.name.is_swapped:
                given, family = family, given
            if order is DIVIDED:
                given, family = (), ()
            if given and pair.name.given is not None:
                counts.add("given_name", pair.name.given.level, model.given_name, given, recorded.name.given)
            if family and pair.name.family is not None:
                counts.add("family_name", pair.name.family.level, model.family_name, family, recorded.name.family)
        if pair.date is not None:
            counts.add("date_of_birth", pair.date, model.date_of_birth, asked.born, recorded.born)
    return counts


def blended(field, level, counts):
    """Return m: the lifelike share, drawn towards what the damaged sets say."""
    said = [[share for name in origin if (share := counts[name].share(field, level)) is not None] for origin in DAMAGED]
    origins = [sum(shares) / len(shares) for shares in said if shares]
    prior = sum(origins) / len(origins) if origins else 0.0
    life = counts[LIFELIKE]
    return max(LEAST_SHARE, (life.stood[field, level] + STRENGTH * prior) / (life.able[field, level] + STRENGTH))


def random_pairs(indexes, rng):
    """Yield pairs of personas of different people of one register, from every register alike."""
    for index in indexes:
        for _ in range(RANDOM_PAIRS // len(indexes)):
            one, other = rng.sample(index.records, 2)
            yield index, one.identity.personas[0], other.identity.personas[0]


def measure_others(indexes, model, rng):
    """Return the shares of name levels among random pairs, and how many dates stand at each level of dates."""
    stood, expected, compared = Counter(), Counter(), Counter()
    populations = {id(index): Population(index, model.rarity) for index in indexes}
    for index, one, other in random_pairs(indexes, rng):
        for part, side in PARTS.items():
            ours, theirs = (getattr(each.name, side.name.lower(), ()) for each in (one, other))
            if ours and theirs:
                compared[part] += 1
                stood[part, compare_words(ours[0], theirs[0], side)] += 1
        if one.born is not None and other.born is not None:
            stood["date_of_birth", compare_dates(one.born, other.born)] += 1
            expected["date_of_birth"] += populations[id(index)].years_share(one.born)
    shares = {key: stood[key] / compared[key[0]] for key in stood if key[0] in PARTS}
    years = {level: stood["date_of_birth", level] / expected["date_of_birth"] for level in DateLevel}
    return shares, years


def relatives(queries, expected_share):
    """Return how often, in life, twins and namesakes are asked about for each question about somebody known."""
    others = [query.kinds for query in queries if query.true_id is None]
    odds = (1 - expected_share) / expected_share / len(others)
    return {kind: odds * sum(kind in kinds for kinds in others) for kind in ("neg_twin", "neg_namesake")}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", nargs="?", type=Path, default=ROOT / "tests" / "measure" / "sets")
    directory = parser.parse_args().directory
    model = load_matching(ROOT / "config" / "matching.toml")
    sets = {name: read_set(directory, name) for name in SETS}
    counts = {name: count_levels(index, queries, model) for name, (index, queries) in sets.items()}
    shares, years = measure_others([index for index, _ in sets.values()], model, random.Random(1))
    twins, namesakes = relatives(sets[LIFELIKE][1], model.expected_share).values()
    print(f"[decision]\ntwins = {twins:.2f}\nnamesakes = {namesakes:.2f}")
    swapped = blended("name", SWAPPED, counts)
    divided = blended("name", DIVIDED, counts)
    print(f"[name]\nswapped_bits = {log2(swapped / (1 - swapped)):.1f}")
    print(f"divided_bits = {log2(divided / (1 - divided)):.1f}")
    for part, levels in (("given_name", model.given_name), ("family_name", model.family_name)):
        print(f"[{part}]")
        for level in levels:
            other = f", u = {shares[part, level]:.5f}" if level in UNMEASURED_NAME_LEVELS else ""
            print(f"{level} = {{ m = {blended(part, level, counts):.4f}{other} }}")
    print("[date_of_birth]")
    for level in (each for each in model.date_of_birth if each not in UNSHOWN_DATE_LEVELS):
        around = f", years = {years[level]:.2f}, or dates = {365.25 * years[level]:.1f}"
        print(f"{level} = {{ m = {blended('date_of_birth', level, counts):.4f}{around} }}")


if __name__ == "__main__":
    main()
