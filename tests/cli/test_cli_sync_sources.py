"""`flagging sync` from a directory of files, and what it shows while it works."""

import csv
import os
import pty
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from flagging.configuration.master_list import FIELDS
from flagging.synth import write_master_list

PUBLISHED, REFUSED, UNREADABLE = 0, 2, 3


def write(path: Path, *numbers: int) -> None:
    rows = [
        {
            "ppo_ref": f"TST-{number:04}",
            "status": "active",
            "family_name": f"Nettle{chr(97 + number % 26)}ship",
            "date_of_birth": f"19{60 + number}-01-01",
        }
        for number in numbers
    ]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def lists(installation):
    """A directory with the lists of two OCUs, one far smaller than what any guard would miss."""
    directory = installation.directory / "lists"
    directory.mkdir()
    write(directory / "D1.csv", *range(1, 40))
    write(directory / "F1.csv", 40)
    installation.set("MASTER_LIST", directory)
    assert installation.sync().exit_code == PUBLISHED
    return directory


def test_a_directory_of_lists_is_one_register(installation, lists):
    write(lists / "F1.csv", 40, 41)
    result = installation.sync()
    assert result.exit_code == PUBLISHED
    assert result.stdout.startswith("published, edition 2: lists")
    assert "added: TST-0041" in result.stdout


def test_a_file_that_has_vanished_is_refused_by_name_until_somebody_says_it_is_meant(installation, lists):
    (lists / "F1.csv").unlink()
    result = installation.sync()
    assert result.exit_code == REFUSED
    assert "files: the list has no file F1.csv any more" in result.stdout
    assert installation.sync("--force", "--reason", "F1 has merged with D1").exit_code == PUBLISHED
    write(lists / "D1.csv", *range(1, 41))
    assert installation.sync().exit_code == PUBLISHED


def test_a_file_that_cannot_be_read_makes_the_list_unreadable(installation, lists):
    (lists / "F1.csv").unlink()
    (lists / "F1.csv").mkdir()
    result = installation.sync()
    assert (result.exit_code, "F1.csv: Is a directory" in result.stdout) == (UNREADABLE, True)


# -- while it works --------------------------------------------------------------------------------------------------


@pytest.fixture
def long_list(installation):
    write_master_list(installation.master_list, 600, 1, date(2026, 3, 2))
    os.utime(installation.master_list, (1_770_000_000, 1_770_000_000))


def sync_process(installation, stderr):
    return subprocess.Popen(
        [sys.executable, "-m", "flagging", "sync", "--json"],
        env=os.environ | {"TERM": "xterm", "COLUMNS": "100"},
        cwd=installation.directory,
        stdout=subprocess.PIPE,
        stderr=stderr,
    )


def test_on_a_terminal_a_bar_shows_how_far_each_step_has_got(installation, long_list):
    ours, theirs = pty.openpty()
    process = sync_process(installation, theirs)
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 4096):
            shown += piece
    except OSError:  # the other end is closed
        pass
    finally:
        process.communicate(timeout=60)
        os.close(ours)
    assert process.returncode == 0
    for step in (b"reading", b"packing", b"verifying"):
        assert step in shown
    assert shown.count(b"100%") >= 3


def test_without_a_terminal_no_bar_is_drawn(installation, long_list):
    process = sync_process(installation, subprocess.PIPE)
    _, shown = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"%" not in shown
