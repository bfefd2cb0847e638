"""Waiting for turns at searches that cost much, seen from outside."""

import time

SECONDS = 30


def until_so_many_wait(turns, number):
    give_up = time.monotonic() + SECONDS
    while len(turns._queue) != number:
        assert time.monotonic() < give_up, f"{len(turns._queue)} wait, not {number}"
        time.sleep(0.001)
