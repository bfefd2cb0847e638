"""How far a sync has got: what is told, and what of that becomes a log line."""

from datetime import UTC, datetime

import structlog

from flagging.sync.progress import READING, logged, told
from flagging.sync.reading import read_list
from flagging.sync.sources.master_list import ListFile, MasterList


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def lines_of(*steps, every=5.0):
    clock = Clock()
    with structlog.testing.capture_logs() as logs:
        tell = logged(every, clock)
        for at, step, done in steps:
            clock.now = 100.0 + at
            tell(step, done, 1000)
    return [(line["step"], line["done"], line["of"]) for line in logs]


def test_a_short_sync_writes_no_line():
    assert lines_of((0, "reading", 250), (1, "reading", 500), (2, "packing", 250), (6.5, "packing", 1000)) == []


def test_a_long_step_writes_a_line_every_few_seconds():
    steps = [(second, "reading", 10 * second) for second in range(1, 14)]
    assert lines_of(*steps) == [("reading", 60, 1000), ("reading", 110, 1000)]


def test_a_sync_that_begins_again_is_not_late_from_the_start():
    assert lines_of((0, "reading", 250), (0.1, "reading", 500), (9000, "reading", 250)) == []


def test_a_step_is_told_of_in_parts_and_at_its_end():
    heard = []
    parts = list(told(range(7), "packing", lambda *step: heard.append(step), every=3))
    assert parts == list(range(7))
    assert heard == [("packing", 3, 7), ("packing", 6, 7), ("packing", 7, 7)]


def test_reading_a_list_tells_how_far_it_has_got(form, today):
    rows = "".join(f"B{number},active,Sample\n" for number in range(600))
    files = (ListFile(f"ppo_ref,status,family_name\n{rows}".encode()),)
    heard = []
    read_list(
        MasterList("list.csv", files, datetime.now(UTC), ""), form, frozenset(), today, lambda *step: heard.append(step)
    )
    assert heard == [(READING, 250, 601), (READING, 500, 601)]
