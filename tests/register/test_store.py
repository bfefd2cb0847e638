"""Editions in Redis, against a made-up Redis and a real one."""

import orjson
import pytest
from editions import KEYRING, OTHER_KEYRING, ROTATED_KEYRING, build, content_of, flip, put
from redis.exceptions import ConnectionError as RedisUnreachable
from redis.exceptions import ReadOnlyError

from flagging.errors import EditionUnverified, KeyUnknown, PublishConflict, SealBroken, StoreUnreachable
from flagging.redis_connection import connect
from flagging.register.chunks import chunk_key, manifest_key
from flagging.register.manifest import Heartbeat, Pointer
from flagging.register.store import (
    ANNOUNCEMENTS,
    EDITIONS,
    HEARTBEAT,
    LAST_NUMBER,
    LAST_SYNC,
    LOCK,
    LOCK_SECONDS,
    POINTER,
    EditionStore,
)
from flagging.sealing import Purpose

CURRENT = Pointer(edition=7, generation=1000, because="published")
BEAT = Heartbeat(edition=7, checked_at=1_770_000_000.0, list_dated=1_769_990_000.0)
ACCEPTED = {"result": "published", "accepted": {"digest": "digest"}}


@pytest.fixture
def filled(store):
    """A store that holds edition 7 as the current one."""
    put(store, build())
    with store.publishing() as fence:
        store.switch(CURRENT, BEAT, fence)
    store.note_sync(ACCEPTED, {"added": ["T-1"]})
    return store


# -- looking ---------------------------------------------------------------------------------------------------------


def test_an_empty_redis_points_to_nothing(store):
    sighting = store.look()
    assert (sighting.pointer, sighting.heartbeat, sighting.last_sync, sighting.altered) == (None, None, None, ())
    assert store.kept() == []
    assert store.last_report() is None


def test_what_was_written_is_seen_with_the_time_of_redis(filled):
    sighting = filled.look()
    assert (sighting.pointer, sighting.heartbeat, sighting.last_sync) == (CURRENT, BEAT, ACCEPTED)
    seconds, microseconds = filled.client.time()
    assert 0 <= seconds + microseconds / 1e6 - sighting.now < 60
    assert filled.kept() == [7]


def test_a_heartbeat_moves_on_alone(filled):
    later = Heartbeat(7, BEAT.checked_at + 60, BEAT.list_dated)
    filled.beat(later)
    assert (filled.look().pointer, filled.look().heartbeat) == (CURRENT, later)


@pytest.mark.parametrize("key", [POINTER, HEARTBEAT, LAST_SYNC])
@pytest.mark.parametrize(
    "garbage",
    [b"", b"garbage", b"FS1", b"\xff" * 200, None],
    ids=["empty", "text", "mark-alone", "bytes", "altered"],
)
def test_an_altered_document_counts_as_lost_and_is_named(filled, key, garbage):
    filled.client.set(key, flip(filled.client.get(key), -1) if garbage is None else garbage)
    sighting = filled.look()
    assert sighting.altered == (key,)
    found = {POINTER: sighting.pointer, HEARTBEAT: sighting.heartbeat, LAST_SYNC: sighting.last_sync}
    assert found == {POINTER: CURRENT, HEARTBEAT: BEAT, LAST_SYNC: ACCEPTED} | {key: None}


def test_a_document_in_anothers_place_counts_as_lost(filled):
    filled.client.set(POINTER, filled.client.get(HEARTBEAT))
    assert filled.look().pointer is None


@pytest.mark.parametrize("key", [POINTER, HEARTBEAT, LAST_SYNC])
def test_documents_of_another_key_are_nobodys_to_replace(filled, key):
    EditionStore(filled.client, OTHER_KEYRING).documents.write(key, {})
    with pytest.raises(KeyUnknown):
        filled.look()


@pytest.mark.parametrize("key", [POINTER, HEARTBEAT])
@pytest.mark.parametrize("document", [{}, {"edition": 7}, {"edition": 7, "more": 1}], ids=repr)
def test_documents_of_another_version_are_nobodys_to_replace(filled, key, document):
    filled.documents.write(key, document)
    with pytest.raises(EditionUnverified) as raised:
        filled.look()
    assert not isinstance(raised.value, SealBroken)


def test_after_a_rotation_everything_of_the_old_key_is_still_read(filled):
    rotated = EditionStore(filled.client, ROTATED_KEYRING)
    assert rotated.look().pointer == CURRENT
    assert rotated.manifest(7).key_id == "k-old"
    assert rotated.last_report() == {"added": ["T-1"]}


# -- manifests and chunks --------------------------------------------------------------------------------------------


