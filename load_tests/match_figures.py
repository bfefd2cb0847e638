"""Measures recognition on all development sets at once: figures by set and pooled, calibration, bars hit or missed.

`python load_tests/match_figures.py [DIRECTORY]`; without one, the copies that the tests hold floors under.
"""

import argparse
import random
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from io import StringIO
from itertools import chain
from pathlib import Path

from ranking import at_threshold, best_threshold, choices, top_share

from flagging.configuration.matching import load_matching
from flagging.measure.asking import ask
from flagging.measure.calibration import calibrate
from flagging.measure.figures import interval, measure
from flagging.measure.people import (
    DETAIL_COLUMNS,
    LABEL_COLUMNS,
    QUERY_COLUMNS,
    REGISTER_COLUMNS,
    read_queries,
    read_register,
)
from flagging.measure.tables import read_table

ROOT = Path(__file__).resolve().parent.parent
COPIES = ROOT / "tests" / "measure" / "sets"
FIELDS = ("given", "middle", "family", "dob")
RESAMPLES = 300


@dataclass(frozen=True)
class Set:
    """A labelled set; `peer` is the best peer's F1 and recall at precision 0.99, `prototype` the prototype's."""

    register: str
    queries: str
    kind: str
    peer: tuple[float, float]
    prototype: tuple[float, float]
    people: int | None = None


SETS = {
    "febrl1": Set("febrl1/register.csv", "febrl1/queries.csv", "small", (0.984, 0.943), (0.967, 0.943)),
    "febrl3": Set("febrl3/register.csv", "febrl3/queries.csv", "febrl3", (0.965, 0.925), (0.973, 0.958)),
    "fake1000": Set("fake1000/register.csv", "fake1000/queries.csv", "small", (0.856, 0.549), (0.877, 0.634)),
    "synth321": Set("synth/register.csv", "synth/queries_321.csv", "stress", (0.947, 0.856), (0.988, 0.988), 321),
    "synth5k": Set("synth/register.csv", "synth/queries_5000.csv", "stress", (0.934, 0.792), (0.963, 0.876), 5000),
    "realistic": Set(
        "synth/register.csv", "synth/queries_realistic.csv", "realistic", (0.985, 0.978), (0.986, 0.979), 5000
    ),
}
# Of each kind of set: the least recall (told), the most false possibles, the least blocking recall.
LEAST_TOLD = {"realistic": 0.99, "stress": 0.97}
MOST_FALSE_POSSIBLE = {"realistic": 0.03, "stress": 0.12}
LEAST_RETRIEVED = {"realistic": 0.995, "stress": 0.995, "febrl3": 0.98}
LEAST_PRECISION, LEAST_PRECISION_REALISTIC = 0.99, 0.995
MOST_POINTS = 0.10


def table(path, required, optional):
    return read_table(StringIO(path.read_text(encoding="utf-8-sig"), newline=""), path.name, required, optional)


def answer(directory, name):
    """Return the answers of the set, those of its development half apart from those of its test half."""
    model = load_matching(ROOT / "config" / "matching.toml")
    own = SETS[name]
    register = read_register(table(directory / own.register, REGISTER_COLUMNS, DETAIL_COLUMNS), FIELDS, own.people)
    asked = table(directory / own.queries, QUERY_COLUMNS, (*DETAIL_COLUMNS, *LABEL_COLUMNS))
    halves = []
    for split in ("dev", "test"):
        queries = read_queries(asked, FIELDS, register.index, split).asked
        halves.append([ask(query, register.index, model, time.perf_counter) for query in queries])
    return halves


def resample(answers, rng):
    """Draw as many people as there are, with all the questions about each."""
    about = defaultdict(list)
    for each in answers:
        about[each.query.true_id or each.query.qid].append(each)
    drawn = rng.choices(list(about.values()), k=len(about))
    return list(chain.from_iterable(drawn))


def ranking(dev, test):
    """Return F1 and recall at precision 0.99 on the test half, the thresholds chosen on the development half."""
    return (
        at_threshold(choices(test), best_threshold(choices(dev))).f1,
        at_threshold(choices(test), best_threshold(choices(dev), 0.99)).recall,
    )


def ranked(job):
    """Return the answers of one set, its ranking figures and their bootstrap intervals."""
    directory, name = job
    dev, test = answer(directory, name)
    rng = random.Random(name)
    drawn = [ranking(resample(dev, rng), resample(test, rng)) for _ in range(RESAMPLES)]
    ordered = map(sorted, zip(*drawn, strict=True))
    reach = [(values[int(0.025 * RESAMPLES)], values[int(0.975 * RESAMPLES)]) for values in ordered]
    return name, dev + test, ranking(dev, test), reach, top_share(test, 5)


def percent(share):
    return f"{share.value:7.2%}" if share.value is not None else f"{'-':>7}"


def with_interval(share):
    if share.value is None:
        return f"{'-':>22}"
    low, high = interval(share.value, share.whole)
    return f"{share.value:7.2%} ({low:.1%}-{high:.1%})".rjust(22)


