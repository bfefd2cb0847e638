"""While an edition that was gone back to holds, the worker leaves it be: until another list arrives, or it is told."""

from datetime import timedelta

import pytest
from editions import ROTATED_KEYRING
from listed import DAY, EVERYBODY, FullDisk, row

from flagging.register.chunks import chunk_key
from flagging.register.freshness import AgeLimits
from flagging.register.live import LiveRegister
from flagging.register.store import POINTER
from flagging.register.sync_log import LAST_SYNC
from flagging.sync.publish import PUBLISHED, ROLLED_BACK
from flagging.sync.report import Result
from flagging.terms import Status

WITH_B90 = [*EVERYBODY, row(5, ppo_ref="B90")]


@pytest.fixture
def held(site):
    """A site that was gone back from an edition with B90 to one without."""
    site.write_and_sync(WITH_B90)
    site.go_back(1)
    return site


def test_it_holds_from_day_to_day_though_worker_after_worker_looks_at_the_list(held):
    pointer, first_dated = held.pointer(), held.manifest().list_dated
    for _ in range(3):
        for _ in range(2):
            report = held.sync()
            assert (report.result, report.edition) == (Result.UNCHANGED, 1)
            assert held.pointer() == pointer
        held.day += timedelta(days=1)
        held.restart()
    assert "B90" not in held.records()
    assert held.manifest().list_dated == first_dated


def test_the_heartbeat_goes_on_and_the_register_is_as_old_as_its_own_list(held):
    """It is checked, and it is what the administrator wants; it does not pass for what the newer list says."""
    dated = held.manifest().list_dated
    held.date(later=3600)
    held.sync()
    sighting = held.store.look()
    assert sighting.now - sighting.heartbeat.checked_at < 60
    assert sighting.heartbeat.fingerprint == sighting.pointer.fingerprint
    assert sighting.heartbeat.list_dated == dated


def test_so_it_grows_stale_with_its_list_however_often_it_is_checked(held):
    limits = AgeLimits(stale_after=3600, list_stale_after=90_000, refuse_after=86400)
    register = LiveRegister(held.store, limits)
    held.sync()
    register.look(wait=True)
    assert register.freshness(register.held).state == "stale"
    assert not register.freshness(register.held).is_refused
    held.sync(ends_hold=True)
    held.date(later=90_000)
    held.sync()
    register.look(wait=True)
    assert register.freshness(register.held).state == "current"


def test_that_it_holds_is_told_with_the_last_sync(held):
    held.sync()
    told = held.last_sync()
    assert told["result"] == "unchanged"
    assert told["reason"] == "edition 1 was gone back to, and holds until another list arrives"


def test_another_list_ends_it(held):
    report = held.write_and_sync([*EVERYBODY, row(6, ppo_ref="B91")])
    assert (report.result, report.edition) == (Result.PUBLISHED, 3)
    assert held.records().keys() >= {"B00", "B91"}
    assert "B90" not in held.records()
    assert (held.pointer().because, held.pointer().hold) == (PUBLISHED, None)


def test_another_list_ends_it_even_if_it_says_what_the_edition_says(held):
    report = held.write_and_sync(EVERYBODY[::-1])
    assert (report.result, held.pointer().because, held.pointer().hold) == (Result.PUBLISHED, PUBLISHED, None)
    assert held.write_and_sync(WITH_B90).result is Result.PUBLISHED
    assert "B90" in held.records()


def test_being_told_ends_it(held):
    report = held.sync(ends_hold=True)
    assert (report.result, report.edition) == (Result.PUBLISHED, 3)
    assert "B90" in held.records()
    assert held.pointer().hold is None
    assert held.sync().result is Result.UNCHANGED


def test_going_forward_again_ends_it(held):
    held.go_back(2)
    assert "B90" in held.records()
    before = held.pointer()
    assert held.sync().result is Result.UNCHANGED
    assert held.pointer() == before
    assert held.last_sync()["reason"] is None


def test_going_forward_after_days_of_holding_is_still_known_for_what_it_is(held):
    for _ in range(2):
        held.sync()
        held.day += timedelta(days=1)
    held.go_back(2)
    assert held.pointer().hold is None


