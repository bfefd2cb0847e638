"""Editions in Redis, against a made-up Redis and a real one: what stands there is read, or refused."""

import orjson
import pytest
from editions import (
    KEYRING,
    OTHER_KEYRING,
    ROTATED_KEYRING,
    build,
    content_of,
    flip,
    heartbeat_of,
    pointer_to,
    put,
)

from flagging.errors import EditionUnverified, KeyUnknown, PublishConflict, SealBroken, StoreUnreachable
from flagging.redis_connection import connect
from flagging.register.chunks import chunk_key, manifest_key
from flagging.register.publication import publishing
from flagging.register.store import ERASING, HEARTBEAT, POINTER, EditionStore
from flagging.register.sync_log import LAST_SYNC, Told
from flagging.sealing import Purpose

BUILT = build()
CURRENT = pointer_to(BUILT.manifest, generation=1000)
BEAT = heartbeat_of(BUILT.manifest, checked_at=1_770_000_000.0, list_dated=1_769_990_000.0)
ACCEPTED = {"result": "published", "accepted": {"digest": "digest"}}


@pytest.fixture
def filled(store):
    """A store that holds edition 7 as the current one."""
    put(store, BUILT)
    with publishing(store) as publication:
        publication.switch(CURRENT, BEAT, Told(ACCEPTED, lambda _: [{"added": ["T-1"]}]))
    return store


# -- looking --------------------------------------------------------------------------------------------------------


def test_an_empty_redis_points_to_nothing(store):
    sighting = store.look()
    assert (sighting.pointer, sighting.heartbeat, sighting.last_sync, sighting.altered) == (None, None, None, ())
    assert store.kept() == []
    assert store.log.reports() == []


def test_what_was_written_is_seen_with_the_time_of_redis(filled):
    sighting = filled.look()
    assert (sighting.pointer, sighting.heartbeat, sighting.last_sync) == (CURRENT, BEAT, ACCEPTED)
    seconds, microseconds = filled.client.time()
    assert 0 <= seconds + microseconds / 1e6 - sighting.now < 60
    assert filled.kept() == [7]


def test_a_heartbeat_moves_on_alone(filled):
    later = heartbeat_of(BUILT.manifest, BEAT.checked_at + 60, BEAT.list_dated)
    filled.beat(later, CURRENT)
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


@pytest.mark.parametrize("key", [POINTER, HEARTBEAT, ERASING])
@pytest.mark.parametrize("document", [{"edition": 7}, {"edition": 7, "more": 1}], ids=repr)
def test_documents_of_another_version_are_nobodys_to_replace(filled, key, document):
    filled.documents.write(key, document)
    with pytest.raises(EditionUnverified) as raised:
        filled.look()
    assert not isinstance(raised.value, SealBroken)


def test_after_a_rotation_everything_of_the_old_key_is_still_read(filled):
    rotated = EditionStore(filled.client, ROTATED_KEYRING)
    assert rotated.look().pointer == CURRENT
    assert rotated.manifest(7).key_id == "k-old"
    assert rotated.log.reports() == [{"added": ["T-1"]}]


def test_a_heartbeat_vouches_for_the_edition_of_its_fingerprint_alone(filled):
    sighting = filled.look()
    assert sighting.heartbeat_of(CURRENT.fingerprint) == BEAT
    assert sighting.heartbeat_of(build().manifest.fingerprint) is None


def test_an_erasure_cut_short_is_seen(filled):
    filled.documents.write(ERASING, {"refs": ["T-1", "T-2"]})
    assert filled.look().erasing == ("T-1", "T-2")


# -- unless the pointer has moved ------------------------------------------------------------------------------------


CONDITIONED = {
    "heartbeat": lambda store, seen: store.beat(BEAT, seen),
    "note": lambda store, seen: store.tell(Told({"result": "refused"}, lambda _: [{"id": "new"}]), seen),
}


