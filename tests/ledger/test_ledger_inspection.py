"""The worker verifies the whole ledger once a day, and what came of it stands where servers can tell it."""

import time

import pytest
from kept import lookup
from prometheus_client import REGISTRY

from flagging.app import measure_ledger
from flagging.ledger.inspection import FILE_NAME, InspectionFile, Inspector
from flagging.ledger.verify import Verification


@pytest.fixture
def inspector(on_sqlite):
    return Inspector(on_sqlite.database, on_sqlite.keyring, on_sqlite.witness, InspectionFile(on_sqlite.directory))


def drained(kept):
    kept.write(*(lookup() for _ in range(3)))
    kept.keeper(days=10**5).look()
    return kept


def told(name):
    return REGISTRY.get_sample_value(f"flagging_ledger_{name}")


def test_nothing_is_verified_before_anything_was_recorded(inspector):
    inspector.look()
    assert inspector.file.read() is None


def test_a_sound_ledger_is_told_as_verified(on_sqlite, inspector):
    drained(on_sqlite)
    before = time.time()
    inspector.look()
    found = inspector.file.read()
    assert (found.faults, found.entries >= 3) == (0, True)
    measure_ledger(on_sqlite.witness, inspector.file)
    assert before <= told("verified_timestamp_seconds") == found.at
    assert told("faults") == 0


def test_what_is_not_as_written_is_told_by_number(on_sqlite, inspector):
    drained(on_sqlite).tamper("UPDATE ledger_contents SET at = 0 WHERE number IN (2, 3)")
    inspector.look()
    measure_ledger(on_sqlite.witness, inspector.file)
    assert told("faults") == 2


@pytest.mark.parametrize(
    ("passed", "is_due"), [(3600, False), (86400, True), (-60, True)], ids=["an hour later", "a day later", "set back"]
)
def test_it_is_verified_once_a_day_whatever_is_restarted(passed, is_due, on_sqlite, inspector):
    InspectionFile(on_sqlite.directory).keep(Verification(entries=1))
    inspector.now = lambda: time.time() + passed
    drained(on_sqlite)
    inspector.look()
    assert (inspector.file.read().entries > 1) == is_due


def test_a_worker_that_ends_does_not_wait_for_it_nor_call_it_verified(on_sqlite, inspector, monkeypatch):
    drained(on_sqlite)
    monkeypatch.setattr("flagging.ledger.verify.PAGE", 1)
    monkeypatch.setattr("flagging.ledger.inspection.PAUSE_SECONDS", 600)
    inspector.start()
    inspector.stop()
    assert not inspector._thread.is_alive()
    assert inspector.file.read() is None


def test_a_file_that_cannot_be_read_counts_as_none(on_sqlite, inspector):
    (on_sqlite.directory / FILE_NAME).write_bytes(b"{")
    assert inspector.file.read() is None
