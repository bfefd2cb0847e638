"""The Redis primary is killed under load, sentinels looking on: `python load_tests/primary_killed.py [SECONDS]`.

Several callers ask a server about a PPO and strangers, for so many seconds (20) before the kill and as many from it on.
Passes if no answer is wrong, no lookup fails, the 99th percentile after the kill is within three times of before,
nobody waited as for a Redis that hangs, and another primary was elected.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "system"))

from callers import ENDLESS, Callers
from installation import Installation
from listed_people import EVERYBODY
from phases import told
from sentinel_cluster import Cluster

SETTINGS = ENDLESS | {"FLAGGING_SYNC_SECONDS": "1"}
WARMING_SECONDS = 2.0


def kill_primary(cluster, callers, seconds):
    """Kill the primary while callers ask; print what they heard, and return the faults."""
    callers.listen(WARMING_SECONDS)
    heard = {"before": callers.listen(seconds)}
    primary = cluster.primary
    cluster.kill(primary)
    heard["after"] = callers.listen(seconds, until=lambda _: cluster.primary != primary)
    return told(heard, shows=cluster.primary != primary)


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
            with Callers(site.port, site.tokens["custody"]) as callers:
                faults = kill_primary(cluster, callers, seconds)
        finally:
            site.stop()
            cluster.stop()
    print(*faults, sep="\n", end="\n" if faults else "")
    print(f"{'FAIL' if faults else 'pass'}: another primary is elected, and lookups are answered right, and as fast")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
