"""The publishing lock and what may be written under it, against a made-up Redis and a real one."""

import pytest
from editions import PEOPLE, build, content_of, heartbeat_of, pointer_to, put
from redis.exceptions import ConnectionError as RedisUnreachable
from redis.exceptions import ReadOnlyError

from flagging.errors import PublishConflict
from flagging.register.chunks import chunk_key, manifest_key, report_key
from flagging.register.publication import FENCE, LAST_NUMBER, LOCK, LOCK_SECONDS, publishing
from flagging.register.store import ANNOUNCEMENTS, EDITIONS, ERASING, LAST_SYNC
from flagging.register.sync_log import REPORTS, Told

BUILT, NEXT = build(), build(number=8)
CURRENT = pointer_to(BUILT.manifest, generation=1000)
BEAT = heartbeat_of(BUILT.manifest, checked_at=1_770_000_000.0, list_dated=1_769_990_000.0)


@pytest.fixture
def filled(store):
    """A store that holds edition 7 as the current one."""
    put(store, BUILT)
    with publishing(store) as publication:
        publication.switch(CURRENT, BEAT, Told())
    return store


# -- the lock --------------------------------------------------------------------------------------------------------


def test_of_two_publishers_one_is_turned_away(store):
    with publishing(store):
        lock = store.client.get(LOCK)
        with pytest.raises(PublishConflict), publishing(store):
            pytest.fail("both hold the lock")
        assert store.client.get(LOCK) == lock
    with publishing(store):
        assert store.client.get(LOCK) != lock


def test_the_lock_is_given_back_after_a_failure(store):
    with pytest.raises(ZeroDivisionError), publishing(store):
        raise ZeroDivisionError
    with publishing(store):
        pass


@pytest.mark.parametrize("error", [RedisUnreachable, ReadOnlyError])
def test_a_lock_that_cannot_be_given_back_does_not_hide_what_went_wrong(store, monkeypatch, error):
    def unreachable(*_args, **_options):
        raise error

    def fail():
        monkeypatch.setattr(store.client, "pipeline", unreachable)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), publishing(store):
        fail()


@pytest.mark.parametrize(
    "work",
    [lambda publication: publication.write_chunk(7, 0, b"sealed"), lambda publication: publication.renew()],
    ids=["writing-a-chunk", "renewing"],
)
def test_the_lock_of_a_dead_publisher_expires_and_a_working_one_renews_it(store, work):
    with publishing(store) as publication:
        assert 0 < store.client.ttl(LOCK) <= LOCK_SECONDS
        store.client.expire(LOCK, 5)
        work(publication)
        assert store.client.ttl(LOCK) > 5


