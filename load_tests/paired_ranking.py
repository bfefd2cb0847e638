"""Compares two matchers of the person-matching benchmark on the same people: `python load_tests/paired_ranking.py A B`.

A and B are files of predictions of one set that `bench.py --preds DIRECTORY` wrote. Prints F1 and recall at precision
0.99 of both, and the difference with its 95 % bootstrap interval: both matchers answer about the same people drawn,
so what makes a set easy or hard for either falls out. Thresholds are chosen on the development half of each draw.
"""

import argparse
import csv
import random
from collections import defaultdict
from itertools import chain
from pathlib import Path

from ranking import Choice, at_threshold, best_threshold

RESAMPLES = 400
FIGURES = ("F1", "recall at precision 0.99")


def choices(path):
    """Return the best candidate of each question by its qid, and the questions about each person by half."""
    made, about = {}, {"dev": defaultdict(list), "test": defaultdict(list)}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            is_right = bool(row["true_id"]) and row["top"] == row["true_id"]
            made[row["qid"]] = Choice(float(row["score"] or "-inf"), is_right, bool(row["true_id"]))
            about[row["split"]][row["true_id"] or row["qid"]].append(row["qid"])
    # Scores may be of any scale; what was never found stands below all others, at -1.
    places = {score: place for place, score in enumerate(sorted({each.probability for each in made.values()}))}
    least = 1 if float("-inf") in places else 0
    return {
        qid: Choice(float(places[each.probability] - least), each.is_right, each.known) for qid, each in made.items()
    }, {half: list(people.values()) for half, people in about.items()}


def figures(made, asked):
    dev, test = ([made[qid] for qid in asked[half]] for half in ("dev", "test"))
    return (
        at_threshold(test, best_threshold(dev)).f1,
        at_threshold(test, best_threshold(dev, 0.99)).recall,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("one", type=Path)
    parser.add_argument("other", type=Path)
    chosen = parser.parse_args()
    (ours, about), (theirs, _) = choices(chosen.one), choices(chosen.other)
    if set(ours) != set(theirs):
        parser.error("the two files answer different questions")
    rng = random.Random(1)
    drawn = []
    for _ in range(RESAMPLES):
        asked = {half: [*chain.from_iterable(rng.choices(people, k=len(people)))] for half, people in about.items()}
        drawn.append([one - other for one, other in zip(figures(ours, asked), figures(theirs, asked), strict=True)])
    everybody = {half: [*chain.from_iterable(people)] for half, people in about.items()}
    found = zip(FIGURES, figures(ours, everybody), figures(theirs, everybody), zip(*drawn, strict=True), strict=True)
    for what, one, other, differences in found:
        ordered = sorted(differences)
        low, high = ordered[int(0.025 * RESAMPLES)], ordered[int(0.975 * RESAMPLES)]
        print(f"{what}: {one:.3f} - {other:.3f} = {one - other:+.3f} ({low:+.3f} to {high:+.3f})")


if __name__ == "__main__":
    main()
