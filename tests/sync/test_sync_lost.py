"""What Redis has lost is published again with all that is still known, and the guards go on watching."""

from datetime import timedelta

import pytest
from editions import flip
from listed import EVERYBODY, MENDED, assert_intact, row

from flagging.register.chunks import chunk_key, manifest_key
from flagging.register.store import HEARTBEAT, POINTER
from flagging.register.sync_log import LAST_SYNC, REPORTS
from flagging.sync.report import Result


def test_after_a_flush_the_register_is_published_again_with_all_it_knew(worn):
    generation, number = worn.store.look().pointer.generation, worn.manifest().number
    worn.client.flushall()
    worn.day += timedelta(days=3)
    report = worn.sync()
    assert report.result is Result.PUBLISHED
    assert report.edition > number
    assert worn.store.look().pointer.generation > generation
    assert_intact(worn)


def test_a_worker_that_never_published_remembers_the_register_as_well(worn):
    worn.restart()
    assert worn.sync().result is Result.UNCHANGED
    worn.synchroniser.remember()
    worn.client.flushall()
    assert worn.sync().result is Result.PUBLISHED
    assert_intact(worn)


def test_a_worker_remembers_what_another_has_published_since(worn):
    other = worn.synchroniser
    other.remember()
    worn.restart()
    worn.write_and_sync([*MENDED, row(7, ppo_ref="B92")])
    other.remember()
    worn.client.flushall()
    worn.write(MENDED)
    worn.synchroniser = other
    assert worn.sync().result is Result.PUBLISHED
    assert "B92" in worn.records()


def test_remembering_an_edition_that_no_longer_verifies_keeps_the_one_remembered(worn):
    worn.synchroniser.remember()
    worn.client.delete(chunk_key(worn.manifest().number, 0))
    worn.synchroniser.remember()
    worn.client.flushall()
    worn.sync()
    assert_intact(worn)


LOSSES = {
    "the pointer": lambda client, number: client.delete(POINTER),
    "the pointer, altered": lambda client, number: client.set(POINTER, b"garbage"),
    "pointer and notes": lambda client, number: client.delete(POINTER, HEARTBEAT, LAST_SYNC, REPORTS),
    "the manifest": lambda client, number: client.delete(manifest_key(number)),
    "a chunk": lambda client, number: client.delete(chunk_key(number, 0)),
    "a chunk, altered": lambda client, number: client.set(
        chunk_key(number, 0), flip(client.get(chunk_key(number, 0)), -1)
    ),
}


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("is_new", [False, True], ids=["same-worker", "new-worker"])
def test_what_redis_has_lost_in_part_is_published_again_with_all_that_is_still_known(worn, lose, is_new):
    changed = [row(2, police_om_phone="0121 496 0702") if each["ppo_ref"] == "B02" else each for each in MENDED]
    assert worn.write_and_sync(changed).edition == 3  # so there are two that know of everybody
    lose(worn.client, worn.store.look().pointer.edition)
    worn.day += timedelta(days=1)
    if is_new:
        worn.restart()
    assert worn.sync().result is Result.PUBLISHED
    assert_intact(worn)
    assert worn.sync().result is Result.UNCHANGED


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
def test_the_guards_go_on_watching_though_redis_has_lost_something(worn, lose):
    lose(worn.client, worn.store.look().pointer.edition)
    worn.restart()
    assert worn.write_and_sync(EVERYBODY[:5]).guard == "count_drop"


def test_the_guards_go_on_watching_after_a_flush(worn):
    worn.client.flushall()
    assert worn.write_and_sync(EVERYBODY[:5]).guard == "count_drop"
    assert worn.store.look().pointer is None
    assert worn.write_and_sync(EVERYBODY).result is Result.PUBLISHED


def test_a_new_worker_after_a_flush_builds_on_what_the_last_one_kept_on_disk(worn):
    worn.has_disk = True
    worn.restart()
    worn.write_and_sync([*MENDED, row(7, ppo_ref="B92")])
    worn.client.flushall()
    worn.restart()
    assert worn.write_and_sync(EVERYBODY[:5]).guard == "count_drop"
    assert worn.store.look().pointer is None
    assert worn.write_and_sync(MENDED).result is Result.PUBLISHED
    assert {"B01", "B92"} <= worn.records().keys()


@pytest.mark.parametrize("key", [HEARTBEAT, LAST_SYNC])
def test_an_altered_note_is_written_anew(site, key):
    site.client.set(key, b"garbage")
    assert site.sync().result is Result.UNCHANGED
    sighting = site.store.look()
    assert sighting.altered == ()
    assert sighting.heartbeat.edition == sighting.pointer.edition == 1
    assert site.sync().result is Result.UNCHANGED


def test_a_copy_that_could_not_be_written_is_tried_again(worn):
    worn.has_disk = True
    worn.restart()
    state = worn.list.parent / "state"
    state.write_bytes(b"")  # a file in its place
    worn.sync()
    worn.synchroniser.remember()
    state.unlink()
    worn.synchroniser.remember()
    worn.restart()
    assert worn.synchroniser.last.manifest == worn.manifest()
