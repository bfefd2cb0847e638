"""Noticing that the list has changed, as the system tells of real files."""

import os
import threading
import time
from contextlib import contextmanager

import pytest
import structlog

from flagging.sync.sources import watch as watch_module
from flagging.sync.sources.watch import ListWatch

PATIENCE = 60.0


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    return folder


@pytest.fixture
def path(folder):
    path = folder / "list.csv"
    path.write_text("ppo_ref\n")
    return path


@contextmanager
def waiting(where):
    """Have a thread wait for a change from when the system watches on; yield an event that says it has come back."""
    stopping, is_back = threading.Event(), threading.Event()
    watch = ListWatch(str(where), stopping)
    watch.wait(0.001)  # the system watches from the first wait on

    def wait():
        watch.wait(10 * PATIENCE)
        is_back.set()

    thread = threading.Thread(target=wait)
    thread.start()
    try:
        yield is_back
    finally:
        stopping.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def write_in_place(path):
    path.write_text("ppo_ref\nB1\n")


def rename_in(path):
    part = path.with_name(".part")
    part.write_text("ppo_ref\nB1\n")
    part.replace(path)


def remove(path):
    path.unlink()


def rename_away(path):
    path.rename(path.with_suffix(".old"))


def date_anew(path):
    os.utime(path, (1, 1))


def link_in(path):
    part = path.with_name(".part")
    part.symlink_to("/dev/null")
    part.replace(path)


@pytest.mark.parametrize("change", [write_in_place, rename_in, remove, rename_away, date_anew, link_in])
def test_the_system_tells_of_every_change_of_a_file(path, change):
    with waiting(path) as is_back:
        change(path)
        assert is_back.wait(PATIENCE)


def test_a_file_that_comes_into_being_is_noticed(folder):
    with waiting(folder / "list.csv") as is_back:
        (folder / "list.csv").touch()
        assert is_back.wait(PATIENCE)


@pytest.mark.parametrize("change", [write_in_place, rename_in, remove, rename_away])
def test_the_system_tells_of_every_change_in_a_directory_of_lists(folder, path, change):
    with waiting(folder) as is_back:
        change(path)
        assert is_back.wait(PATIENCE)


@pytest.mark.parametrize("is_directory", [False, True])
def test_other_files_beside_the_list_wake_nobody(folder, path, is_directory):
    with waiting(folder if is_directory else path) as is_back:
        for number in range(20):
            (folder / f"{number}.log").write_text("x")
        assert not is_back.wait(1.0)
        path.touch()
        assert is_back.wait(PATIENCE)


def test_a_folder_put_in_the_place_of_the_one_watched_is_watched_anew(tmp_path, folder, path):
    newer = tmp_path / "newer"
    newer.mkdir()
    with waiting(path) as is_back:
        folder.rename(tmp_path / "older")
        newer.rename(folder)
        deadline = time.monotonic() + PATIENCE
        while not is_back.wait(0.2):  # when the new folder is watched nobody tells
            assert time.monotonic() < deadline, "it was never watched"
            path.touch()


@pytest.mark.parametrize("where", ["/nowhere/at/all/list.csv", "https://lists.example.org/list.csv"])
def test_what_cannot_be_watched_is_waited_for_and_stopping_ends_that(where):
    with waiting(where) as is_back:
        assert not is_back.wait(0.05)


def test_a_system_that_cannot_tell_is_warned_of_once_in_a_while_and_done_without(path, monkeypatch):
    def refuse(*_, **__):
        raise RuntimeError("too many are watched already")

    monkeypatch.setattr(watch_module.watchfiles, "watch", refuse)
    watch = ListWatch(str(path), threading.Event())
    with structlog.testing.capture_logs() as logs:
        watch.wait(0.01)
        watch.wait(0.01)
    assert [line["event"] for line in logs] == ["list_not_watched"]


# -- what is looked at besides ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [write_in_place, rename_in, remove, date_anew])
@pytest.mark.parametrize("is_directory", [False, True])
def test_every_change_changes_the_mark(folder, path, change, is_directory):
    watch = ListWatch(str(folder if is_directory else path), threading.Event())
    before = watch.mark()
    assert watch.mark() == before
    change(path)
    assert watch.mark() != before


def test_a_change_that_leaves_size_and_time_as_they_were_changes_the_mark(path):
    watch, before = ListWatch(str(path), threading.Event()), path.stat()
    mark = watch.mark()
    path.write_text("PPO_REF\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert watch.mark() != mark


def test_a_change_of_what_a_link_leads_to_changes_the_mark(tmp_path, path):
    link = tmp_path / "list.csv"
    link.symlink_to(path)
    watch = ListWatch(str(link), threading.Event())
    mark = watch.mark()
    rename_in(path)
    assert watch.mark() != mark


@pytest.mark.parametrize("where", ["/nowhere/list.csv", "https://lists.example.org/list.csv"])
def test_what_is_not_there_and_an_address_have_no_mark(where):
    assert ListWatch(where, threading.Event()).mark() is None


def test_other_files_in_a_directory_of_lists_do_not_change_its_mark(folder, path):
    watch = ListWatch(str(folder), threading.Event())
    mark = watch.mark()
    (folder / "readme.txt").touch()
    assert watch.mark() == mark
