"""The Redis primary is killed under load, sentinels looking on: `python load_tests/primary_killed.py [SECONDS]`.

Asks a server about a PPO and a stranger in turn, for so many seconds (20) before the kill and as many from it on.
Passes if no answer is wrong, no lookup fails, and the 99th percentile after the kill is within three times of before.
"""

import sys
import tempfile
import time
from pathlib import Path
from statistics import quantiles

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "system"))

from installation import Installation, arrest
from listed_people import EVERYBODY, PPO, asked
from sentinel_cluster import Cluster

STRANGER = {"family_name": "Nobodyson", "given_names": "Ignatius", "date_of_birth": "1985-05-05"}
RIGHT = ((asked(PPO), (200, "flagged")), (STRANGER, (200, "not_on_register")))
SETTINGS = {"FLAGGING_SYNC_SECONDS": "1", "FLAGGING_RATE_LIMIT": "1000000 per second"}
MOST_TIMES = 3.0


def ask_for(site, seconds):
    """Return the seconds each lookup took, how many failed, and how many were answered wrongly."""
    took, failed, wrong = [], 0, 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for person, right in RIGHT:
            began = time.perf_counter()
            found = site.call("POST", "/v1/lookups", arrest(person), "custody")
            took.append(time.perf_counter() - began)
            failed += found.status != 200
            wrong += found.status == 200 and (found.status, found.body.get("outcome")) != right
    return took, failed, wrong


def p99_of(took):
    return quantiles(took, n=100)[98] * 1000


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    with tempfile.TemporaryDirectory(prefix="flagging-primary-") as place:
        cluster = Cluster(Path(place) / "sentinels")
        site = Installation(Path(place) / "site", cluster, settings=SETTINGS)
        try:
            site.directory.mkdir()
            site.write_list(EVERYBODY)
            assert site.run("sync").returncode == 0
            site.issue_tokens("custody")
            site.start("worker")
            site.start("serve")
            site.await_ready()
            ask_for(site, 2)
            before, *faults_before = ask_for(site, seconds)
            primary = cluster.primary
            cluster.kill(primary)
            after, *faults = ask_for(site, seconds)
            is_elected = cluster.primary != primary
        finally:
            site.stop()
            cluster.stop()
    failed, wrong = (one + other for one, other in zip(faults_before, faults, strict=True))
    times = p99_of(after) / p99_of(before)
    for when, took in (("before", before), ("after", after)):
        print(f"{len(took)} lookups {when} the kill, p99 {p99_of(took):.1f} ms")
    print(f"{failed} failed, {wrong} wrong; p99 {times:.2f} times that of before; another primary: {is_elected}")
    is_met = not failed and not wrong and times <= MOST_TIMES and is_elected
    print("pass" if is_met else "FAIL")
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
