"""What memory a server process takes: loaded, after many questions by name, after editions were exchanged.

    python load_tests/edition_memory.py [--people 321 10000 50000] [--editions 10] [--questions 6000] [--quick]

Starts a Redis and two server processes of its own for each size, as `flagging serve` does. Each new edition is another
list, synced; between two of them people are asked about by name, as all day long. Prints the proportional set size
(what processes share counts once) and the resident size of each process, and pass or fail of the largest proportional
one, at any time, against the bar of the size (MiB). `--quick` asks less and exchanges two editions.
"""

import argparse
import sys
from itertools import islice
from pathlib import Path

import asking
import questions
from contenders import children_of
from edition_under_load import site_of
from measured_build import tell_build
from quiet import await_quiet

BETWEEN = 600
BARS = {10_000: 150, 50_000: 500}  # MiB
EDITIONS, QUICK_EDITIONS = 10, 2
QUESTIONS, QUICK_QUESTIONS = 6000, 3000
ROW = "{:<28} {:>20} {:>20}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", nargs="*", type=int, default=[321, 10_000, 50_000])
    parser.add_argument("--editions", type=int)
    parser.add_argument("--questions", type=int)
    parser.add_argument("--quick", action="store_true", help="fewer questions and editions")
    options = parser.parse_args()
    editions = options.editions or (QUICK_EDITIONS if options.quick else EDITIONS)
    asked = options.questions or (QUICK_QUESTIONS if options.quick else QUESTIONS)
    tell_build()
    return max([measure_at(people, editions, asked) for people in options.people])


def measure_at(people, editions, questions_first):
    with site_of(people) as site:
        return judged(people, measure(site, people, editions, questions_first))


def judged(people, largest):
    """Print the most that a process held at any time, and whether that is within the bar; return 1 where it is not."""
    bar = BARS.get(people)
    verdict = "no bar" if bar is None else f"bar {bar} MiB: {'pass' if largest <= bar else 'FAIL'}"
    print(f"{people} records: at most {largest:.0f} MiB of proportional set size in a process ({verdict})", flush=True)
    return int(bar is not None and largest > bar)


def measure(site, people, editions, questions_first):
    """Return the most that a process held (MiB), loaded or later."""
    token = site.start(("serve",))
    processes = sorted(children_of(site.children[-1].pid))
    asker = asking.Asker(site.port, [("Authorization", f"Bearer {token}")])
    strangers, known = (site.directory / f"{each}.csv" for each in ("strangers", "everybody"))
    site.run("synth", "--people", str(questions_first), "--seed", "99", "--out", str(strangers))
    strangers, known = questions.people_of(strangers), questions.people_of(known)
    total = questions_first + editions * BETWEEN
    asked = iter(questions.bodies(strangers, known, questions.by_name, people, total))
    print(f"\n{ROW.format(f'{people} records', 'PSS, MiB', 'RSS, MiB')}")
    held = [tell("loaded", processes)]
    asker.all_at_once(list(islice(asked, questions_first)))
    held.append(tell(f"{questions_first} questions by name", processes))
    for number in range(1, 1 + editions):
        site.put(number)
        site.run("sync")
        asker.all_at_once(list(islice(asked, BETWEEN)))
        await_quiet(processes)  # the edition before is freed by then
        held.append(tell(f"edition {number + 1}", processes))
    return max(held)


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
