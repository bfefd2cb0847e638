"""The spool: on disk before the answer leaves, sealed, in order; whatever breaks, what was written stays readable."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from flagging.errors import SealBroken, SpoolUnwritable
from flagging.key_file import create_key_file, load_keyring
from flagging.ledger.segments import keys_needed, read_segment
from flagging.sealing import Keyring, RootKey
from flagging.spool import LENGTH, MARK, SEGMENT_ID_BYTES, SYNC_SECONDS, Spool

REPOSITORY = Path(__file__).resolve().parent.parent
PERSONAL = b'{"family_name": "Quillfeather", "pnc_id": "2001/0171310W"}'


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "spool"


@pytest.fixture
def spool(directory, keyring):
    spool = Spool(directory, keyring)
    yield spool
    spool.close()


def segments(directory):
    return sorted(directory.glob("*.spool"))


def entries(directory, keyring):
    return [entry for path in segments(directory) for entry in read_segment(path, keyring)]


def header_length(keyring):
    return len(MARK) + 1 + len(keyring.key_id) + SEGMENT_ID_BYTES


def failures():
    return REGISTRY.get_sample_value("flagging_spool_failures_total")


def await_that(claim):
    deadline = time.monotonic() + 20
    while not claim():
        assert time.monotonic() < deadline
        time.sleep(0.01)


# -- written ---------------------------------------------------------------------------------------------------------


def test_entries_are_read_back_in_order(spool, directory, keyring):
    written = [b"first", b"", b"x" * 100_000, PERSONAL]
    for entry in written:
        spool.append(entry)
    assert entries(directory, keyring) == written


def test_an_entry_is_in_the_file_when_append_returns(spool, directory, keyring):
    for number in range(3):
        spool.append(b"%d" % number)
        assert len(entries(directory, keyring)) == number + 1


def test_no_byte_of_an_entry_stands_in_the_file_readably(spool, directory):
    for _ in range(3):
        spool.append(PERSONAL)
    content = segments(directory)[0].read_bytes()
    for value in (b"Quillfeather", b"171310", b"family_name", PERSONAL[10:18]):
        assert value not in content


def test_the_same_entry_never_looks_the_same_twice(spool, directory, keyring):
    spool.append(PERSONAL)
    spool.append(PERSONAL)
    content = segments(directory)[0].read_bytes()[header_length(keyring) :]
    assert content[: len(content) // 2] != content[len(content) // 2 :]


def test_directory_and_segments_are_their_owners_alone(spool, directory):
    spool.append(b"entry")
    assert directory.stat().st_mode & 0o777 == 0o700
    assert segments(directory)[0].stat().st_mode & 0o777 == 0o600


def test_a_full_segment_is_followed_by_another_and_the_order_of_names_is_that_of_time(directory, keyring):
    spool = Spool(directory, keyring, segment_bytes=200)
    written = [b"entry %d" % number for number in range(20)]
    for entry in written:
        spool.append(entry)
        time.sleep(0.002)  # the names carry the time in milliseconds
    spool.close()
    assert len(segments(directory)) > 3
    assert entries(directory, keyring) == written


def test_threads_append_without_mixing_or_losing_anything(spool, directory, keyring):
    def append(number):
        for each in range(50):
            spool.append(b"%d/%d" % (number, each))

    threads = [threading.Thread(target=append, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = entries(directory, keyring)
    assert sorted(found) == sorted(b"%d/%d" % (number, each) for number in range(4) for each in range(50))
    for number in range(4):
        own = [entry for entry in found if entry.startswith(b"%d/" % number)]
        assert own == [b"%d/%d" % (number, each) for each in range(50)]


def test_each_process_has_segments_of_its_own(directory, keyring):
    spools = [Spool(directory, keyring) for _ in range(3)]
    for number, spool in enumerate(spools):
        spool.append(b"%d" % number)
    for spool in spools:
        spool.close()
    assert len(segments(directory)) == 3
    assert sorted(entries(directory, keyring)) == [b"0", b"1", b"2"]


def test_what_a_killed_process_had_appended_is_there(tmp_path, keyring):
    child = subprocess.run(
        [sys.executable, "-P", "-c", KILLED, str(tmp_path / "spool"), str(key_file(tmp_path))],
        cwd=REPOSITORY,
        check=False,
        timeout=60,
    )
    assert child.returncode == -signal.SIGKILL
    assert entries(tmp_path / "spool", keyring_of(tmp_path)) == [b"entry %d" % number for number in range(5)]


def test_a_key_file_is_needed_to_read_what_was_written(spool, directory, other_keyring):
    spool.append(PERSONAL)
    with pytest.raises(SealBroken):
        entries(directory, other_keyring)


def test_what_was_written_is_forced_to_the_disk_before_long_and_the_name_of_the_file_with_it(
    spool, directory, monkeypatch
):
    forced = []

    def recording(force):
        def record(file):
            forced.append(Path(f"/proc/self/fd/{file}").readlink())
            force(file)

        return record

    monkeypatch.setattr("os.fdatasync", recording(os.fdatasync))
    monkeypatch.setattr("os.fsync", recording(os.fsync))
    spool.append(PERSONAL)
    await_that(lambda: len(forced) == 2)
    assert forced == [segments(directory)[0], directory]
    spool.append(PERSONAL)
    await_that(lambda: len(forced) == 3)
    assert forced[2] == segments(directory)[0]


# -- not written -----------------------------------------------------------------------------------------------------


def test_a_file_in_the_directorys_place_is_no_place_to_write(spool, directory):
    directory.write_bytes(b"")
    before = failures()
    assert not spool.is_writable()
    with pytest.raises(SpoolUnwritable):
        spool.append(PERSONAL)
    assert failures() == before + 1


def test_a_directory_replaced_under_an_open_segment_is_noticed(spool, directory, keyring):
    spool.append(b"before")
    segments(directory)[0].unlink()
    directory.rmdir()
    directory.write_bytes(b"")
    await_that(lambda: not spool.is_writable())
    with pytest.raises(SpoolUnwritable):
        spool.append(b"after")
    directory.unlink()
    spool.append(b"mended")
    assert entries(directory, keyring) == [b"mended"]


def test_a_removed_segment_is_noticed_and_followed_by_another(spool, directory, keyring):
    spool.append(b"lost")
    before = failures()
    segments(directory)[0].unlink()
    await_that(lambda: failures() == before + 1)
    spool.append(b"kept")
    assert entries(directory, keyring) == [b"kept"]


def test_noticing_takes_no_longer_than_forcing_to_the_disk():
    assert SYNC_SECONDS <= 0.1


def test_a_disk_that_fills_up_in_the_middle_of_an_entry_leaves_the_segment_readable(tmp_path):
    """The limit on the size of files stands for the full disk: the kernel takes part of the frame and no more."""
    said = in_a_small_world(tmp_path, 1000)
    written = said["written"]
    assert written > 3
    assert said["refused"] == 1
    full, _ = segments(tmp_path / "spool")
    _, whole = frames(full.read_bytes(), keyring_of(tmp_path))
    assert [len(frame) for frame in whole] == [LENGTH.size + 44 + 16] * written
    assert [entry.decode() for entry in entries(tmp_path / "spool", keyring_of(tmp_path))] == [
        *(f"{number:04}" + "x" * 40 for number in range(written)),
        "after",
    ]


def test_a_disk_too_full_for_a_segments_head_gathers_no_empty_segments(tmp_path):
    said = in_a_small_world(tmp_path, 20)
    assert said == {"written": 0, "refused": 10, "is_writable": False}
    assert segments(tmp_path / "spool") == []


# -- read back -------------------------------------------------------------------------------------------------------


WRITTEN = [b"first", b"second", PERSONAL, b"", b"last"]


@pytest.fixture(scope="module")
def content(tmp_path_factory, keyring):
    """The bytes of a segment that holds WRITTEN."""
    directory = tmp_path_factory.mktemp("written")
    spool = Spool(directory, keyring)
    for entry in WRITTEN:
        spool.append(entry)
    spool.close()
    return segments(directory)[0].read_bytes()


@pytest.fixture(scope="module")
def reread(tmp_path_factory, keyring):
    """Return what is read of some bytes, and whether reading them ended in an error."""
    path = tmp_path_factory.mktemp("reread") / "some.spool"

    def reread(content):
        path.write_bytes(content)
        found = []
        try:
            for entry in read_segment(path, keyring):
                found.append(entry)  # noqa: PERF402 what came before an error counts too
        except SealBroken:
            return found, True
        return found, False

    return reread


def frames(content, keyring):
    """Return the head of a segment and its frames."""
    position = header_length(keyring)
    head, found = content[:position], []
    while position < len(content):
        end = position + LENGTH.size + LENGTH.unpack_from(content, position)[0]
        found.append(content[position:end])
        position = end
    return head, found


@given(data=st.data())
def test_a_segment_cut_short_anywhere_reads_up_to_its_last_whole_entry(data, content, keyring, reread):
    length = data.draw(st.integers(0, len(content)))
    head, whole = frames(content, keyring)
    left = length - len(head)
    expected = 0
    while expected < len(whole) and left >= sum(map(len, whole[: expected + 1])):
        expected += 1
    assert reread(content[:length]) == (WRITTEN[:expected], False)


@given(data=st.data())
def test_a_changed_byte_never_reads_as_another_entry(data, content, reread):
    place = data.draw(st.integers(0, len(content) - 1))
    changed = bytearray(content)
    changed[place] ^= data.draw(st.integers(1, 255))
    found, _ = reread(bytes(changed))
    assert found == WRITTEN[: len(found)]
    assert len(found) < len(WRITTEN)


@pytest.mark.parametrize("place", range(3))
def test_a_changed_entry_does_not_open_and_nothing_after_it_is_read(place, content, keyring, reread):
    head, whole = frames(content, keyring)
    whole[place] = whole[place][:-1] + bytes([whole[place][-1] ^ 1])
    assert reread(head + b"".join(whole)) == (WRITTEN[:place], True)


@pytest.mark.parametrize(
    ("order", "readable"),
    [([1, 0, 2, 3, 4], 0), ([0, 1, 3, 2, 4], 2), ([0, 2, 3, 4], 1), ([1, 2, 3, 4], 0), ([0, 0, 1, 2, 3, 4], 1)],
    ids=["first two swapped", "two swapped", "one removed", "first removed", "one repeated"],
)
def test_entries_out_of_order_do_not_open(order, readable, content, keyring, reread):
    head, whole = frames(content, keyring)
    assert reread(head + b"".join(whole[each] for each in order)) == (WRITTEN[:readable], True)


def test_an_entry_of_another_segment_does_not_open(content, keyring, reread, tmp_path):
    spool = Spool(tmp_path, keyring)
    for entry in WRITTEN:
        spool.append(entry)
    spool.close()
    head, whole = frames(content, keyring)
    _, others = frames(segments(tmp_path)[0].read_bytes(), keyring)
    assert reread(head + whole[0] + others[1] + whole[2]) == (WRITTEN[:1], True)


@pytest.mark.parametrize("foreign", [b"x", b"PNG\r", b"FSP2" + b"x" * 60, b"not a segment at all" * 10])
def test_what_is_no_segment_is_refused(foreign, reread):
    assert reread(foreign) == ([], True)


@pytest.mark.parametrize("started", [b"", MARK[:2], MARK, MARK + b"\x0ek-", MARK + b"\x0ek-0123456789ab" + b"x" * 15])
def test_a_segment_whose_process_ended_before_its_head_was_written_holds_nothing(started, reread):
    assert reread(started) == ([], False)


# -- keys that are rotated -------------------------------------------------------------------------------------------


def test_once_there_is_a_newer_key_the_next_entry_begins_a_segment_under_it(directory):
    old, new = RootKey("k-old", b"o" * 32), RootKey("k-new", b"n" * 32)
    ring = Keyring((old,))
    spool = Spool(directory, ring)
    spool.append(b"before")
    ring.hold((new, old))
    spool.append(b"after")
    spool.append(b"after that")
    spool.close()
    assert keys_needed(directory) == {"k-old": 1, "k-new": 1}
    assert entries(directory, ring) == [b"before", b"after", b"after that"]
    assert entries(directory, Keyring((new, replace(old, is_superseded=True)))) == entries(directory, ring)


@pytest.mark.parametrize("started", [b"", MARK, MARK + b"\x03k", MARK + b"\x03k-1"])
def test_a_segment_whose_head_is_not_whole_does_not_spoil_the_count(directory, started):
    directory.mkdir()
    (directory / "one.spool").write_bytes(started)
    assert keys_needed(directory).total() == (len(started) > len(MARK))


def test_a_spool_that_does_not_exist_needs_no_key(directory):
    assert keys_needed(directory) == {}


# -- processes of their own ------------------------------------------------------------------------------------------


KILLED = """
import os, signal, sys
from pathlib import Path
from flagging.key_file import load_keyring
from flagging.spool import Spool
spool = Spool(Path(sys.argv[1]), load_keyring(Path(sys.argv[2])))
for number in range(5):
    spool.append(b"entry %d" % number)