def test_a_manifest_and_its_chunks_are_read_back(store):
    built = build()
    put(store, built)
    assert store.manifest(7) == built.manifest
    assert [store.chunk(7, 0), store.chunk(7, 1)] == [built.chunks[0], None]


def test_a_manifest_that_is_not_there_is_missing(store):
    with pytest.raises(EditionUnverified, match="flagging:edition:7: missing"):
        store.manifest(7)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda sealed: b"", id="empty"),
        pytest.param(lambda sealed: sealed[:-1], id="cut-short"),
        pytest.param(lambda sealed: flip(sealed, 100), id="altered"),
        pytest.param(lambda sealed: sealed + b"\0", id="longer"),
        pytest.param(lambda sealed: orjson.dumps(build().manifest.to_dict()), id="not-sealed"),
        pytest.param(lambda sealed: seal(b"{}"), id="no-manifest"),
        pytest.param(lambda sealed: seal(b"[]"), id="a-list"),
        pytest.param(lambda sealed: seal(b"{"), id="not-json"),
        pytest.param(lambda sealed: seal(orjson.dumps(build(number=8).manifest.to_dict())), id="number-of-another"),
        pytest.param(lambda sealed: seal(b"{}", OTHER_KEYRING), id="of-another-key"),
    ],
)
def test_a_manifest_that_is_not_what_was_written_is_refused(store, damage):
    put(store, build())
    key = manifest_key(7)
    store.client.set(key, damage(store.client.get(key)))
    with pytest.raises(EditionUnverified):
        store.manifest(7)


def seal(content, keyring=KEYRING):
    return keyring.seal_for(Purpose.EDITION).seal(content, manifest_key(7))


def test_a_manifest_moved_to_another_number_is_refused(store):
    put(store, build())
    store.client.set(manifest_key(8), store.client.get(manifest_key(7)))
    with pytest.raises(EditionUnverified):
        store.manifest(8)


def test_an_edition_is_whole_while_every_chunk_is_as_it_was_written(store, two_to_a_chunk):
    built = build()
    put(store, built)
    assert store.is_whole(built.manifest)
    store.client.set(chunk_key(7, 1), flip(built.chunks[1], 50))
    assert not store.is_whole(built.manifest)
    store.client.delete(chunk_key(7, 1))
    assert not store.is_whole(built.manifest)


# -- the publishing lock ---------------------------------------------------------------------------------------------


def test_of_two_publishers_one_is_turned_away(store):
    with store.publishing() as first:
        with pytest.raises(PublishConflict), store.publishing():
            pytest.fail("both hold the lock")
        store.switch(CURRENT, BEAT, first)
    with store.publishing() as second:
        assert second != first


def test_the_lock_is_given_back_after_a_failure(store):
    with pytest.raises(ZeroDivisionError), store.publishing():
        raise ZeroDivisionError
    with store.publishing():
        pass


def test_the_lock_of_a_dead_publisher_expires_and_a_working_one_renews_it(store):
    with store.publishing() as fence:
        assert 0 < store.client.ttl(LOCK) <= LOCK_SECONDS
        store.client.expire(LOCK, 5)
        store.write_chunk(7, 0, b"sealed", fence)
        assert store.client.ttl(LOCK) > 5


FENCED = ("write_chunk", "write_manifest", "switch", "retire", "sweep")


def fenced_writes(store, fence):
    manifest = build(number=8).manifest
    return {
        "write_chunk": lambda: store.write_chunk(8, 0, b"sealed", fence),
        "write_manifest": lambda: store.write_manifest(manifest, {"edition": 8}, fence),
        "switch": lambda: store.switch(Pointer(8, 2000, "published"), BEAT, fence),
        "retire": lambda: store.retire([7], fence),
        "sweep": lambda: store.sweep([], fence),
    }


@pytest.mark.parametrize("what", FENCED)
@pytest.mark.parametrize("lost", ["expired", "taken"])
def test_a_publisher_that_lost_the_lock_changes_nothing(filled, what, lost):
    with filled.publishing() as fence:
        filled.client.delete(LOCK)
        if lost == "taken":
            filled.client.set(LOCK, fence + 1)
        before = content_of(filled.client)
        with pytest.raises(PublishConflict):
            fenced_writes(filled, fence)[what]()
        assert content_of(filled.client) == before
    assert content_of(filled.client) == before, "it gave back a lock that was another's"


