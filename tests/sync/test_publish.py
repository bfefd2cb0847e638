"""Publishing: a new edition, its number and generation, what is kept of it, and what is not."""

from dataclasses import replace

import pytest
from editions import (
    KEYRING,
    LIMITS,
    NEWCOMER,
    PEOPLE,
    build,
    content_of,
    draft,
    heartbeat_of,
    person,
    publish,
    publisher,
    put,
    sync_report,
)
from published import editions_in, out_of_reach, served

from flagging.errors import PublishConflict, SpoolUnwritable, StoreUnreachable
from flagging.register.chunks import chunk_key
from flagging.register.live import LiveRegister
from flagging.register.manifest import Counts
from flagging.register.publication import Publication
from flagging.register.store import EDITIONS, EditionStore
from flagging.register.sync_log import Told
from flagging.sync.publish import PUBLISHED

# -- a new edition ---------------------------------------------------------------------------------------------------


def test_a_published_edition_is_what_a_server_then_holds(store):
    manifest = publish(store, caveats=("1 row …",))
    edition = served(store)
    assert edition.manifest == manifest
    assert edition.index.records == list(PEOPLE)
    assert (manifest.number, manifest.counts, manifest.caveats) == (1, Counts(3, 1, 1), ("1 row …",))
    assert (manifest.list_name, manifest.list_digest, manifest.listed_count) == ("list.csv", "digest", 4)
    assert manifest.key_id == KEYRING.key_id


def test_its_report_goes_with_it_and_names_it(store):
    publish(store, report=sync_report(added=("T-1",)))
    report = store.edition_report(1)
    assert (report["edition"], report["added"]) == (1, ["T-1"])


def test_what_is_told_of_it_is_there_with_the_switch(store):
    publish(store, told=lambda manifest: Told({"edition": manifest.number}, lambda _: [{"id": manifest.fingerprint}]))
    pointer = store.look().pointer
    assert store.look().last_sync == {"edition": 1}
    assert store.log.reports() == [{"id": pointer.fingerprint}]


def test_its_heartbeat_is_the_moment_it_was_built_by_the_clock_of_redis(store):
    before = store.look().now
    manifest = publish(store)
    sighting = store.look()
    assert manifest.checked_at == manifest.built_at
    assert sighting.heartbeat == heartbeat_of(manifest, manifest.built_at, manifest.list_dated)
    assert before <= manifest.built_at <= sighting.now
    assert (sighting.pointer.edition, sighting.pointer.because) == (1, PUBLISHED)
    assert sighting.pointer.fingerprint == manifest.fingerprint


def test_an_edition_for_which_no_list_was_read_is_as_old_as_when_one_was(store):
    manifest = publish(store, checked_at=1_000_000.0)
    assert (manifest.checked_at, store.look().heartbeat.checked_at) == (1_000_000.0, 1_000_000.0)
    assert manifest.built_at > manifest.checked_at


def test_a_list_dated_or_checked_in_the_future_is_dated_now(store):
    later = store.look().now + 3600
    manifest = publish(store, list_dated=later, checked_at=later)
    assert manifest.list_dated == manifest.checked_at == manifest.built_at


def test_numbers_and_generations_grow_from_edition_to_edition(store):
    seen = []
    for _ in range(3):
        publish(store)
        pointer = store.look().pointer
        seen.append((pointer.edition, pointer.generation))
    assert [number for number, _ in seen] == [1, 2, 3]
    assert seen == sorted(set(seen))


def test_generation_and_number_grow_on_after_redis_has_forgotten_everything(store):
    number = publish(store).number
    generation = store.look().pointer.generation
    register = LiveRegister(store, LIMITS)
    register.look(wait=True)
    store.client.flushall()
    manifest = publish(store, (*PEOPLE, NEWCOMER), follows=number)
    assert manifest.number > number
    assert store.look().pointer.generation > generation
    register.look(wait=True)
    assert register.held.edition.manifest == manifest


def test_a_number_that_comes_back_is_told_apart_and_followed(store):
    """Redis and the worker's disk are lost: the first sync after that is edition 1 again, of other people."""
    first = publish(store)
    register = LiveRegister(store, LIMITS)
    register.look(wait=True)
    store.client.flushall()
    again = publish(store, (*PEOPLE, NEWCOMER))
    assert first.number == again.number == 1
    register.look(wait=True)
    assert register.held.edition.manifest == again
    assert register.held.source(register.clock()) == "redis"


def test_the_generation_grows_even_where_the_clock_of_redis_was_set_back(store):
    class Lagging(EditionStore):
        def look(self):
            return replace(super().look(), now=1.0)

    publish(store)
    generation = store.look().pointer.generation
    publish(Lagging(store.client, KEYRING))
    assert store.look().pointer.generation == generation + 1


def test_how_far_it_has_got_is_told(store):
    steps = []
    crowd = [person(f"Z-{each:03}", "sampleton") for each in range(300)]
    publisher(store).publish(draft(crowd), lambda *step: steps.append(step))
    packing, verifying = (
        [("packing", 250, 300), ("packing", 300, 300)],
        [("verifying", 8, 300), ("verifying", 264, 300), ("verifying", 300, 300)],
    )
    assert steps == [*packing, *verifying]


# -- on condition ----------------------------------------------------------------------------------------------------


def test_a_draft_built_on_an_edition_that_is_no_longer_current_is_void(store):
    publish(store)
    seen = store.look().pointer
    publish(store, (*PEOPLE, NEWCOMER))
    before = content_of(store.client)
    for void in (seen, None):
        with pytest.raises(PublishConflict):
            publisher(store).publish(draft(seen=void))
    after = content_of(store.client)
    assert {key for key in before | after if before.get(key) != after.get(key)} == {b"flagging:fence"}


def test_what_has_to_be_on_record_is_recorded_of_a_verified_edition_before_it_is_current(store):
    seen = []
    publish(store, record=lambda manifest: seen.append((manifest, store.look().pointer, store.is_whole(manifest))))
    ((manifest, pointer, is_whole),) = seen
    assert manifest == store.pointed(store.look().pointer)
    assert pointer is None
    assert is_whole


def test_what_cannot_be_recorded_is_not_published(store):
    old = publish(store)

    def fail(_manifest):
        raise SpoolUnwritable("no space")

    with pytest.raises(SpoolUnwritable):
        publish(store, (*PEOPLE, NEWCOMER), record=fail)
    assert served(store).manifest == old
    assert publish(store, (*PEOPLE, NEWCOMER)).number == 3
    assert editions_in(store.client) == [1, 3]


# -- what is kept ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keep", [1, 2, 5])
def test_so_many_editions_are_kept_whole_and_no_trace_of_older_ones(store, keep):
    for _ in range(7):
        publish(store, keep=keep)
    expected = list(range(8 - keep, 8))
    assert store.kept() == editions_in(store.client) == expected
    for number in expected:
        assert store.is_whole(store.manifest(number))


def test_what_an_unfinished_publisher_left_is_swept_by_the_next(store):
    publish(store)
    store.client.set(chunk_key(9, 0), b"orphan")
    store.client.set(chunk_key(100, 3), b"orphan")
    put(store, build(number=12))
    publish(store)
    assert editions_in(store.client) == [1, 2]


def test_the_current_edition_is_never_swept_even_if_redis_forgot_that_it_is_kept(store, monkeypatch):
    publish(store)
    store.client.delete(EDITIONS)
    monkeypatch.setattr(Publication, "switch", out_of_reach)
    with pytest.raises(StoreUnreachable):
        publish(store)
    assert served(store).manifest.number == 1
