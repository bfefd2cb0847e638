"""Ten thousand lookups while server processes, worker and Redis are killed outright in turn.

Passes if every answered lookup is in the ledger exactly once and the chain verifies. `make ledger-kills`.
"""

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "system"))

from installation import Installation
from killing import Reckoning, ask_and_kill
from listed_people import EVERYBODY

from flagging.embedded_redis import start_redis

ANSWERED = 0.9
"""A run that answers fewer of them shows nothing."""
ENDLESS = {"FLAGGING_RATE_LIMIT": "1000000 per second"}


def main() -> int:
    lookups = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory(prefix="flagging-kills-") as place:
        directory = Path(place)
        redis = start_redis(directory / "redis")
        running = Installation(directory, redis, settings=ENDLESS)
        running.write_list(EVERYBODY)
        try:
            running.start("worker")
            running.await_answer("a first edition", lambda: running.run("register", "show").returncode == 0)
            running.issue_tokens("custody")
            running.start("serve")
            running.await_ready()
            began = time.monotonic()
            reckoning = ask_and_kill(running, lookups)
            seconds = time.monotonic() - began
            faults = reckoning.faults(running)
        finally:
            running.stop()
            redis.stop()
    print(f"{len(reckoning.answered)} of {lookups} lookups answered in {seconds:.0f} s: {dict(reckoning.statuses)}")
    print(f"{reckoning.broken_off} connections broken off; killed: {dict(reckoning.kills)}")
    faults += shown_too_little(reckoning, lookups)
    for fault in faults[:20]:
        print(fault)
    print("FAIL" if faults else "PASS: every answered lookup is in the ledger once, and the chain verifies")
    return 1 if faults else 0


def shown_too_little(reckoning: Reckoning, lookups: int) -> list[str]:
    """Return why a run proves nothing: too few were answered, or something was never killed."""
    spared = {"server process", "worker", "Redis"} - reckoning.kills.keys()
    unexpected = set(reckoning.statuses) - {200, 503}
    return [
        *(
            [f"only {len(reckoning.answered)} of {lookups} were answered"]
            if len(reckoning.answered) < ANSWERED * lookups
            else []
        ),
        *(f"never killed: {each}" for each in sorted(spared)),
        *(f"answered with {each}: {reckoning.statuses[each]}" for each in sorted(unexpected)),
    ]


if __name__ == "__main__":
    sys.exit(main())
