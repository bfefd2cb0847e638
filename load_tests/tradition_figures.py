"""Makes the labelled sets by naming tradition afresh and measures recognition on them: one table, ready for the docs,
and how far stated probabilities hold.

`python load_tests/tradition_figures.py [--seed N] [--keep DIRECTORY]`; the options of `tradition_sets.py` besides. Two
processes. What differs from all other traditions together by more than noise is bold, see `flagging/measure/groups.py`.
`flagging match-report --by tradition` on the sets that were kept tells more.
"""

import argparse
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import chain
from pathlib import Path

from match_figures import FIELDS, ROOT, print_calibration, table
from tradition_sets import MIXES, add_options, write_sets

from flagging.configuration.matching import load_matching
from flagging.measure.asking import ask
from flagging.measure.figures import interval, measure
from flagging.measure.groups import standings
from flagging.measure.people import (
    DETAIL_COLUMNS,
    LABEL_COLUMNS,
    QUERY_COLUMNS,
    REGISTER_COLUMNS,
    read_queries,
    read_register,
)

COLUMN = "tradition"
POLICY = ROOT / "config" / "matching.toml"
SHOWN = {"told": lambda figures: figures.told, "false possible": lambda figures: figures.false_possible}


def answers_of(directory, mix):
    """Return the answers to the questions of a mix, grouped by tradition."""
    model = load_matching(POLICY)
    register, asked = read(directory, mix)
    return [ask(query, register.index, model, time.perf_counter) for query in asked]


def read(directory, mix):
    register = read_register(table(directory / "register.csv", REGISTER_COLUMNS, DETAIL_COLUMNS), FIELDS)
    optional = (*DETAIL_COLUMNS, *LABEL_COLUMNS, COLUMN)
    queries = table(directory / f"queries_{mix}.csv", QUERY_COLUMNS, optional)
    return register, read_queries(queries, FIELDS, register.index, by=COLUMN).asked


def columns(job):
    """Return the answers of one mix, and its columns: the cell of every tradition, and of all of them together."""
    answers = answers_of(*job)
    found = []
    for share_of in SHOWN.values():
        cells = {
            standing.group: cell(standing.share, is_bold=standing.differs) for standing in standings(answers, share_of)
        }
        found.append(cells | {"all": cell(share_of(measure(answers)), is_bold=False)})
    return answers, found


def names_shared(directory):
    """Return, by tradition, how many strangers bear given and family name of somebody on the register."""
    register, asked = read(directory, "realistic")
    borne = {name_of(persona) for record in register.index.records for persona in record.identity.personas}
    strangers = [query for query in asked if query.kinds == ("neg_stranger",)]
    number, shared = Counter(query.group for query in strangers), Counter()
    for query in strangers:
        shared[query.group] += name_of(query.identity.personas[0]) in borne
    cells = {group: f"{shared[group] / of:.0%}".replace("%", " %") for group, of in number.items()}
    return cells | {"all": f"{shared.total() / number.total():.0%}".replace("%", " %")}


def name_of(persona):
    return persona.name and (persona.name.given[:1], persona.name.family)


def cell(share, *, is_bold):
    low, high = interval(share.value, share.whole)
    value = f"{share.value:.1%}".replace("%", " %")
    return f"{f'**{value}**' if is_bold else value} ({100 * low:.1f}-{100 * high:.1f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    parser.add_argument("--keep", type=Path, help="the directory to keep the sets in")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, ProcessPoolExecutor(2) as pool:
        directory = chosen.keep or Path(scratch)
        write_sets(directory, chosen)
        answers, of_mixes = zip(*pool.map(columns, [(directory, mix) for mix in MIXES]), strict=True)
        found = [*chain.from_iterable(of_mixes), names_shared(directory)]
    heads = [*(f"{mix}: {what}" for mix in MIXES for what in SHOWN), "strangers with a name on the register"]
    print(f"| tradition | {' | '.join(heads)} |")
    print("|---" * (1 + len(found)) + "|")
    for tradition in found[0]:
        print(f"| {tradition} | {' | '.join(column[tradition] for column in found)} |")
    print_calibration(dict(zip(MIXES, answers, strict=True)), load_matching(POLICY).expected_share)


if __name__ == "__main__":
    main()
