"""The replica file: what one worker kept, the next one builds on; what does not verify is not kept at all."""

import time

import pytest
from editions import KEYRING, OTHER_KEYRING, PEOPLE, build, date_file, fake_redis, flip, pointer_to, put

from flagging.register.replica import LEFT_BEHIND_SECONDS, NAME, ReplicaFile
from flagging.register.store import EditionStore


@pytest.fixture
def store():
    return EditionStore(fake_redis(), KEYRING)


@pytest.fixture
def kept(store, tmp_path):
    """The file, holding the edition that stands in the store."""
    put(store, build())
    file = ReplicaFile(tmp_path / "state", store)
    assert file.keep(store.manifest(7), pointer_to(store.manifest(7), 70, hold="digest"))
    return file


def test_what_was_kept_is_there_for_the_next_process(kept, store, tmp_path):
    known = store.manifest(7)
    store.client.flushall()
    file = ReplicaFile(tmp_path / "state", store)
    manifest, records, pointer = file.load()
    assert (manifest, pointer) == (known, pointer_to(known, 70, hold="digest"))
    assert file.generation() == 70
    assert records == {record.ppo_ref: record for record in PEOPLE}


def test_no_file_is_no_edition(store, tmp_path):
    file = ReplicaFile(tmp_path, store)
    assert (file.load(), file.generation()) == (None, 0)


def test_the_file_tells_nothing_to_who_has_no_key(kept, tmp_path):
    content = (tmp_path / "state" / NAME).read_bytes().lower()
    for record in PEOPLE:
        assert record.ppo_ref.lower().encode() not in content


def test_a_file_of_another_installation_is_refused(kept, tmp_path):
    assert ReplicaFile(tmp_path / "state", EditionStore(fake_redis(), OTHER_KEYRING)).load() is None


@pytest.mark.parametrize("part", range(40))
def test_an_altered_file_is_refused_wherever_it_was_altered(kept, tmp_path, part):
    path = tmp_path / "state" / NAME
    content = path.read_bytes()
    path.write_bytes(flip(content, len(content) * part // 40, part % 8))
    assert kept.load() is None


@pytest.mark.parametrize("part", range(20))
def test_a_file_cut_short_is_refused(kept, tmp_path, part):
    path = tmp_path / "state" / NAME
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * part // 20])
    assert kept.load() is None


def test_a_pointer_to_another_edition_than_the_one_kept_is_refused(kept, store, tmp_path):
    assert kept.keep(store.manifest(7), pointer_to(build().manifest, 71))
    assert (kept.load(), kept.generation()) == (None, 0)


def test_what_a_killed_process_left_half_written_is_swept_and_another_ones_work_is_not(kept, store, tmp_path):
    old, new = (tmp_path / "state" / f".{NAME}.{number}.part" for number in (1, 2))
    for part in (old, new):
        part.write_bytes(b"half")
    date_file(old, time.time() - LEFT_BEHIND_SECONDS - 1)
    assert kept.keep(store.manifest(7), pointer_to(store.manifest(7), 71))
    assert {each.name for each in (tmp_path / "state").iterdir()} == {NAME, new.name}


def test_a_file_that_cannot_be_written_leaves_the_one_before(kept, store, tmp_path):
    manifest, _, _ = kept.load()
    store.client.flushall()
    other = build(number=8).manifest
    assert not kept.keep(other, pointer_to(other, 80))
    assert kept.load()[0] == manifest
    assert [each.name for each in (tmp_path / "state").iterdir()] == [NAME]
