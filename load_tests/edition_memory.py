"""What memory a server process takes: loaded, after many questions by name, after editions were exchanged.

    python load_tests/edition_memory.py [--people 10000] [--editions 10] [--questions 6000] [--bar 150]

Starts a Redis and two server processes of its own, as `flagging serve` does. Each new edition is another list, synced;
between two of them people are asked about by name, as all day long. Prints the proportional set size (what processes
share counts once) and the resident size of each process, and pass or fail of the last against the bar (MiB).
"""

import argparse
import sys
import time
from itertools import islice
from pathlib import Path

import asking
import questions
from contenders import children_of
from edition_under_load import site_of

SETTLED_SECONDS = 8.0
BETWEEN = 600
ROW = "{:<28} {:>20} {:>20}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--editions", type=int, default=10)
    parser.add_argument("--questions", type=int, default=6000)
    parser.add_argument("--bar", type=float, default=150.0, help="MiB")
    options = parser.parse_args()
    with site_of(options.people) as site:
        return measure(site, options)


def measure(site, options):
    token = site.start(("serve",))
    processes = sorted(children_of(site.children[-1].pid))
    asker = asking.Asker(site.port, [("Authorization", f"Bearer {token}")])
    strangers, known = (site.directory / f"{each}.csv" for each in ("strangers", "everybody"))
    site.run("synth", "--people", str(options.questions), "--seed", "99", "--out", str(strangers))
    strangers, known = questions.people_of(strangers), questions.people_of(known)
    total = options.questions + options.editions * BETWEEN
    asked = iter(questions.bodies(strangers, known, questions.by_name, options.people, total))
    print(ROW.format("", "PSS, MiB", "RSS, MiB"))
    tell("loaded", processes)
    asker.all_at_once(list(islice(asked, options.questions)))
    tell(f"{options.questions} questions by name", processes)
    for number in range(1, 1 + options.editions):
        site.put(number)
        site.run("sync")
        asker.all_at_once(list(islice(asked, BETWEEN)))
        time.sleep(SETTLED_SECONDS)
        largest = tell(f"edition {number + 1}", processes)
    print(f"{'pass' if largest <= options.bar else 'FAIL'}: no process above {options.bar:g} MiB")
    return int(largest > options.bar)


def tell(when, processes):
    proportional, resident = zip(*map(sizes_of, processes), strict=True)
    print(ROW.format(when, *("  ".join(map("{:.0f}".format, sizes)) for sizes in (proportional, resident))), flush=True)
    return max(proportional)


def sizes_of(pid):
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    sizes = {name: int(size.split()[0]) / 1024 for name, _, size in (line.partition(":") for line in lines)}
    return sizes["Pss"], sizes["Rss"]


if __name__ == "__main__":
    sys.exit(main())
