"""Fetching the master list: whole, dated and recognisable."""

import dataclasses
import os
from datetime import UTC, datetime, timedelta

import pytest

from flagging.errors import SourceUnreadable
from flagging.sync.source import read_source


def no_pause(_):
    pass


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("ppo_ref,status\nBHM-0001,active\n")
    return path


def set_modified(path, when):
    os.utime(path, (when.timestamp(), when.timestamp()))


def test_a_list_is_dated_by_the_last_change_of_its_file(path, form):
    changed = datetime(2026, 3, 1, 4, 5, tzinfo=UTC)
    set_modified(path, changed)
    assert read_source(str(path), form).dated == changed


def test_a_list_is_never_dated_in_the_future(path, form):
    set_modified(path, datetime.now(UTC) + timedelta(days=400))
    assert read_source(str(path), form, pause=no_pause).dated <= datetime.now(UTC)


def test_an_unchanged_list_has_the_same_digest_whatever_its_date(path, form):
    first = read_source(str(path), form, frozenset({"F1"}), pause=no_pause)
    set_modified(path, datetime(2026, 3, 1, tzinfo=UTC))
    assert read_source(str(path), form, frozenset({"F1"})).digest == first.digest


def test_a_change_of_the_list_its_form_or_the_known_ocus_changes_the_digest(path, form):
    other_form = dataclasses.replace(form, date_formats=("%d/%m/%Y",))
    digests = {
        read_source(str(path), form, pause=no_pause).digest,
        read_source(str(path), other_form, pause=no_pause).digest,
        read_source(str(path), form, frozenset({"F1"}), pause=no_pause).digest,
    }
    path.write_text("ppo_ref,status\nBHM-0002,active\n")
    digests.add(read_source(str(path), form, pause=no_pause).digest)
    assert len(digests) == 4


def test_a_file_still_being_written_is_read_again_until_it_is_whole(path, form):
    parts = iter(["BHM-0002,active\n", "BHM-0003,active\n"])

    def write_on(_):
        with path.open("a") as file:
            file.write(next(parts, ""))

    assert read_source(str(path), form, pause=write_on).content.endswith(b"BHM-0003,active\n")


def test_a_file_that_never_comes_to_rest_is_unreadable(path, form):
    def write_on(_):
        with path.open("a") as file:
            file.write("BHM-0002,active\n")

    with pytest.raises(SourceUnreadable, match="kept changing"):
        read_source(str(path), form, pause=write_on)


def test_a_file_at_rest_is_read_without_waiting(path, form):
    set_modified(path, datetime(2026, 3, 1, tzinfo=UTC))
    pauses = []
    read_source(str(path), form, pause=pauses.append)
    assert pauses == []


def test_a_missing_file_is_unreadable_and_named(tmp_path, form):
    with pytest.raises(SourceUnreadable, match=r"^gone\.csv: No such file"):
        read_source(str(tmp_path / "gone.csv"), form)


def test_a_directory_or_pipe_is_not_waited_for(tmp_path, form):
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(SourceUnreadable, match="is not a file"):
            read_source(str(place), form)


def test_a_file_above_the_size_limit_is_refused_unread(path, form):
    os.truncate(path, (1 << 20) + 1)
    with pytest.raises(SourceUnreadable, match="larger than 1 MiB"):
        read_source(str(path), dataclasses.replace(form, size_limit_mib=1))


def test_an_address_is_refused_in_plain_words_without_repeating_it(form):
    with pytest.raises(SourceUnreadable, match="not supported yet") as refusal:
        read_source("https://user:secret@example.org/list.csv", form)
    assert "secret" not in str(refusal.value)
