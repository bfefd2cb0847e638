"""The master list as a file or a directory of files: whole, dated and recognisable."""

import dataclasses
import fcntl
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from flagging.errors import SourceUnreadable
from flagging.sync.sources.read import read_source, source_name

HEADER = "ppo_ref,status\n"


def no_pause(_):
    pass


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(HEADER + "BHM-0001,active\n")
    return path


def content(master_list):
    (file,) = master_list.files
    return file.content


def set_modified(path, when):
    os.utime(path, (when.timestamp(), when.timestamp()))


# -- its date --------------------------------------------------------------------------------------------------------


def test_a_list_is_dated_by_the_last_change_of_its_file(path, form):
    changed = datetime(2026, 3, 1, 4, 5, tzinfo=UTC)
    set_modified(path, changed)
    assert read_source(str(path), form).dated == changed


def test_a_list_whose_file_claims_to_be_of_the_future_is_dated_by_when_the_claim_was_made(path, form):
    set_modified(path, datetime.now(UTC) + timedelta(days=400))
    assert read_source(str(path), form, pause=no_pause).dated.timestamp() == pytest.approx(
        path.stat().st_ctime, abs=1e-5
    )


# -- the same list or another ----------------------------------------------------------------------------------------


def test_an_unchanged_list_has_the_same_digest_whatever_its_date(path, form):
    first = read_source(str(path), form, frozenset({"F1"}), pause=no_pause)
    set_modified(path, datetime(2026, 3, 1, tzinfo=UTC))
    assert read_source(str(path), form, frozenset({"F1"})).digest == first.digest


def test_a_change_of_the_list_its_form_or_the_known_ocus_changes_the_digest(path, form):
    def digest(form=form, known_ocus=frozenset()):
        return read_source(str(path), form, known_ocus, pause=no_pause).digest

    digests = {
        digest(),
        digest(dataclasses.replace(form, date_formats=("%d/%m/%Y",))),
        digest(dataclasses.replace(form, encoding="cp1252")),
        digest(known_ocus=frozenset({"F1"})),
    }
    path.write_text(HEADER + "BHM-0002,active\n")
    digests.add(digest())
    assert len(digests) == 5


# -- never half-written ----------------------------------------------------------------------------------------------


def test_a_file_still_being_written_is_read_again_until_it_is_whole(path, form):
    parts = iter(["BHM-0002,active\n", "BHM-0003,active\n"])

    def write_on(_):
        if part := next(parts, ""):
            with path.open("a") as file:
                file.write(part)

    assert content(read_source(str(path), form, pause=write_on)).endswith(b"BHM-0003,active\n")


def test_a_file_that_never_comes_to_rest_is_unreadable(path, form):
    def write_on(_):
        with path.open("a") as file:
            file.write("BHM-0002,active\n")

    with pytest.raises(SourceUnreadable, match=r"list\.csv: kept changing"):
        read_source(str(path), form, pause=write_on)


def test_a_file_rewritten_with_the_same_size_and_time_while_it_is_read_is_read_again(path, form):
    before = path.stat()
    texts = iter([HEADER + "BHM-0009,active\n"])

    def rewrite(_):
        if text := next(texts, None):
            path.write_text(text)
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert b"BHM-0009" in content(read_source(str(path), form, pause=rewrite))


def test_a_file_put_in_the_place_of_another_while_that_is_read_is_the_one_that_counts(path, form):
    newer = path.with_suffix(".part")
    newer.write_text(HEADER + "BHM-0002,active\n")

    def rename_in(_):
        if newer.exists():
            newer.replace(path)

    assert b"BHM-0002" in content(read_source(str(path), form, pause=rename_in))


def test_a_file_at_rest_is_read_without_waiting(path, form):
    set_modified(path, datetime(2026, 3, 1, tzinfo=UTC))
    pauses = []
    read_source(str(path), form, pause=pauses.append)
    assert pauses == []