WRITES = {
    "write_chunk": lambda publication: publication.write_chunk(8, 0, b"sealed"),
    "renew": lambda publication: publication.renew(),
    "write_manifest": lambda publication: publication.write_manifest(NEXT.manifest, {"edition": 8}),
    "switch": lambda publication: publication.switch(
        pointer_to(NEXT.manifest, 2000), BEAT, Told({"result": "published"}, lambda _: [{"id": "1"}]), erased=["T-1"]
    ),
    "replace_edition": lambda publication: publication.replace_edition(BUILT.manifest, [b"sealed"], 1),
    "replace_report": lambda publication: publication.replace_report(7, {}),
    "revise_reports": lambda publication: publication.revise_reports(lambda _: [{"id": "2"}]),
    "finish_erasing": lambda publication: publication.finish_erasing(),
    "retire": lambda publication: publication.retire([7]),
    "sweep": lambda publication: publication.sweep([]),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("lost", ["expired", "taken", "flushed"])
def test_a_publisher_that_lost_the_lock_changes_nothing(filled, write, lost):
    with publishing(filled) as publication:
        filled.client.delete(LOCK)
        if lost == "flushed":
            filled.client.decr(FENCE)  # numbers begin again: the next one has the same
        if lost == "expired":
            take_over = None
        else:
            take_over = publishing(filled)
            take_over.__enter__()
        before = content_of(filled.client)
        with pytest.raises(PublishConflict):
            write(publication)
        assert content_of(filled.client) == before
    assert content_of(filled.client) == before, "it gave back a lock that was another's"
    if take_over:
        take_over.__exit__(None, None, None)


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_lock_taken_over_between_looking_and_writing_is_noticed(filled, monkeypatch, write):
    """The other takes the lock after this one has seen its own number there, and before it writes."""
    with publishing(filled) as publication:
        make_pipeline = filled.client.pipeline

        def pipeline(*args, **options):
            pipe = make_pipeline(*args, **options)
            multi = pipe.multi

            def take_over():
                filled.client.set(LOCK, "another")
                multi()

            pipe.multi = take_over
            return pipe

        before = content_of(filled.client)
        monkeypatch.setattr(filled.client, "pipeline", pipeline)
        with pytest.raises(PublishConflict):
            write(publication)
        monkeypatch.undo()
        after = content_of(filled.client)
    assert {key for key in before if before[key] != after.get(key)} == {LOCK.encode()}
    assert before.keys() == after.keys()


# -- the switch ------------------------------------------------------------------------------------------------------


def test_a_switch_is_one_write_of_all_that_tells_of_it(filled):
    pointer, beat = pointer_to(NEXT.manifest, 2000), heartbeat_of(NEXT.manifest, 5.0, 4.0)
    transactions = []
    with publishing(filled) as publication:
        make_pipeline = filled.client.pipeline

        def pipeline(*args, **options):
            pipe = make_pipeline(*args, **options)
            execute = pipe.execute
            pipe.execute = lambda: (transactions.append(len(pipe.command_stack)), execute())
            return pipe

        filled.client.pipeline = pipeline
        told = Told({"result": "published"}, lambda reports: [{"id": "1"}, *reports])
        publication.switch(pointer, beat, told, erased=["T-1", "T-2"])
        filled.client.pipeline = make_pipeline
    assert transactions == [6]
    sighting = filled.look()
    assert (sighting.pointer, sighting.heartbeat, sighting.last_sync) == (pointer, beat, {"result": "published"})
    assert sighting.erasing == ("T-1", "T-2")
    assert filled.kept() == [7, 8]
    assert filled.log.reports() == [{"id": "1"}]


def test_a_switch_of_which_there_is_nothing_to_tell_leaves_note_and_reports(filled):
    filled.tell(Told({"result": "refused"}, lambda _: [{"id": "1"}]), CURRENT)
    before = content_of(filled.client)
    with publishing(filled) as publication:
        publication.switch(pointer_to(NEXT.manifest, 2000), BEAT, Told())
    after = content_of(filled.client)
    assert [after[key.encode()] for key in (LAST_SYNC, REPORTS)] == [
        before[key.encode()] for key in (LAST_SYNC, REPORTS)
    ]
    assert filled.client.get(ERASING) is None


def test_a_switch_to_begin_afresh_with_keeps_no_other_edition(filled):
    with publishing(filled) as publication:
        publication.switch(pointer_to(NEXT.manifest, 2000), BEAT, Told(), is_afresh=True)
    assert filled.kept() == [8]


def test_a_switch_is_announced(store):
    with store.client.pubsub(ignore_subscribe_messages=True) as announcements:
        announcements.subscribe(ANNOUNCEMENTS)
        announcements.get_message(timeout=5)
        with publishing(store) as publication:
            publication.switch(CURRENT, BEAT, Told())
        assert announcements.get_message(timeout=5)["data"] == b"look"


# -- numbers and what is kept ----------------------------------------------------------------------------------------


def test_numbers_count_up_and_never_come_back(store):
    with publishing(store) as publication:
        assert [publication.next_number(above=0) for _ in range(3)] == [1, 2, 3]
        store.client.delete(LAST_NUMBER)
        assert publication.next_number(above=42) == 43
        assert publication.next_number(above=42) == 44


def test_kept_editions_are_those_that_were_current_once(store):
    for number in (10, 9, 8):
        built = build(number=number)
        put(store, built)
        with publishing(store) as publication:
            publication.switch(pointer_to(built.manifest, number), BEAT, Told())
    put(store, build(number=11))
    store.client.sadd(EDITIONS, "what is this")
    assert store.kept() == [8, 9, 10]
    with publishing(store) as publication:
        publication.retire([9, 10])
        publication.retire([])
    assert store.kept() == [8]


def test_a_sweep_deletes_every_part_of_what_is_not_kept_and_nothing_else(filled):
    with publishing(filled) as publication:
        publication.write_chunk(8, 0, b"sealed")
        publication.write_chunk(8, 1, b"sealed")
        publication.write_manifest(NEXT.manifest, {})
        publication.write_chunk(77, 0, b"sealed")
        filled.client.set("flagging:edition:what:chunk:0", b"sealed")
        filled.client.set("flagging:editions-of-another", b"theirs")
        publication.sweep([7])
    left = {key.decode() for key in filled.client.keys("flagging:edition*")}
    assert left == {manifest_key(7), chunk_key(7, 0), EDITIONS, "flagging:editions-of-another"}


def test_an_edition_put_in_the_place_of_a_longer_one_leaves_nothing_of_it(filled, two_to_a_chunk):
    longer, shorter = build(number=8), build(PEOPLE[:1], number=8)
    put(filled, longer)
    with publishing(filled) as publication:
        publication.replace_edition(shorter.manifest, shorter.chunks, former_chunks=len(longer.chunks))
        publication.replace_report(8, {"result": "published"})
    assert filled.manifest(8) == shorter.manifest
    assert filled.is_whole(shorter.manifest)
    keys = {key.decode() for key in filled.client.keys("flagging:edition:8*")}
    assert keys == {manifest_key(8), chunk_key(8, 0), report_key(8)}
    assert filled.edition_report(8) == {"result": "published"}
