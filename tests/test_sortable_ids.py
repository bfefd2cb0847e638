"""Ids as the specification of ULIDs has them."""

import time

import pytest
from ulid import ULID

from flagging.sortable_ids import new_id


def test_a_library_reads_the_time_back():
    before = time.time_ns() // 1_000_000
    made_at = ULID.from_str(new_id()).milliseconds
    assert before <= made_at <= time.time_ns() // 1_000_000


@pytest.mark.interpreted
def test_a_library_writes_the_same(monkeypatch):
    monkeypatch.setattr("time.time_ns", lambda: 1_790_000_000_123_000_000)
    monkeypatch.setattr("flagging.sortable_ids.draw", lambda: bytes(range(255, 239, -1)))
    drawn = int("".join(f"{byte & 31:05b}" for byte in range(255, 239, -1)), base=2)
    assert new_id() == str(ULID.from_bytes((1_790_000_000_123).to_bytes(6) + drawn.to_bytes(10)))


def test_no_two_are_alike():
    assert len({new_id() for _ in range(1000)}) == 1000
