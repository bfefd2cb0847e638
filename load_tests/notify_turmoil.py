"""10 000 people recognised while mail server, webhook receiver, worker and Redis are killed in turn.

Prints what was due, what arrived by each way, the number of idempotency keys, and how many were sent more than once
(under their own key: those that a killed worker had no time to note). Exits 1 unless everybody was told.
"""

import argparse
import socket
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from told_in_turn import Turmoil, as_json, kill_in_turn


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lookups", type=int, default=10_000)
    lookups = parser.parse_args().lookups
    ports = []
    for _ in range(2):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            ports.append(probe.getsockname()[1])
    with tempfile.TemporaryDirectory() as directory, Turmoil(Path(directory), *ports) as turmoil:
        found = kill_in_turn(turmoil, lookups, patience=600)
    print(as_json(found))
    sys.stdout.flush()
    sys.exit(0 if found.by_email == found.by_webhook == found.due else 1)


if __name__ == "__main__":
    main()
