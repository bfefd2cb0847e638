"""Lookups are counted many at a time, and come to what they would one by one; nothing is left where nobody asked for it."""

import os
import subprocess
import sys

import pytest
from prometheus_client import REGISTRY, CollectorRegistry, Histogram

from flagging import metrics

BUCKETS = (0.001, 0.01, 0.1)
SECONDS = [0.0, 0.0005, 0.001, 0.0011, 0.05, 0.1, 7.0]


def test_times_added_at_once_fall_into_the_buckets_they_would_one_by_one():
    together, singly = CollectorRegistry(), CollectorRegistry()
    metrics.Times("taken", "Seconds.", buckets=BUCKETS, registry=together).observe_all(SECONDS)
    histogram = Histogram("taken", "Seconds.", buckets=BUCKETS, registry=singly)
    for each in SECONDS:
        histogram.observe(each)
    assert samples_of(together) == pytest.approx(samples_of(singly))


def samples_of(registry):
    return {
        (each.name, each.labels.get("le")): each.value
        for family in registry.collect()
        for each in family.samples
        if not each.name.endswith("_created")
    }


def test_no_more_than_a_thousand_lookups_wait_to_be_counted():
    labels = {"role": "custody", "setting": "arrest", "outcome": "not_on_register"}
    metrics.count_lookups()
    before = REGISTRY.get_sample_value("flagging_lookups_total", labels) or 0
    for _ in range(2_500):
        metrics.lookup_answered("custody", "arrest", "not_on_register", (1, 2, 3, 4, 5))
    assert REGISTRY.get_sample_value("flagging_lookups_total", labels) == before + 2_000
    metrics.count_lookups()
    assert REGISTRY.get_sample_value("flagging_lookups_total", labels) == before + 2_500


NAMES = ["PROMETHEUS_MULTIPROC_DIR", "prometheus_multiproc_dir"]


def run(words, **environ):
    command = [sys.executable, "-m", "flagging", *words]
    return subprocess.run(command, env=os.environ | environ, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("words", [["ledger", "drain"], ["--help"]], ids=["command", "help"])
def test_a_directory_of_metrics_that_is_not_there_is_named_in_one_line(name, words, tmp_path):
    done = run(words, **{name: str(tmp_path / "gone")})
    assert done.returncode == 1
    assert done.stderr == f"Error: {name}: nothing can be written to that directory: No such file or directory\n"


def test_so_is_a_file_in_the_place_of_that_directory(tmp_path):
    (tmp_path / "file").touch()
    done = run(["ledger", "drain"], PROMETHEUS_MULTIPROC_DIR=str(tmp_path / "file"))
    assert done.stderr == "Error: PROMETHEUS_MULTIPROC_DIR: nothing can be written to that directory: Not a directory\n"


def test_a_directory_of_metrics_that_is_not_gone_by_may_be_gone(tmp_path):
    shared = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "prometheus_multiproc_dir": str(tmp_path / "gone")}
    assert run(["ledger", "--help"], **shared).returncode == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_command_whose_directory_of_metrics_is_set_empty_leaves_no_files_where_it_is_started(name, tmp_path):
    command = [sys.executable, "-m", "flagging", "lookup", "--help"]
    subprocess.run(command, cwd=tmp_path, env=os.environ | {name: ""}, stdout=subprocess.DEVNULL, check=True)
    assert [left.name for left in tmp_path.iterdir()] == []