def print_figures(answers):
    print(f"{'set':10}{'queries':>8}{'flagged':>22}{'told':>22}{'blocking':>22}{'false possible':>22}{'precision':>24}")
    for name, own in (*answers.items(), ("pooled", list(chain.from_iterable(answers.values())))):
        seen = measure(own)
        cells = "".join(map(with_interval, (seen.flagged, seen.told, seen.retrieved, seen.false_possible)))
        right = f"{seen.precision.part} of {seen.precision.whole}"
        print(f"{name:10}{len(own):8}{cells}{percent(seen.precision):>11} {right}")


def print_ranking(results):
    heads = "".join(f"{what:>9}{'bootstrap':>14}{'peer':>7}{'proto':>7}" for what in ("F1", "R@P99"))
    print(f"\n{'set':10}{heads}{'top 5':>10}")
    for name, (values, reach, top) in results.items():
        own = SETS[name]
        cells = "".join(
            f"{value:9.3f} ({low:.3f}-{high:.3f}) {peer:6.3f} {proto:6.3f}"
            for value, (low, high), peer, proto in zip(values, reach, own.peer, own.prototype, strict=True)
        )
        print(f"{name:10}{cells}{top:10.3f}")


def print_calibration(answers, share):
    print(f"\ncalibration of the best match, as if {share:.0%} were on the register: stated -> observed, answers")
    for name, own in (*answers.items(), ("pooled", list(chain.from_iterable(answers.values())))):
        for band in calibrate(own, share):
            off = "  MISSED" if is_off(band) else ""
            print(
                f"{name:10}{f'{band.lower:.0%} to {band.upper:.0%}':12}{band.stated:7.1%} -> {band.observed:6.1%}"
                f" ({band.low:.0%}-{band.high:.0%}), {band.right} of {band.answers}{off}"
            )


def is_off(band):
    return band.lower >= 0.05 and band.upper <= 0.95 and abs(band.stated - band.observed) > MOST_POINTS


def bars(answers, results, share):
    """Yield what is asked for, what came of it, and whether it is met."""
    pooled = list(chain.from_iterable(answers.values()))
    precision = measure(pooled).precision.value
    yield "precision of flagged, pooled", f"{precision:.4f} >= {LEAST_PRECISION}", precision >= LEAST_PRECISION
    for name, own in answers.items():
        kind, seen = SETS[name].kind, measure(own)
        if kind == "realistic":
            value, least = seen.precision.value, LEAST_PRECISION_REALISTIC
            yield f"precision of flagged, {name}", f"{value:.4f} >= {least}", value >= least
        for what, found, least in (
            ("told", seen.told.value, LEAST_TOLD.get(kind)),
            ("blocking", seen.retrieved.value, LEAST_RETRIEVED.get(kind)),
        ):
            if least is not None:
                yield f"{what}, {name}", f"{found:.4f} >= {least}", found >= least
        if (most := MOST_FALSE_POSSIBLE.get(kind)) is not None:
            found = seen.false_possible.value
            yield f"false possible, {name}", f"{found:.4f} <= {most}", found <= most
        yield from ranking_bars(name, *results[name][:2])
    for band in calibrate(pooled, share):
        if band.lower >= 0.05 and band.upper <= 0.95:
            told = f"{band.stated:.3f} -> {band.observed:.3f}"
            yield f"calibration pooled, {band.lower:.0%} to {band.upper:.0%}", told, not is_off(band)


def ranking_bars(name, values, reach):
    own = SETS[name]
    for what, value, (low, high), peer, prototype in zip(
        ("F1", "recall at P 0.99"), values, reach, own.peer, own.prototype, strict=True
    ):
        at_most = f"{value:.3f}, at most {high:.3f} >="
        if own.kind in ("stress", "febrl3"):
            yield f"{what}, {name}: ahead of peer", f"{value:.3f}, at least {low:.3f} > {peer}", low > peer
            yield f"{what}, {name}: level with prototype", f"{at_most} {prototype}", high >= prototype
        else:
            yield f"{what}, {name}: not behind peer", f"{at_most} {peer}", high >= peer


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", nargs="?", type=Path, default=COPIES)
    parser.add_argument("--sets", default=",".join(SETS))
    chosen = parser.parse_args()
    names = chosen.sets.split(",")
    with ProcessPoolExecutor(2) as pool:
        done = {name: rest for name, *rest in pool.map(ranked, [(chosen.directory, each) for each in reversed(names)])}
    answers = {name: done[name][0] for name in names}
    results = {name: done[name][1:] for name in names}
    share = load_matching(ROOT / "config" / "matching.toml").expected_share
    print_figures(answers)
    print_ranking(results)
    print_calibration(answers, share)
    print(f"\n{'bar':45}")
    for what, told, is_met in bars(answers, results, share):
        print(f"{'met   ' if is_met else 'MISSED'} {what:45} {told}")


if __name__ == "__main__":
    main()
