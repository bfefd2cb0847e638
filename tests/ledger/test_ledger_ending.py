"""A worker told to end does so soon, however long its backlog is, and what it leaves is drained by the next one."""

import threading
import time

import pytest
from kept import lookup

from flagging.ledger import drain as drain_module
from flagging.ledger import keeper as keeper_module
from flagging.ledger.append import Appender
from flagging.ledger.drain import Drain

PATIENCE = 60.0
BATCH = 3


class Slowly:
    """Puts no entry into the ledger before it may."""

    def __init__(self) -> None:
        self.has_begun, self.may_go_on = threading.Event(), threading.Event()

    def __call__(self, connection, appended) -> None:
        self.has_begun.set()
        assert self.may_go_on.wait(PATIENCE)


@pytest.fixture
def slowly():
    slowly = Slowly()
    yield slowly
    slowly.may_go_on.set()


@pytest.fixture
def start(on_sqlite):
    """Start a worker's keeper of the ledger, and end it with the test."""
    started = []

    def start(*hooks):
        keeper = on_sqlite.keeper()
        keeper.drain = Drain(on_sqlite.spool_dir, on_sqlite.database, Appender(on_sqlite.keyring, hooks))
        keeper.start()
        started.append(keeper)
        return keeper

    yield start
    for keeper in started:
        keeper.stop()


def wait_until(is_so) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_worker_that_ends_finishes_the_batch_at_hand_and_leaves_its_backlog_to_the_next(
    on_sqlite, slowly, start, monkeypatch
):
    monkeypatch.setattr(drain_module, "MOST_ENTRIES", BATCH)
    monkeypatch.setattr(keeper_module, "ENDING_SECONDS", 0.0)
    written = on_sqlite.write(*(lookup() for _ in range(4 * BATCH)))
    keeper = start(slowly)
    assert slowly.has_begun.wait(PATIENCE)
    keeper.stopping.set()
    slowly.may_go_on.set()
    keeper.stop()
    assert on_sqlite.entries() == written[:BATCH]
    left = on_sqlite.draining()
    assert (left.at, left.trouble) == (None, None)
    assert left.waiting > sum(map(len, written[BATCH:]))
    on_sqlite.keeper().look()
    assert on_sqlite.entries() == written
    assert on_sqlite.draining().waiting == 0
    assert on_sqlite.verify().is_sound


def test_what_was_written_just_before_a_worker_ends_is_drained_all_the_same(on_sqlite, start, monkeypatch):
    monkeypatch.setattr(keeper_module, "ENDING_SECONDS", PATIENCE)
    monkeypatch.setattr(keeper_module, "LOOK_SECONDS", PATIENCE)
    keeper = start()
    wait_until(lambda: on_sqlite.witness.here()[1])
    written = on_sqlite.write(lookup(), lookup())
    keeper.stop()
    assert on_sqlite.entries() == written