LOCK_AND_WAIT = """
import fcntl, sys
file = open(sys.argv[1], "r+")
getattr(fcntl, sys.argv[2])(file, fcntl.LOCK_EX)
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("kind", ["flock", "lockf"])
def test_a_file_that_its_writer_has_locked_is_waited_for_and_then_unreadable(path, form, kind):
    set_modified(path, datetime(2026, 3, 1, tzinfo=UTC))
    writer = subprocess.Popen(
        [sys.executable, "-c", LOCK_AND_WAIT, str(path), kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    pauses = []
    try:
        assert writer.stdout.readline() == b"locked\n"
        with pytest.raises(SourceUnreadable, match="is locked by whoever writes it"):
            read_source(str(path), form, pause=pauses.append)
    finally:
        writer.communicate()
    assert pauses
    assert read_source(str(path), form, pause=no_pause)


def test_another_reader_is_no_reason_to_wait(path, form):
    with path.open() as other:
        fcntl.flock(other, fcntl.LOCK_SH)
        assert read_source(str(path), form, pause=no_pause)


# -- what is no list -------------------------------------------------------------------------------------------------


def test_a_missing_file_is_unreadable_and_named(tmp_path, form):
    with pytest.raises(SourceUnreadable, match=r"^gone\.csv: No such file"):
        read_source(str(tmp_path / "gone.csv"), form)


@pytest.mark.parametrize("where", ["pipe", "lists"])
def test_a_pipe_is_not_waited_for(tmp_path, form, where):
    (tmp_path / "lists").mkdir()
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(tmp_path / "lists" / "F1.csv")
    with pytest.raises(SourceUnreadable, match="is not a file"):
        read_source(str(tmp_path / where), form, pause=no_pause)


def test_a_file_above_the_size_limit_is_refused_unread(path, form):
    os.truncate(path, (1 << 20) + 1)
    with pytest.raises(SourceUnreadable, match=r"list\.csv: is larger than size_limit_mib"):
        read_source(str(path), dataclasses.replace(form, size_limit_mib=1), pause=no_pause)


@pytest.mark.parametrize(
    "where",
    [
        "https://user:geheim@lists.example.org/list.csv",
        "http://lists.example.org/geheim/list.csv",
        "ftp://lists.example.org/list.csv?geheim",
        "https://lists.example.org:geheim/list.csv",
        "https:///geheim/list.csv",
    ],
)
def test_an_address_that_is_not_plainly_https_is_refused_without_repeating_it(where, form):
    with pytest.raises(SourceUnreadable, match=r"^list\.csv: ") as refusal:
        read_source(where, form)
    assert "geheim" not in str(refusal.value)


@pytest.mark.parametrize(
    ("where", "name"),
    [
        ("/srv/ppo/list.csv", "list.csv"),
        ("/srv/lists/", "lists"),
        ("https://lists.example.org/geheim/ppo%20list.csv?token=geheim#geheim", "ppo list.csv"),
        ("https://reader:geheim@lists.example.org", "lists.example.org"),
        ("https://lists.example.org/a%1b%5bb.csv", "a[b.csv"),
        ("https://[::1", "the address"),
    ],
)
def test_a_source_is_called_by_its_last_part_alone(where, name):
    assert source_name(where) == name


# -- a directory of files --------------------------------------------------------------------------------------------


@pytest.fixture
def lists(tmp_path):
    lists = tmp_path / "lists"
    lists.mkdir()
    (lists / "F1.csv").write_text(HEADER + "BHM-0001,active\n")
    (lists / "D1.jsonl").write_text('{"ppo_ref": "BHM-0002"}\n')
    return lists


def test_a_directory_is_one_list_of_all_its_files_by_name(lists, form):
    for name in (".F2.csv", "~$F1.csv", "readme.txt", "F1.csv.part", "F3.CSV"):
        (lists / name).write_text(HEADER)
    read = read_source(str(lists), form, pause=no_pause)
    assert (read.name, read.file_names) == ("lists", ("D1.jsonl", "F1.csv", "F3.CSV"))


def test_a_directory_is_as_old_as_the_oldest_of_its_files(lists, form):
    oldest = datetime(2026, 2, 1, tzinfo=UTC)
    set_modified(lists / "F1.csv", oldest)
    assert read_source(str(lists), form, pause=no_pause).dated == oldest


def test_young_files_of_a_directory_are_waited_for_together(lists, form):
    pauses = []
    read_source(str(lists), form, pause=pauses.append)
    assert len(pauses) == 1


def test_a_row_that_moves_to_another_file_makes_another_list(lists, form):
    before = read_source(str(lists), form, pause=no_pause).digest
    (lists / "F1.csv").rename(lists / "F2.csv")
    assert read_source(str(lists), form, pause=no_pause).digest != before


def test_a_file_that_comes_while_the_others_are_read_is_read_too(lists, form):
    def add(_):
        if not (lists / "F2.csv").exists():
            (lists / "F2.csv").touch()

    assert "F2.csv" in read_source(str(lists), form, pause=add).file_names


def test_files_that_keep_coming_make_a_directory_unreadable(lists, form):
    numbers = iter(range(100))

    def add(_):
        (lists / f"{next(numbers)}.csv").touch()

    with pytest.raises(SourceUnreadable, match="kept"):
        read_source(str(lists), form, pause=add)


def test_one_file_that_cannot_be_read_makes_the_whole_list_unreadable_and_is_named(lists, form):
    (lists / "F2.csv").symlink_to(lists / "gone")
    with pytest.raises(SourceUnreadable, match=r"^F2\.csv: No such file"):
        read_source(str(lists), form, pause=no_pause)


def test_a_directory_without_lists_is_unreadable(tmp_path, form):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceUnreadable, match=r"^empty: holds no file"):
        read_source(str(tmp_path / "empty"), form)


def test_the_size_limit_is_one_for_all_files_of_a_directory(lists, form):
    for name in ("F2.csv", "F3.csv"):
        (lists / name).write_bytes(b"x" * 600_000)
    with pytest.raises(SourceUnreadable, match=r"^F3\.csv: is larger than size_limit_mib"):
        read_source(str(lists), dataclasses.replace(form, size_limit_mib=1), pause=no_pause)


def test_the_name_of_a_file_may_give_the_ocu(lists, form):
    (lists / "D1.jsonl").rename(lists / "d1.jsonl")
    own = dataclasses.replace(form, file_name_field="offending_ocu")
    read = read_source(str(lists), own, frozenset({"F1", "D1"}), pause=no_pause)
    assert [(file.name, file.defaults) for file in read.files] == [
        ("F1.csv", {"offending_ocu": "F1"}),
        ("d1.jsonl", {"offending_ocu": "D1"}),
    ]


def test_a_stray_copy_among_files_named_after_ocus_makes_the_list_unreadable(lists, form):
    (lists / "F1 (1).csv").write_text(HEADER)
    own = dataclasses.replace(form, file_name_field="home_ocu")
    with pytest.raises(SourceUnreadable, match=r"^F1 \(1\)\.csv: its name is no OCU"):
        read_source(str(lists), own, frozenset({"F1", "D1"}), pause=no_pause)
