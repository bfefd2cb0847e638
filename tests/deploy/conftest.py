"""What the tests of deployment have in common."""

import shutil

import pytest


@pytest.fixture(scope="session")
def promtool() -> str:
    """Prometheus' own judge of rules, expressions and metrics."""
    return shutil.which("promtool") or pytest.skip(
        "no promtool is installed (Debian: apt install prometheus): rules, panels and metrics were not put before it"
    )
