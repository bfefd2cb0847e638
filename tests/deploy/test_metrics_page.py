"""docs/metrics.md names every metric there is, and none that is not; names follow the conventions of Prometheus."""

import re
import subprocess
from pathlib import Path

import pytest
from exported import documented_names
from prometheus_client import REGISTRY, generate_latest

REPOSITORY = Path(__file__).resolve().parent.parent.parent
ROW = re.compile(r"^\| `(flagging_\w+)` \| (\w+) \|([^|]*)\| ([^|]+) \|$", re.MULTILINE)


def test_the_page_tells_name_type_and_labels_of_every_metric():
    page = (REPOSITORY / "docs" / "metrics.md").read_text()
    told = {
        name: (kind, tuple(label.strip(" `") for label in labels.split(",") if label.strip()))
        for name, kind, labels, _ in ROW.findall(page)
    }
    assert told == documented_names()
    assert page.count("| `flagging_") == len(told)


@pytest.mark.parametrize("page", ["ledger.md", "notifications.md", "failures.md", "keys.md", "security.md"])
def test_no_other_page_names_a_metric_that_is_not_there(page):
    text = (REPOSITORY / "docs" / page).read_text()
    named = set(re.findall(r"`(flagging_[a-z_]+)`", text))
    assert named <= set(documented_names())


def test_names_keep_to_the_conventions_of_prometheus(promtool):
    done = subprocess.run(
        [promtool, "check", "metrics"], input=generate_latest(REGISTRY), capture_output=True, check=False
    )
    faults = [
        line for line in done.stdout.decode().splitlines() + done.stderr.decode().splitlines() if "flagging_" in line
    ]
    assert (faults, done.returncode) == ([], 0), done.stdout + done.stderr
