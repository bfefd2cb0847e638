"""What the worker does over and over to tell others: one duty after the other, and none keeps another waiting."""

import threading

import pytest

from flagging.errors import LedgerUnreachable
from flagging.notify import keeper
from flagging.notify.keeper import Done, HostPlace, NotifyKeeper, every

PATIENCE = 60.0


@pytest.fixture
def keep(tmp_path, monkeypatch):
    """Run duties in a thread, with no end of a pause once all is done."""
    monkeypatch.setattr(keeper, "WAITS", {Done.TROUBLED: 0.0, Done.SO_FAR: 0.0, Done.ALL: PATIENCE})
    running = []

    def start(*duties):
        running.append(NotifyKeeper(HostPlace(tmp_path), at_start=lambda: None, duties=duties))
        running[-1].start()

    yield start
    for each in running:
        each.stop()


def test_a_duty_with_more_to_do_goes_on_at_once_and_the_others_have_their_turns_between(keep):
    called, is_done = [], threading.Event()

    def long(_):
        called.append("long")
        return len(called) < 6

    def other(_):
        called.append("other")
        if len(called) >= 8:
            is_done.set()

    keep(long, other)
    assert is_done.wait(PATIENCE)
    assert called == ["long", "other"] * 4


def test_a_duty_in_trouble_is_tried_again_and_the_others_are_done_meanwhile(keep):
    tried, is_done = [], threading.Event()

    def failing(_):
        tried.append("failing")
        if len(tried) < 5:
            raise LedgerUnreachable("away")
        is_done.set()

    keep(failing, lambda _: tried.append("other"))
    assert is_done.wait(PATIENCE)
    assert tried[:5] == ["failing", "other", "failing", "other", "failing"]


def test_told_to_end_it_begins_no_other_duty(tmp_path):
    begun = []

    def last(_):
        begun.append("last")
        keeper._stopping.set()

    keeper = NotifyKeeper(HostPlace(tmp_path), lambda: None, [last, lambda _: begun.append("another")])
    keeper.start()
    keeper._thread.join(PATIENCE)
    keeper.stop()
    assert begun == ["last"]


def test_a_duty_done_every_so_often_is_done_at_once_while_there_is_more():
    answers = iter([True, False])
    duty = every(PATIENCE, lambda _: next(answers))
    assert [duty(lambda: False) for _ in range(3)] == [True, False, False]