@pytest.mark.parametrize("write", CONDITIONED.values(), ids=CONDITIONED)
@pytest.mark.parametrize("moved", ["another edition", "the same again", "gone", "altered"])
def test_whoever_has_not_seen_the_pointer_move_writes_nothing(filled, write, moved):
    """A worker that stalled wakes up: neither its heartbeat nor its note may replace those of the one that went on."""
    if moved == "gone":
        filled.client.delete(POINTER)
    elif moved == "altered":
        filled.client.set(POINTER, b"garbage")
    else:
        other = build(number=8).manifest if moved == "another edition" else BUILT.manifest
        with publishing(filled) as publication:
            publication.switch(pointer_to(other, generation=2000), BEAT, Told())
    before = content_of(filled.client)
    with pytest.raises(PublishConflict):
        write(filled, CURRENT)
    assert content_of(filled.client) == before


@pytest.mark.parametrize("write", CONDITIONED.values(), ids=CONDITIONED)
def test_nor_if_it_moves_between_looking_and_writing(filled, monkeypatch, write):
    make_pipeline = filled.client.pipeline

    def pipeline(*args, **options):
        pipe = make_pipeline(*args, **options)
        multi = pipe.multi

        def move():
            monkeypatch.undo()
            filled.documents.write(POINTER, {"edition": 8, "fingerprint": "", "generation": 9, "because": "x"})
            multi()

        pipe.multi = move
        return pipe

    before = content_of(filled.client)
    monkeypatch.setattr(filled.client, "pipeline", pipeline)
    with pytest.raises(PublishConflict):
        write(filled, CURRENT)
    after = content_of(filled.client)
    assert {key.decode() for key in before | after if before.get(key) != after.get(key)} == {POINTER}


def test_a_note_can_be_left_where_there_is_no_pointer(store):
    store.tell(Told({"result": "unreadable"}), None)
    assert store.look().last_sync == {"result": "unreadable"}


# -- manifests and chunks -------------------------------------------------------------------------------------------


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


def test_a_manifest_of_another_fingerprint_than_the_pointers_is_refused(store):
    put(store, BUILT)
    assert store.pointed(CURRENT) == BUILT.manifest
    put(store, build())
    with pytest.raises(EditionUnverified, match="not the edition that the pointer names"):
        store.pointed(CURRENT)


def test_an_edition_is_whole_while_every_chunk_is_as_it_was_written(store, two_to_a_chunk):
    built = build()
    put(store, built)
    assert store.is_whole(built.manifest)
    store.client.set(chunk_key(7, 1), flip(built.chunks[1], 50))
    assert not store.is_whole(built.manifest)
    store.client.delete(chunk_key(7, 1))
    assert not store.is_whole(built.manifest)


# -- the rest --------------------------------------------------------------------------------------------------------


OPERATIONS = {
    "look": lambda store: store.look(),
    "manifest": lambda store: store.manifest(7),
    "chunk": lambda store: store.chunk(7, 0),
    "kept": lambda store: store.kept(),
    "publishing": lambda store: publishing(store).__enter__(),
    "beat": lambda store: store.beat(BEAT, CURRENT),
    "tell": lambda store: store.tell(Told({}), None),
    "reports": lambda store: store.log.reports(),
    "edition_report": lambda store: store.edition_report(7),
}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_a_redis_out_of_reach_is_one_error_whatever_is_asked(free_port, operation):
    store = EditionStore(connect(f"redis://:hunter2@127.0.0.1:{free_port}/0"), KEYRING)
    with pytest.raises(StoreUnreachable) as raised:
        operation(store)
    assert "hunter2" not in str(raised.value)


def test_an_announcement_that_reaches_nobody_is_no_failure(free_port):
    EditionStore(connect(f"redis://127.0.0.1:{free_port}/0"), KEYRING).announce()


def test_a_list_in_the_place_of_the_pointer_points_to_nothing(filled):
    filled.client.delete(POINTER)
    filled.client.rpush(POINTER, "1")
    assert filled.look().pointer is None