os.kill(os.getpid(), signal.SIGKILL)
"""

SMALL_WORLD = """
import json, resource, sys
from pathlib import Path
from flagging.errors import SpoolUnwritable
from flagging.key_file import load_keyring
from flagging.spool import Spool
directory, keys, limit = sys.argv[1:]
spool = Spool(Path(directory), load_keyring(Path(keys)))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), resource.RLIM_INFINITY))
written = refused = 0
while refused < (1 if written else 10):
    try:
        spool.append(f"{written:04}".encode() + b"x" * 40)
        written += 1
    except SpoolUnwritable:
        refused += 1
said = {"written": written, "refused": refused}
if written:
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    spool.append(b"after")
else:
    said["is_writable"] = spool.is_writable()
spool.close()
print(json.dumps(said))
"""


def in_a_small_world(tmp_path, largest_file):
    """Append entries until one is refused, in a process whose files may not grow beyond so many bytes."""
    child = subprocess.run(
        [sys.executable, "-P", "-c", SMALL_WORLD, str(tmp_path / "spool"), str(key_file(tmp_path)), str(largest_file)],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        timeout=60,
    )
    return json.loads(child.stdout.splitlines()[-1])


def key_file(tmp_path):
    path = tmp_path / "keys.json"
    create_key_file(path)
    return path


def keyring_of(tmp_path):
    return load_keyring(tmp_path / "keys.json")
