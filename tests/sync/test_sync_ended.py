"""A worker told to end amid a sync does so at the next safe place: nothing of that sync is published or recorded."""

import threading
from datetime import timedelta

import pytest
from at_work import PATIENCE, List, Onlooker, synchroniser
from listed import DAY, EVERYBODY, everybody_but, removed, row
from published import editions_in

from flagging.register.chunks import chunk_key
from flagging.register.publication import LOCK
from flagging.sync import reading as reading_module
from flagging.sync.progress import COMPARING, PACKING, READING, VERIFYING, SyncEnded, ending, untold
from flagging.sync.report import Result
from flagging.sync.worker import Worker

STEPS = [READING, COMPARING, PACKING, VERIFYING]


@pytest.fixture(autouse=True)
def _told_of_a_short_list(monkeypatch):
    monkeypatch.setattr(reading_module, "_ROWS_BETWEEN_TELLING", 3)


def end_at(step, synchroniser):
    """Have the sync told to end as soon as it tells of the step; return the steps it tells of."""
    told = []
    synchroniser.progress = ending(lambda: told[-1] == step, lambda at, *_: told.append(at))
    return told


@pytest.mark.parametrize("step", STEPS)
def test_it_ends_at_whatever_step_with_the_register_as_it_was_and_the_next_sync_publishes_all(step, site):
    site.write_and_sync(EVERYBODY)
    seen, reports = site.store.look(), site.reports()
    site.write([*EVERYBODY, row(5, ppo_ref="B90")])
    told = end_at(step, site.synchroniser)
    with pytest.raises(SyncEnded):
        site.sync()
    assert (told.count(step), told[-1]) == (1, step)
    now = site.store.look()
    assert (now.pointer, now.heartbeat, now.last_sync, site.reports()) == (
        seen.pointer, seen.heartbeat, seen.last_sync, reports,
    )  # fmt: skip
    assert site.client.get(LOCK) is None
    site.restart()
    assert site.sync().added == ("B90",)
    assert editions_in(site.client) == site.store.kept()


@pytest.mark.parametrize("step", STEPS)
def test_nobody_is_recorded_as_erased_who_is_not(step, site):
    site.write_and_sync(everybody_but(removed(DAY)))
    site.day += timedelta(days=site.former_days + 1)
    end_at(step, site.synchroniser)
    with pytest.raises(SyncEnded):
        site.sync()
    assert site.entries("erasure") == []
    assert "B00" in site.records()
    site.restart()
    assert site.sync().result is Result.PUBLISHED
    assert len(site.entries("erasure")) == 1
    assert "B00" not in site.records()


@pytest.mark.parametrize("step", [PACKING, VERIFYING])
def test_so_does_one_that_puts_back_what_redis_lost_of_an_edition_gone_back_to(step, site):
    site.write_and_sync(EVERYBODY)
    site.write_and_sync([*EVERYBODY, row(5, ppo_ref="B90")])
    site.go_back(1)
    site.synchroniser.remember()
    site.client.delete(chunk_key(1, 0))
    pointer = site.store.look().pointer
    end_at(step, site.synchroniser)
    with pytest.raises(SyncEnded):
        site.sync()
    assert site.store.look().pointer == pointer
    site.synchroniser.progress = untold
    assert site.sync().edition > 2
    assert "B90" not in site.records()


@pytest.mark.parametrize("step", [COMPARING, PACKING, VERIFYING])
def test_a_worker_told_to_end_does_not_sync_to_the_end_first(step, redis_url, tmp_path, capsys):
    people, stopping = List(tmp_path / "list.csv"), threading.Event()
    people.write(*(f"T-{number}" for number in range(10)))
    syncs = synchroniser(redis_url)
    syncs.progress = ending(stopping.is_set, lambda at, *_: stopping.set() if at == step else None)
    working = threading.Thread(target=Worker(syncs, str(people.path), 600.0, lambda: None).run, args=(stopping,))
    working.start()
    try:
        assert stopping.wait(PATIENCE), "it never got so far"
    finally:
        stopping.set()
        working.join(PATIENCE)
    assert not working.is_alive()
    assert "sync_ended_early" in capsys.readouterr().out
    assert Onlooker(redis_url).edition() is None
