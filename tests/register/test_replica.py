"""The replica file: what one worker kept, the next one builds on; what does not verify is not kept at all."""

import pytest
from editions import KEYRING, OTHER_KEYRING, PEOPLE, build, fake_redis, flip, pointer_to, put

from flagging.register.host_file import locked
from flagging.register.replica import LOCK_NAME, NAME, NOTE_NAME, ReplicaFile
from flagging.register.store import EditionStore

WHAT_IS_KEPT = {NAME, NOTE_NAME, LOCK_NAME}


def names_in(tmp_path):
    return {each.name for each in (tmp_path / "state").iterdir()}


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


def test_a_pointer_to_another_edition_than_the_one_to_keep_is_refused(kept, store):
    assert not kept.keep(store.manifest(7), pointer_to(build().manifest, 71))
    assert kept.generation() == 70


def test_what_killed_processes_left_half_written_is_swept(kept, store, tmp_path):
    for number in (1, 2):
        (tmp_path / "state" / f".{NAME}.{number}.part").write_bytes(b"half, and perhaps of people erased since")
    assert kept.keep(store.manifest(7), pointer_to(store.manifest(7), 71))
    assert names_in(tmp_path) == WHAT_IS_KEPT


def test_one_process_writes_at_a_time(kept, store, tmp_path):
    with locked(tmp_path / "state" / LOCK_NAME) as is_ours:
        assert is_ours
        assert not kept.keep(store.manifest(7), pointer_to(store.manifest(7), 71))
    assert kept.generation() == 70
    assert kept.keep(store.manifest(7), pointer_to(store.manifest(7), 71))


def test_a_damaged_file_is_written_anew(kept, store, tmp_path):
    path = tmp_path / "state" / NAME
    path.write_bytes(flip(path.read_bytes(), -20))
    assert kept.load() is None
    assert kept.keep(store.manifest(7), pointer_to(store.manifest(7), 70, hold="digest"))
    assert kept.load() is not None


def test_a_later_edition_is_not_overwritten_by_an_earlier_one(kept, store):
    assert kept.keep(store.manifest(7), pointer_to(store.manifest(7), 60))
    assert kept.generation() == 70


def test_a_file_that_cannot_be_written_leaves_the_one_before(kept, store, tmp_path):
    manifest, _, _ = kept.load()
    store.client.flushall()
    other = build(number=8).manifest
    assert not kept.keep(other, pointer_to(other, 80))
    assert kept.load()[0] == manifest
    assert names_in(tmp_path) == WHAT_IS_KEPT
