"""Changes a master list once a minute, so that a soak has a sync every minute: `python load_tests/soak_list.py LIST`.

Each time one more person, who does not exist, stands at its end; the new list is renamed in. Never imports the service.
"""

import argparse
import csv
import time
from pathlib import Path


def add_one(path, number):
    """Rename in the list with one more person."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    newcomer = {
        "ppo_ref": f"SOAK-{number}-{int(time.time())}",
        "status": "active",
        "family_name": "Soakworth",
        "given_names": f"Otto {'abcdefghijklmnopqrstuvwxyz'[number % 26].upper()}",
        "date_of_birth": f"19{60 + number % 30}-03-{1 + number % 28:02}",
    }
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows, [newcomer.get(column, "") for column in header]])
    part.replace(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("list", type=Path)
    parser.add_argument("--every", type=float, default=60.0, help="seconds between two changes")
    parser.add_argument("--times", type=int, default=0, help="stop after so many; 0 goes on until interrupted")
    options = parser.parse_args()
    number = 0
    while not options.times or number < options.times:
        number += 1
        add_one(options.list, number)
        print(f"change {number}", flush=True)
        time.sleep(options.every)


if __name__ == "__main__":
    main()
