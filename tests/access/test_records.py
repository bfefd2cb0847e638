"""What the ledger is told about access: everything of a few, the number of many, never a name that is nobody's."""

import orjson
import pytest

from flagging.access.caller import Caller
from flagging.access.records import MINUTE, MOST_A_MINUTE, AccessRecords
from flagging.errors import SpoolUnwritable
from flagging.terms import Role

CALLER = Caller("local:pat", "pat", Role.PRISON, is_system=False, session="0123456789ab")


class Kept:
    """A spool that keeps entries here."""

    def __init__(self):
        self.entries, self.is_full = [], False

    def append(self, entry):
        if self.is_full:
            raise SpoolUnwritable("full")
        self.entries.append(orjson.loads(entry))


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def spool():
    return Kept()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def records(spool, clock):
    return AccessRecords(spool, clock)


def test_a_flood_of_refusals_is_counted_and_not_written_one_by_one(records, spool, clock):
    for number in range(10_000):
        records.request_refused("unauthenticated" if number % 2 else "forbidden", "lookups.ask_one", "192.0.2.1")
    assert len(spool.entries) == MOST_A_MINUTE
    clock.now += MINUTE
    records.settle()
    told = [entry for entry in spool.entries if entry["count"] > 1]
    assert {entry["reason"] for entry in told} == {"unauthenticated", "forbidden"}
    assert sum(entry["count"] for entry in spool.entries) == 10_000
    records.settle()
    assert len(spool.entries) == MOST_A_MINUTE + 2


def test_after_the_minute_refusals_are_written_again(records, spool, clock):
    for _ in range(MOST_A_MINUTE + 1):
        records.request_refused("forbidden", "lookups.ask_one", "192.0.2.1", CALLER)
    clock.now += MINUTE
    records.request_refused("forbidden", "lookups.ask_one", "192.0.2.1", CALLER)
    assert [entry.get("caller") for entry in spool.entries[-2:]] == [None, "local:pat"]


def test_a_flood_of_refusals_hides_no_sign_in(records, spool):
    for _ in range(MOST_A_MINUTE * 2):
        records.sign_in_refused("wrong_username_or_password", "192.0.2.1")
    assert records.signed_in(CALLER, "192.0.2.2")
    assert (spool.entries[-1]["kind"], spool.entries[-1]["session"]) == ("signed_in", "0123456789ab")


def test_a_full_disk_stops_no_refusal_and_says_that_a_sign_in_is_not_on_record(records, spool):
    spool.is_full = True
    records.request_refused("forbidden", "lookups.ask_one", "192.0.2.1")
    records.signed_out(CALLER, "192.0.2.1", everywhere=True)
    assert not records.signed_in(CALLER, "192.0.2.1")
