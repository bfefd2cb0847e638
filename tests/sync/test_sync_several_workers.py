"""Several workers, and copies of Redis that lag behind: nothing older ever takes the place of something newer."""

from dataclasses import replace
from datetime import timedelta

import pytest
from listed import DAY, EVERYBODY, row
from published import editions_in

from flagging.errors import EditionUnverified, PublishConflict
from flagging.register.manifest import Heartbeat
from flagging.register.publication import LOCK
from flagging.register.store import HEARTBEAT, POINTER
from flagging.register.sync_log import LAST_SYNC
from flagging.sync import publish as publish_module
from flagging.sync import synchronise as synchronise_module
from flagging.sync.merge import merge
from flagging.sync.removal import Removals, confirm_removal
from flagging.sync.report import Result
from flagging.terms import Status


def test_while_another_worker_publishes_this_one_says_so_and_notes_nothing(site):
    site.write([*EVERYBODY, row(5, ppo_ref="B90")])
    site.client.set(LOCK, 99)
    before = site.client.get(LAST_SYNC)
    with pytest.raises(PublishConflict):
        site.sync()
    assert site.client.get(LAST_SYNC) == before
    site.client.delete(LOCK)
    assert site.sync().result is Result.PUBLISHED


def test_an_edition_that_does_not_verify_after_writing_is_not_noted_as_accepted(site, monkeypatch):
    def fail(*_args):
        raise EditionUnverified("edition 2: a canary lookup does not find its own record")

    monkeypatch.setattr(publish_module, "load_edition", fail)
    site.write([*EVERYBODY, row(5, ppo_ref="B90")])
    for _ in range(2):
        with pytest.raises(EditionUnverified):
            site.sync()
    assert site.store.look().pointer.edition == 1
    assert site.last_sync()["result"] == "published"
    monkeypatch.undo()
    assert site.sync().result is Result.PUBLISHED


def test_an_edition_published_from_another_list_is_not_taken_for_what_this_list_says(site):
    other = site.list.with_name("other.csv")
    mine, site.list = site.list, other
    site.write_and_sync([row(0, status="removed"), *EVERYBODY[1:]])
    assert site.records()["B00"].status is Status.FORMER
    site.list = mine
    site.date(later=60)
    assert site.sync().result is Result.PUBLISHED
    assert site.records()["B00"].status is Status.ACTIVE


def test_the_date_of_a_heartbeat_for_another_edition_is_not_held_against_a_list(site):
    site.store.beat(Heartbeat(1, "another", site.store.look().now, site.dated + 50_000), site.pointer())
    assert site.write_and_sync([*EVERYBODY, row(5, ppo_ref="B90")]).result is Result.PUBLISHED


def test_a_list_older_than_the_one_last_checked_is_refused(site):
    site.date(later=600)
    site.sync()
    site.write([*EVERYBODY, row(5, ppo_ref="B90")], later=-300)
    assert site.sync().guard == "list_date"


def test_a_lagging_redis_that_points_to_an_earlier_edition_is_brought_up_to_the_list(site):
    earlier = {key: site.client.get(key) for key in (POINTER, HEARTBEAT, LAST_SYNC)}
    site.write_and_sync([row(0, status="removed"), *EVERYBODY[1:]])
    newest = site.store.look().pointer
    for key, value in earlier.items():
        site.client.set(key, value)
    assert site.sync().result is Result.PUBLISHED
    assert site.store.look().pointer.generation > newest.generation
    assert site.records()["B00"].status is Status.FORMER


def test_an_earlier_pointer_put_back_alone_is_not_vouched_for(site):
    earlier = site.client.get(POINTER)
    site.write_and_sync([row(0, status="removed"), *EVERYBODY[1:]])
    site.client.set(POINTER, earlier)
    assert site.sync().result is Result.PUBLISHED
    assert site.records()["B00"].status is Status.FORMER


