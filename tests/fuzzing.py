"""How many examples property tests try: few and the same in every run of `make test`, many and new ones in `make fuzz`."""

import os

from hypothesis import HealthCheck, Phase, settings

TIMES = int(os.environ.get("FLAGGING_TEST_FUZZ") or 0)
"""How many times as many examples as usual; 0 for the suite's own."""
USUAL = 100


def load_profile() -> None:
    """Let every test have its time: none fails because the machine was busy."""
    hurry = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
    settings.register_profile("suite", derandomize=True, **hurry)
    settings.register_profile(
        "long", max_examples=USUAL * max(TIMES, 1), derandomize=False, print_blob=True, phases=list(Phase), **hurry
    )
    settings.load_profile("long" if TIMES else "suite")


def examples(number: int) -> int:
    """Return how many examples a test tries that needs a number of its own."""
    return number * max(TIMES, 1)
