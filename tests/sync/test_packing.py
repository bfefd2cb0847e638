"""A record that has not changed is packed and unpacked once, and every edition is what it would be without that."""

from dataclasses import replace
from datetime import timedelta

import pytest
from editions import FORMER, NEWCOMER, PEOPLE, SAMPLE, draft, publisher
from listed import DAY, EVERYBODY, everybody_but, removed, row
from published import served

from flagging.errors import EditionUnverified, SpoolUnwritable
from flagging.register import chunks as chunks_module
from flagging.register.chunks import pack_row, unpack_row
from flagging.register.manifest import Manifest
from flagging.register.publication import Publication
from flagging.register.wire import pack_record, unpack_record
from flagging.sync.packing import Packing
from flagging.sync.report import Result


class Watched:
    """Publishes one edition after another, and counts whose records are worked through."""

    def __init__(self, store, monkeypatch):
        self.publisher, self.packed, self.unpacked = publisher(store), [], []
        monkeypatch.setattr(chunks_module, "pack_record", self._pack)
        monkeypatch.setattr(chunks_module, "unpack_record", self._unpack)

    def publish(self, records, **options):
        self.packed.clear()
        self.unpacked.clear()
        seen = self.publisher.store.look().pointer
        return self.publisher.publish(replace(draft(records), seen=seen, **options))[0]

    def _pack(self, record):
        self.packed.append(record.ppo_ref)
        return pack_record(record)

    def _unpack(self, packed):
        record = unpack_record(packed)
        self.unpacked.append(record.ppo_ref)
        return record


@pytest.fixture
def watched(store, monkeypatch):
    return Watched(store, monkeypatch)


def refs(records):
    return [record.ppo_ref for record in records]


def test_a_record_that_has_not_changed_is_neither_packed_nor_unpacked_again(watched):
    watched.publish(PEOPLE)
    assert watched.packed == watched.unpacked == refs(PEOPLE)
    altered = replace(SAMPLE, home_ocu="F9")
    watched.publish((FORMER, altered, NEWCOMER))
    assert watched.packed == watched.unpacked == refs((altered, NEWCOMER))


def test_an_edition_of_records_known_is_the_one_that_records_unknown_make(watched, store):
    watched.publish(PEOPLE)
    records = (NEWCOMER, *PEOPLE[::-1])
    manifest = watched.publish(records)
    draft_upon_it = replace(draft(records), seen=store.look().pointer)
    assert publisher(store).publish(draft_upon_it)[0].content_digest == manifest.content_digest
    assert served(store).index.records == list(records)


def test_a_record_equal_to_the_last_but_not_the_same_is_packed_again(watched):
    watched.publish(PEOPLE)
    copy = replace(SAMPLE)
    watched.publish((copy,))
    assert watched.packed == refs((copy,))
    assert watched.unpacked == []  # what stands in Redis is the same, byte for byte


def test_who_was_gone_for_one_edition_is_packed_again(watched):
    watched.publish((FORMER, SAMPLE))
    watched.publish((FORMER,))
    watched.publish((FORMER, SAMPLE))
    assert watched.packed == watched.unpacked == refs((SAMPLE,))


def test_a_record_that_does_not_come_back_as_it_went_in_is_unpacked_again_each_time(watched, monkeypatch):
    def forgetful(packed):
        return replace(watched._unpack(packed), home_ocu="F8")

    monkeypatch.setattr(chunks_module, "unpack_record", forgetful)
    watched.publish((SAMPLE,))
    watched.publish((SAMPLE,))
    assert (watched.packed, watched.unpacked) == ([], refs((SAMPLE,)))


def test_an_edition_is_verified_though_all_its_records_are_known(watched, store, monkeypatch):
    watched.publish(PEOPLE)
    before = store.look().pointer
    write_chunk = Publication.write_chunk
    with monkeypatch.context() as patch:
        patch.setattr(
            Publication, "write_chunk", lambda self, number, at, chunk: write_chunk(self, number, at, chunk[:-1])
        )
        with pytest.raises(EditionUnverified):
            watched.publish(PEOPLE)
    assert store.look().pointer == before
    watched.publish(PEOPLE)
    assert (watched.packed, watched.unpacked) == ([], [])


def test_after_an_edition_that_could_not_be_recorded_the_next_is_whole(watched, store):
    def refuse(_: Manifest):
        raise SpoolUnwritable("no room")

    watched.publish(PEOPLE)
    with pytest.raises(SpoolUnwritable):
        watched.publish((SAMPLE,), record=refuse)
    watched.publish(PEOPLE)
    assert watched.packed == watched.unpacked == [ref for ref in refs(PEOPLE) if ref != SAMPLE.ppo_ref]
    assert served(store).index.records == list(PEOPLE)


def test_the_rows_held_are_those_in_redis(watched, store):
    watched.publish(PEOPLE)
    rows = [watched.publisher.packing.row_of(record) for record in PEOPLE]
    assert rows == [pack_row(record) for record in PEOPLE]
    assert [unpack_row(row)[0] for row in rows] == served(store).index.records


# -- from one day, or one process, to the next -----------------------------------------------------------------------


@pytest.fixture
def packed(site, monkeypatch):
    """Whose records are packed, of a site that has synced."""
    site.sync()
    refs = []
    monkeypatch.setattr(chunks_module, "pack_record", lambda record: refs.append(record.ppo_ref) or pack_record(record))
    return refs


def someone_new():
    return [*EVERYBODY, row(5, ppo_ref="B90")]


def test_on_a_new_day_who_has_not_changed_is_not_packed_again(site, packed):
    site.day += timedelta(days=1)
    assert site.write_and_sync(someone_new()).added == ("B90",)
    assert packed == ["B90"]


def test_a_worker_that_starts_packs_ahead_and_then_what_changes_alone(site, packed):
    site.restart()
    assert site.sync().result is Result.UNCHANGED
    site.synchroniser.remember()
    site.synchroniser.read_ahead(lambda: False)
    assert sorted(packed) == sorted(site.records())
    packed.clear()
    assert site.write_and_sync(someone_new()).added == ("B90",)
    assert packed == ["B90"]
    assert [pack_row(record) for record in served(site.store).index.records] == [
        site.synchroniser.publisher.packing.row_of(record) for record in site.synchroniser.last.records.values()
    ]


def test_packing_ahead_that_is_told_to_stop_leaves_nothing_half_held(site):
    site.sync()
    packing = Packing()
    asked = iter([False, True])
    packing.pack_ahead(site.synchroniser.last.records.values(), lambda: next(asked))
    assert (packing._rows, packing.known) == ({}, {})


def test_who_would_not_come_back_as_he_went_in_is_packed_ahead_but_not_known(monkeypatch):
    packing = Packing()
    monkeypatch.setattr(chunks_module, "unpack_record", lambda packed: replace(unpack_record(packed), home_ocu="F8"))
    packing.pack_ahead([SAMPLE, FORMER], lambda: False)
    assert packing.row_of(SAMPLE) == pack_row(SAMPLE)
    assert packing.known == {}


def test_whoever_another_process_took_off_the_register_is_forgotten_with_the_next_look(site):
    site.sync()
    packing, gone = site.synchroniser.publisher.packing, EVERYBODY[0]["ppo_ref"]
    other = site.synchroniser
    site.restart()
    site.write_and_sync(everybody_but(removed(DAY - timedelta(days=1))))
    site.day += timedelta(days=400)
    assert gone in site.sync().erased
    assert gone in {record.ppo_ref for record in packing.known.values()}
    other.remember()
    assert gone not in {record.ppo_ref for record in packing.known.values()}
    assert packing._rows.keys() == site.records().keys()
