"""A worker gives way to the servers, in whatever group of processes either runs."""

import os
import subprocess
import sys

import pytest

from flagging import precedence
from flagging.precedence import BEHIND_SERVERS

PROGRAM = """
import os
from pathlib import Path
from flagging.precedence import give_way

give_way()
group = Path("/proc/self/autogroup")
print(os.nice(0), group.read_text() if os.access(group, os.W_OK) else "of no group", end="")
"""


@pytest.fixture
def group(monkeypatch, tmp_path):
    """A file in the place of the kernel's; this process itself stays as nice as it was."""
    monkeypatch.setattr(precedence.os, "nice", lambda _: None)
    monkeypatch.setattr(precedence, "_AUTOGROUP", tmp_path / "autogroup")
    return tmp_path / "autogroup"


def leads_session(monkeypatch, leader):
    monkeypatch.setattr(precedence.os, "getsid", lambda _: leader)


def test_a_process_is_nicer_than_whoever_started_it_and_so_is_its_session():
    done = subprocess.run([sys.executable, "-c", PROGRAM], start_new_session=True, capture_output=True, check=True)
    niceness, of_group = done.stdout.decode().split(maxsplit=1)
    assert int(niceness) == min(19, os.nice(0) + BEHIND_SERVERS)
    assert of_group.strip().endswith((f" nice {BEHIND_SERVERS}", "of no group"))  # the latter where there are none


def test_the_session_that_is_its_own_gives_way(group, monkeypatch):
    leads_session(monkeypatch, os.getpid())
    precedence.give_way()
    assert group.read_text() == str(BEHIND_SERVERS)


def test_a_session_that_servers_may_share_does_not_give_way(group, monkeypatch):
    leads_session(monkeypatch, os.getppid())
    precedence.give_way()
    assert not group.exists()


def test_where_nothing_can_be_said_of_a_group_it_gives_way_alone(monkeypatch, tmp_path):
    niceness = []
    monkeypatch.setattr(precedence.os, "nice", niceness.append)
    monkeypatch.setattr(precedence, "_AUTOGROUP", tmp_path / "missing" / "autogroup")
    leads_session(monkeypatch, os.getpid())
    precedence.give_way()
    assert niceness == [BEHIND_SERVERS]


@pytest.mark.parametrize(("refusals", "is_set"), [(2, True), (3, False)])
def test_a_system_that_says_not_now_is_asked_again_a_few_times(group, monkeypatch, refusals, is_set):
    write = type(group).write_text
    left = [BlockingIOError()] * refusals

    def refuse(self, *args, **options):
        if left:
            raise left.pop()
        return write(self, *args, **options)

    monkeypatch.setattr(precedence, "_RETRY_SECONDS", 0.0)
    monkeypatch.setattr(type(group), "write_text", refuse)
    leads_session(monkeypatch, os.getpid())
    precedence.give_way()
    assert group.exists() is is_set
