"""Every row of the budget, one command each: `python load_tests/budget.py [--quick] [--list] [WORD …]`.

Runs the commands of the rows whose name holds one of the words (all without any), one after the other, shows what they
print, and ends with a table of pass and fail: the exit status of each command. `--quick` gives those that know it fewer
rounds. The build that this Python has is measured, which the first line names. Nothing else should run on the machine
meanwhile.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

from measured_build import tell_build

HERE = Path(__file__).resolve().parent
QUICK = "--quick"
ROWS = (
    ("throughput against a bare endpoint; memory", "compare.py"),
    ("memory over many editions", "edition_memory.py"),
    ("processor time added; p99 in process", "service_time.py"),
    ("time of recognising", "matching_time.py"),
    ("a new edition arriving under load", "edition_under_load.py"),
    ("list changed to visible; sync of 50 000 rows", "sync_time.py"),
    ("Redis primary killed under load", "primary_killed.py"),
    ("Redis broken in eight ways under load", "redis_broken.py"),
    ("server process killed under load", "ledger_kills.py"),
    ("reloaded, killed, stopped under load", "restarts.py"),
    ("a polite caller while another floods", "flood.py"),
    ("time and size of the pages", "page_time.py"),
)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("words", nargs="*", metavar="WORD", help="only rows whose name holds one of these")
    parser.add_argument(QUICK, action="store_true", help="fewer rounds, where a command knows it")
    parser.add_argument("--list", action="store_true", help="only show the commands")
    options = parser.parse_args()
    rows = [(name, script) for name, script in ROWS if is_wanted(name, options.words)]
    if not rows:
        parser.error("no row's name holds any of these words")
    if options.list:
        print("\n".join(f"{name:<48} python load_tests/{script}" for name, script in rows))
        return 0
    tell_build()
    results = [(name, script, *run(script, quick=options.quick)) for name, script in rows]
    print("\n" + "=" * 100)
    for name, script, verdict, seconds in results:
        print(f"{name:<48} {script:<24} {verdict:<10} {seconds:5.0f} s")
    return int(any(verdict != "pass" for _, _, verdict, _ in results))


def is_wanted(name, words):
    return not words or any(word.lower() in name.lower() for word in words)


def run(script, *, quick):
    """Run one command; return its verdict and how long it took."""
    path = HERE / script
    if not path.exists():
        return "not there", 0.0
    knows_quick = QUICK in path.read_text(encoding="utf-8")
    command = [sys.executable, str(path), *([QUICK] if quick and knows_quick else [])]
    print(f"\n--- {' '.join(['python', f'load_tests/{script}', *command[2:]])}", flush=True)
    began = time.monotonic()
    status = subprocess.call(command)
    return ("FAIL" if status else "pass"), time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