def test_a_refused_list_does_not_end_it(held):
    assert held.write_and_sync(EVERYBODY[:10]).result is Result.REFUSED
    assert (held.pointer().edition, held.pointer().because) == (1, ROLLED_BACK)
    assert held.write_and_sync(WITH_B90).result is Result.UNCHANGED
    assert held.pointer().edition == 1
    assert held.last_sync()["guard"] is None


@pytest.mark.parametrize("lose", [lambda client: client.delete(LAST_SYNC), lambda client: client.set(LAST_SYNC, b"x")])
def test_nor_does_the_loss_of_the_note(held, lose):
    lose(held.client)
    held.restart()
    for _ in range(2):
        assert held.sync().result is Result.UNCHANGED
        assert held.pointer().edition == 1


def test_part_of_it_lost_it_is_published_anew_and_holds_on(held):
    held.synchroniser.remember()
    held.client.delete(chunk_key(1, 0))
    report = held.sync()
    assert (report.result, report.edition) == (Result.UNCHANGED, 3)
    assert held.records().keys() == {f"B{number:02}" for number in range(20)}
    assert (held.pointer().because, held.pointer().hold is None) == (ROLLED_BACK, False)
    assert held.sync().edition == 3


def test_sealed_with_a_new_key_it_holds_on(held):
    held.restart(ROTATED_KEYRING)
    assert held.sync().result is Result.UNCHANGED
    assert held.manifest().key_id == "k-new"
    assert "B90" not in held.records()
    assert held.pointer().hold is not None


@pytest.mark.parametrize("lose", [lambda client: client.flushall(), lambda client: client.delete(POINTER)])
@pytest.mark.parametrize("is_new", [False, True], ids=["same-worker", "new-worker"])
def test_lost_by_redis_it_is_published_again_and_holds_on(held, lose, is_new):
    held.has_disk = True
    held.restart()
    held.sync()
    held.synchroniser.remember()
    generation = held.pointer().generation
    lose(held.client)
    if is_new:
        held.restart()
    for _ in range(2):
        assert held.sync().result is Result.UNCHANGED
    assert "B90" not in held.records()
    assert held.pointer().generation > generation
    assert (held.pointer().because, held.pointer().hold is None) == (ROLLED_BACK, False)
    assert held.write_and_sync([*EVERYBODY, row(6, ppo_ref="B91")]).result is Result.PUBLISHED


def test_lost_altogether_it_ends_and_the_list_counts(held):
    held.client.delete(POINTER, chunk_key(1, 0))
    held.restart()
    assert held.sync().result is Result.PUBLISHED
    assert "B90" in held.records()


# -- whose time is up ------------------------------------------------------------------------------------------------


@pytest.fixture
def held_with_former(site):
    """An edition that holds although somebody in it, former since yesterday, comes of age to be erased."""
    site.former_days = 2
    site.restart()
    removed = row(0, status="removed", removed_on=(DAY - timedelta(days=1)).isoformat())
    site.write_and_sync([removed, *EVERYBODY[1:]])
    site.write_and_sync([removed, *WITH_B90[1:]])
    site.go_back(2)
    assert site.records()["B00"].status is Status.FORMER
    return site


def test_whose_time_is_up_is_erased_though_the_edition_holds(held_with_former):
    site = held_with_former
    dated = site.store.look().heartbeat.list_dated
    assert site.sync().edition == 2
    site.day += timedelta(days=2)
    assert site.sync().result is Result.UNCHANGED
    records = site.records()
    assert "B00" not in records
    assert "B90" not in records
    assert site.pointer().hold is not None
    assert site.store.look().heartbeat.list_dated == dated
    (entry,) = site.entries("erasure")
    assert (entry["refs"], entry["edition"]) == (["B00"], 4)
    before = site.pointer()
    site.sync()
    assert site.pointer() == before


def test_unless_that_cannot_be_recorded(held_with_former):
    site = held_with_former
    site.spool, spool = FullDisk(), site.spool
    site.restart()
    site.day += timedelta(days=2)
    assert site.sync().edition == 2
    assert "B00" in site.records()
    site.spool = spool
    site.restart()
    site.sync()
    assert "B00" not in site.records()