def test_an_old_copy_of_redis_put_back_counts_as_lost_and_costs_nobody_their_place(site):
    site.write_and_sync(EVERYBODY)
    old = site.client.get(POINTER)
    site.write_and_sync([*EVERYBODY, row(7, ppo_ref="B92")])
    site.write_and_sync(EVERYBODY)
    site.client.set(POINTER, old)
    report = site.sync()
    assert (report.result, report.edition) == (Result.PUBLISHED, 4)
    assert site.records()["B92"].missing_since == DAY


def test_nor_does_it_bring_back_who_was_erased_since_not_even_by_going_back(site):
    """What an old copy holds is no edition to go back to, and its reports name whom nothing may name any more."""
    gone = row(0, status="removed", removed_on=(DAY - timedelta(days=365)).isoformat())
    site.write_and_sync([gone, *EVERYBODY[1:]])
    old = {key: site.client.dump(key) for key in site.client.scan_iter()}
    site.day += timedelta(days=1)
    assert site.sync().erased == ("B00",)
    site.client.flushall()
    for key, dumped in old.items():
        site.client.restore(key, 0, dumped)
    assert site.sync().result is Result.PUBLISHED
    assert site.store.kept() == [site.pointer().edition]
    assert site.sync().result is Result.UNCHANGED
    for number in (1, 2):
        with pytest.raises(EditionUnverified):
            site.go_back(number)
    assert "B00" not in site.records()
    assert "'B00'" not in str(site.reports())
    site.write_and_sync([*EVERYBODY[1:], row(7, ppo_ref="B92")])
    assert editions_in(site.client) == site.store.kept()


def test_a_clock_of_redis_that_was_set_back_keeps_no_new_edition_from_being_followed(site):
    site.write_and_sync(EVERYBODY)
    seen = site.pointer().generation + 10**9
    site.synchroniser.memory.pointer = replace(site.pointer(), generation=seen)
    assert site.sync().result is Result.PUBLISHED
    assert site.store.look().pointer.generation == seen + 1
    assert site.sync().result is Result.UNCHANGED


def test_a_sync_that_was_overtaken_publishes_and_notes_nothing(site, monkeypatch):
    """Somebody is confirmed as gone after the list was read and before what it says is published."""
    site.write_and_sync(EVERYBODY[1:])

    def overtaken(*args, **options):
        monkeypatch.undo()
        confirm_removal(
            Removals(site.synchroniser.publisher, site.synchroniser.notes, site.recorder), "B00", "gone", DAY
        )
        return merge(*args, **options)

    monkeypatch.setattr(synchronise_module, "merge", overtaken)
    note = site.last_sync()
    site.write([*EVERYBODY[1:], row(5, ppo_ref="B90")])
    with pytest.raises(PublishConflict):
        site.sync()
    assert site.last_sync() == note
    assert site.records()["B00"].status is Status.FORMER
    assert site.sync().result is Result.PUBLISHED
    records = site.records()
    assert records["B00"].status is Status.FORMER
    assert "B90" in records


@pytest.mark.parametrize(
    "rows", [EVERYBODY[1:], EVERYBODY[:10], EVERYBODY[:0:-1]], ids=["same", "refused", "reordered"]
)
def test_nor_does_it_note_that_nothing_changed_or_that_the_list_was_refused(site, monkeypatch, rows):
    site.write_and_sync(EVERYBODY[1:])
    site.day += timedelta(days=1)

    def overtaken(*args, **options):
        monkeypatch.undo()
        confirm_removal(
            Removals(site.synchroniser.publisher, site.synchroniser.notes, site.recorder), "B00", "gone", DAY
        )
        return merge(*args, **options)

    monkeypatch.setattr(synchronise_module, "merge", overtaken)
    beat, note = site.store.look().heartbeat, site.last_sync()
    site.write(rows)
    with pytest.raises(PublishConflict):
        site.sync()
    sighting = site.store.look()
    assert sighting.last_sync == note
    assert (sighting.heartbeat.checked_at, sighting.heartbeat.list_dated) == (beat.checked_at, beat.list_dated)