@pytest.mark.parametrize("what", FENCED)
def test_a_lock_taken_over_between_looking_and_writing_is_noticed(filled, monkeypatch, what):
    """The other takes the lock after this one has seen its own number there, and before it writes."""
    with filled.publishing() as fence:
        make_pipeline = filled.client.pipeline

        def pipeline(*args, **options):
            pipe = make_pipeline(*args, **options)
            multi = pipe.multi

            def take_over():
                filled.client.set(LOCK, fence + 1)
                multi()

            pipe.multi = take_over
            return pipe

        before = content_of(filled.client)
        monkeypatch.setattr(filled.client, "pipeline", pipeline)
        with pytest.raises(PublishConflict):
            fenced_writes(filled, fence)[what]()
        monkeypatch.undo()
        after = content_of(filled.client)
    assert {key for key in before if before[key] != after.get(key)} == {LOCK.encode()}
    assert before.keys() == after.keys()


# -- numbers and what is kept ----------------------------------------------------------------------------------------


def test_numbers_count_up_and_never_come_back(store):
    assert [store.next_number(above=0) for _ in range(3)] == [1, 2, 3]
    store.client.delete(LAST_NUMBER)
    assert store.next_number(above=42) == 43
    assert store.next_number(above=42) == 44


def test_kept_editions_are_those_that_were_current_once(store):
    for number in (10, 9, 8):
        put(store, build(number=number))
        with store.publishing() as fence:
            store.switch(Pointer(number, number, "published"), BEAT, fence)
    put(store, build(number=11))
    store.client.sadd(EDITIONS, "what is this")
    assert store.kept() == [8, 9, 10]
    with store.publishing() as fence:
        store.retire([9, 10], fence)
        store.retire([], fence)
    assert store.kept() == [8]


def test_a_sweep_deletes_every_part_of_what_is_not_kept_and_nothing_else(filled):
    with filled.publishing() as fence:
        filled.write_chunk(8, 0, b"sealed", fence)
        filled.write_chunk(8, 1, b"sealed", fence)
        filled.write_manifest(build(number=8).manifest, {}, fence)
        filled.write_chunk(77, 0, b"sealed", fence)
        filled.client.set("flagging:edition:what:chunk:0", b"sealed")
        filled.client.set("flagging:editions-of-another", b"theirs")
        filled.sweep([7], fence)
    left = {key.decode() for key in filled.client.keys("flagging:edition*")}
    assert left == {manifest_key(7), chunk_key(7, 0), EDITIONS, "flagging:editions-of-another"}


# -- the rest --------------------------------------------------------------------------------------------------------


def test_a_sync_without_news_leaves_the_last_report(filled):
    filled.note_sync({"result": "unchanged"}, None)
    assert filled.look().last_sync == {"result": "unchanged"}
    assert filled.last_report() == {"added": ["T-1"]}


def test_a_switch_is_announced(store):
    with store.client.pubsub(ignore_subscribe_messages=True) as announcements:
        announcements.subscribe(ANNOUNCEMENTS)
        announcements.get_message(timeout=5)
        with store.publishing() as fence:
            store.switch(CURRENT, BEAT, fence)
        assert announcements.get_message(timeout=5)["data"] == b"look"


def every_operation(store):
    return {
        "look": store.look,
        "manifest": lambda: store.manifest(7),
        "chunk": lambda: store.chunk(7, 0),
        "kept": store.kept,
        "publishing": lambda: store.publishing().__enter__(),
        "next_number": lambda: store.next_number(0),
        "beat": lambda: store.beat(BEAT),
        "note_sync": lambda: store.note_sync({}, {}),
        "last_report": store.last_report,
        **fenced_writes(store, 1),
    }


OPERATIONS = ("look", "manifest", "chunk", "kept", "publishing", "next_number", "beat", "note_sync", "last_report")


@pytest.mark.parametrize("what", [*OPERATIONS, *FENCED])
def test_a_redis_out_of_reach_is_one_error_whatever_is_asked(free_port, what):
    store = EditionStore(connect(f"redis://:hunter2@127.0.0.1:{free_port}/0"), KEYRING)
    with pytest.raises(StoreUnreachable) as raised:
        every_operation(store)[what]()
    assert "hunter2" not in str(raised.value)


def test_an_announcement_that_reaches_nobody_is_no_failure(free_port):
    EditionStore(connect(f"redis://127.0.0.1:{free_port}/0"), KEYRING).announce()


@pytest.mark.parametrize("error", [RedisUnreachable, ReadOnlyError])
def test_a_lock_that_cannot_be_given_back_does_not_hide_what_went_wrong(store, monkeypatch, error):
    def unreachable(*_args, **_options):
        raise error

    def fail():
        monkeypatch.setattr(store.client, "pipeline", unreachable)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), store.publishing():
        fail()


def test_a_list_in_the_place_of_the_pointer_points_to_nothing(filled):
    filled.client.delete(POINTER)
    filled.client.rpush(POINTER, "1")
    assert filled.look().pointer is None
