"""The worker: notices what has changed or got lost, and waits out what it cannot mend."""

import threading
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from at_work import PATIENCE, List, Onlooker, await_true, working

from flagging.embedded_redis import start_redis
from flagging.errors import EditionUnverified, PublishConflict, SealBroken, StoreUnreachable
from flagging.redis_connection import connect
from flagging.register.chunks import chunk_key
from flagging.register.publication import LOCK
from flagging.register.store import POINTER
from flagging.sync import reading as reading_module
from flagging.sync import worker as worker_module
from flagging.sync.report import Result, SyncReport
from flagging.sync.rows import parse_row
from flagging.sync.sources import watch as watch_module
from flagging.sync.worker import RedisUnfit, Worker, verify_redis


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch):
    monkeypatch.setattr(worker_module, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(worker_module, "RETRY_SECONDS", 0.05)


# -- with a real Redis and a real list -------------------------------------------------------------------------------


@pytest.fixture
def people(tmp_path):
    return List(tmp_path / "list.csv")


def test_it_publishes_at_once_and_again_when_the_list_changes(redis_url, people):
    people.write("T-1", "T-2")
    onlooker = Onlooker(redis_url)
    with working(redis_url, people):
        await_true(lambda: onlooker.refs() == ["T-1", "T-2"])
        people.write("T-1", "T-2", "T-3")
        await_true(lambda: onlooker.refs() == ["T-1", "T-2", "T-3"])


def append(people):
    with people.path.open("a") as file:
        file.write("T-3,active,Sampleton,Alex,1983-05-17\n")


def rename_in(people):
    people.write("T-1", "T-2", "T-3")


@pytest.mark.parametrize("change", [append, rename_in])
def test_the_system_tells_of_a_changed_list_long_before_the_next_look(redis_url, people, monkeypatch, change):
    monkeypatch.setattr(worker_module, "LOOK_SECONDS", 10 * PATIENCE)
    watching, ask = threading.Event(), watch_module.ListWatch._next

    def ask_and_tell(watch):
        changes = ask(watch)
        watching.set()
        return changes

    monkeypatch.setattr(watch_module.ListWatch, "_next", ask_and_tell)
    people.write("T-1", "T-2")
    onlooker = Onlooker(redis_url)
    with working(redis_url, people):
        await_true(lambda: onlooker.refs() == ["T-1", "T-2"])
        assert watching.wait(PATIENCE)  # by then the worker waits to be told
        change(people)
        await_true(lambda: onlooker.refs() == ["T-1", "T-2", "T-3"])


def test_a_changed_list_that_the_system_does_not_tell_of_is_noticed_all_the_same(redis_url, people, monkeypatch):
    def refuse(*_, **__):
        raise RuntimeError("too many are watched already")

    monkeypatch.setattr(watch_module.watchfiles, "watch", refuse)
    people.write("T-1", "T-2")
    onlooker = Onlooker(redis_url)
    with working(redis_url, people):
        await_true(lambda: onlooker.refs() == ["T-1", "T-2"])
        people.write("T-1", "T-2", "T-3")
        await_true(lambda: onlooker.refs() == ["T-1", "T-2", "T-3"])


def test_one_changed_file_of_a_directory_is_noticed(redis_url, tmp_path):
    (tmp_path / "lists").mkdir()
    first, second = List(tmp_path / "lists" / "D1.csv"), List(tmp_path / "lists" / "F1.csv")
    first.write("T-1", "T-2")
    second.write("T-3")
    onlooker = Onlooker(redis_url)
    with working(redis_url, SimpleNamespace(path=tmp_path / "lists")):
        await_true(lambda: onlooker.refs() == ["T-1", "T-2", "T-3"])
        second.write("T-3", "T-4")
        await_true(lambda: onlooker.refs() == ["T-1", "T-2", "T-3", "T-4"])


def test_it_vouches_for_an_unchanged_list_again_and_again(redis_url, people):
    people.write("T-1", "T-2")
    onlooker = Onlooker(redis_url)
    with working(redis_url, people, sync_seconds=0.02):
        await_true(onlooker.edition)
        first = onlooker.store.look().heartbeat
        await_true(lambda: onlooker.store.look().heartbeat.checked_at > first.checked_at)
    assert onlooker.store.kept() == [1]


def test_a_worker_that_starts_anew_works_one_change_through_and_not_the_whole_list(redis_url, people, monkeypatch):
    people.write("B1", "B2", "B3")
    onlooker = Onlooker(redis_url)
    with working(redis_url, people):
        await_true(lambda: onlooker.refs() == ["B1", "B2", "B3"])
    parsed = []
    monkeypatch.setattr(
        reading_module, "parse_row", lambda row, schema: parsed.append(row.line) or parse_row(row, schema)
    )
    with working(redis_url, people):
        await_true(lambda: sorted(parsed) == [2, 3, 4])
        people.write("B1", "B2", "B3", "B4")
        await_true(lambda: onlooker.refs() == ["B1", "B2", "B3", "B4"])
    assert sorted(parsed) == [2, 3, 4, 5]


def test_a_list_that_comes_later_is_waited_for(redis_url, people):
    onlooker = Onlooker(redis_url)
    with working(redis_url, people):
        await_true(lambda: (onlooker.store.look().last_sync or {}).get("result") == "unreadable")
        people.write("T-1")
        await_true(lambda: onlooker.refs() == ["T-1"])


def test_a_flushed_redis_gets_back_everybody_even_who_is_no_longer_on_the_list(redis_url, people):
    people.write("T-1", "T-2", "T-3")
    onlooker = Onlooker(redis_url)
    with working(redis_url, people):
        await_true(onlooker.accepted)
        people.write("T-1", "T-2", "T-9", **{"T-9": "unheard of"})
        await_true(lambda: onlooker.accepted()["edition"] == 2)
    with working(redis_url, people) as worker:  # which never published any of it
        await_true(lambda: worker.synchroniser.last)
        generation = onlooker.store.look().pointer.generation
        onlooker.store.client.flushall()
        await_true(lambda: onlooker.refs() == ["T-1", "T-2", "T-3"])
    edition = onlooker.edition()
    assert edition.manifest.number > 2
    assert onlooker.store.look().pointer.generation > generation
    assert edition.index.records[2].missing_since is not None
    assert edition.manifest.caveats == ("1 row of the master list could not be read",)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda client: client.delete(POINTER), id="pointer-lost"),
        pytest.param(lambda client: client.set(POINTER, b"garbage"), id="pointer-altered"),
    ],
)
def test_a_pointer_that_is_gone_is_noticed_long_before_the_next_sync(redis_url, people, damage):
    people.write("T-1")
    onlooker = Onlooker(redis_url)
    with working(redis_url, people) as worker:
        await_true(lambda: worker.synchroniser.last)
        damage(onlooker.store.client)
        await_true(lambda: onlooker.refs() == ["T-1"])
        assert onlooker.edition().manifest.number == 2


def test_a_chunk_that_is_gone_is_noticed_at_the_next_sync(redis_url, people):
    people.write("T-1")
    onlooker = Onlooker(redis_url)
    with working(redis_url, people, sync_seconds=0.1) as worker:
        await_true(lambda: worker.synchroniser.last)
        onlooker.store.client.delete(chunk_key(1, 0))
        await_true(lambda: onlooker.refs() == ["T-1"])


def test_a_redis_that_dies_is_waited_for_and_then_published_to(tmp_path, people):
    redis = start_redis(tmp_path / "redis")
    onlooker = Onlooker(redis.url)
    try:
        people.write("T-1")
        with working(redis.url, people):
            await_true(onlooker.accepted)
            await_true(lambda: not onlooker.store.client.exists(LOCK))  # left in Redis, it would hold up the next one
            redis.server.kill()
            redis.server.wait(PATIENCE)
            people.write("T-1", "T-2")
            redis.start()
            await_true(lambda: onlooker.refs() == ["T-1", "T-2"])
    finally:
        redis.stop()


def test_two_workers_end_up_with_one_register(redis_url, people):
    people.write("T-1")
    onlooker = Onlooker(redis_url)
    with working(redis_url, people), working(redis_url, people):
        await_true(onlooker.edition)
        people.write("T-1", "T-2")
        await_true(lambda: onlooker.refs() == ["T-1", "T-2"])


# -- with a synchroniser that is told what to say --------------------------------------------------------------------


class Scripted:
    """Ends each sync as the script says, the last line for ever; stops the worker after so many looks or syncs."""

    def __init__(self, *script, is_lost=False):
        self.script = list(script)
        self.is_lost = is_lost
        self.syncs = self.remembered = self.looks = 0
        self.store = SimpleNamespace(client=SimpleNamespace(info=lambda _section: {"aof_enabled": 1}))

    def run(self, _where):
        self.syncs += 1
        now = datetime.now(UTC)
        line = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(line, Exception):
            raise line
        return SyncReport(result=line, source="list.csv", started_at=now, finished_at=now)

    def remember(self):
        self.remembered += 1

    def read_ahead(self, _is_stopping):
        pass

    def has_lost_register(self):
        return self.is_lost

    def work(self, looks, syncs=None, sync_seconds=10 * PATIENCE, where="/nowhere/list.csv"):
        stopping = threading.Event()

        def upkeep():
            self.looks += 1
            if self.looks >= looks or self.syncs == syncs:
                stopping.set()

        Worker(self, where, sync_seconds, upkeep).run(stopping)


@pytest.mark.parametrize(
    "error",
    [StoreUnreachable("x"), PublishConflict("x"), EditionUnverified("x"), SealBroken("x")],
    ids=lambda error: type(error).__name__,
)
def test_a_fault_of_redis_is_waited_out_and_tried_again_before_long(error):
    scripted = Scripted(error, error, Result.PUBLISHED)
    scripted.work(looks=2000, syncs=3)
    assert scripted.syncs == 3


@pytest.mark.parametrize(
    ("result", "is_tried_again"),
    [(Result.UNREADABLE, True), (Result.REFUSED, False), (Result.UNCHANGED, False), (Result.PUBLISHED, False)],
)
def test_only_a_list_that_cannot_be_read_is_tried_again_before_the_next_sync_is_due(result, is_tried_again):
    scripted = Scripted(result)
    scripted.work(looks=30)
    assert (scripted.syncs > 1) is is_tried_again


def test_an_address_that_gives_no_list_is_left_alone_until_the_next_sync_is_due():
    scripted = Scripted(Result.UNREADABLE)
    scripted.work(looks=30, where="https://lists.example.org/list.csv")
    assert scripted.syncs == 1


def test_every_sync_is_followed_by_remembering_what_is_current():
    scripted = Scripted(Result.REFUSED)
    scripted.work(looks=10, sync_seconds=0.01)
    assert scripted.remembered == scripted.syncs > 1


def test_a_register_that_cannot_be_put_back_does_not_keep_the_worker_syncing_without_a_pause(monkeypatch):
    monkeypatch.setattr(worker_module, "RETRY_SECONDS", 10 * PATIENCE)
    scripted = Scripted(Result.REFUSED, is_lost=True)
    scripted.work(looks=20)
    assert scripted.syncs == 1


def test_a_register_that_cannot_be_put_back_is_tried_again_before_long():
    scripted = Scripted(Result.REFUSED, is_lost=True)
    scripted.work(looks=30)
    assert scripted.syncs > 1


def test_a_worker_told_to_stop_before_it_began_does_nothing():
    scripted = Scripted(Result.PUBLISHED)
    stopping = threading.Event()
    stopping.set()
    Worker(scripted, "/nowhere/list.csv", 60.0, scripted.remember).run(stopping)
    assert (scripted.syncs, scripted.remembered) == (0, 0)


# -- the Redis it may work with --------------------------------------------------------------------------------------


@pytest.fixture
def adjustable(redis_client):
    """A real Redis whose settings are put back afterwards."""
    names = ("maxmemory-policy", "appendonly", "maxmemory")
    before = {name: redis_client.config_get(name)[name] for name in names}
    yield redis_client
    for name, value in before.items():
        redis_client.config_set(name, value)
    # A Redis that is asked to stop while it writes its file for the first time does not.
    await_true(lambda: not redis_client.info("persistence")["aof_rewrite_in_progress"])


def test_a_redis_that_evicts_nothing_is_fit(adjustable):
    verify_redis(adjustable)


@pytest.mark.parametrize(
    "policy",
    ["allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"],
)
def test_a_redis_that_may_evict_is_refused(adjustable, policy):
    adjustable.config_set("maxmemory-policy", policy)
    with pytest.raises(RedisUnfit, match=policy):
        verify_redis(adjustable)


def test_a_redis_that_keeps_nothing_on_disk_is_warned_of(adjustable, capsys):
    verify_redis(adjustable)
    assert "redis_without_persistence" not in capsys.readouterr().out
    adjustable.config_set("appendonly", "no")
    verify_redis(adjustable)
    assert "redis_without_persistence" in capsys.readouterr().out


def test_a_worker_publishes_nothing_to_a_redis_that_may_evict_until_it_may_no_more(
    adjustable, redis_url, people, capsys
):
    people.write("T-1")
    adjustable.config_set("maxmemory-policy", "allkeys-lru")
    with working(redis_url, people):
        await_true(lambda: "it must be noeviction" in capsys.readouterr().out)
        assert adjustable.keys("flagging:*") == []
        adjustable.config_set("maxmemory-policy", "noeviction")
        await_true(lambda: Onlooker(redis_url).refs() == ["T-1"])


def test_a_worker_tells_of_a_redis_that_begins_to_evict_and_goes_on(adjustable, redis_url, people, capsys):
    people.write("T-1")
    with working(redis_url, people):
        await_true(lambda: Onlooker(redis_url).refs() == ["T-1"])
        assert "redis_may_evict" not in capsys.readouterr().out
        adjustable.config_set("maxmemory-policy", "volatile-ttl")
        people.write("T-1", "T-2")
        await_true(lambda: Onlooker(redis_url).refs() == ["T-1", "T-2"])
    told = capsys.readouterr().out
    assert "redis_may_evict" in told
    assert "volatile-ttl" in told


def test_a_worker_that_loses_the_right_to_ask_for_the_policy_syncs_as_before(adjustable, redis_url, people):
    adjustable.acl_setuser(
        "keeper", enabled=True, passwords=["+hunter2"], keys=["*"], channels=["*"], commands=["+@all"]
    )
    people.write("T-1")
    try:
        with working(redis_url.replace("://", "://keeper:hunter2@", 1), people):
            await_true(lambda: Onlooker(redis_url).refs() == ["T-1"])
            adjustable.acl_setuser("keeper", enabled=True, commands=["-info"])
            people.write("T-1", "T-2")
            await_true(lambda: Onlooker(redis_url).refs() == ["T-1", "T-2"])
    finally:
        adjustable.acl_deluser("keeper")


def test_a_worker_that_starts_before_its_redis_waits_for_it_and_does_meanwhile_what_else_there_is_to_do(
    tmp_path, free_port, people, capsys
):
    people.write("T-1")
    url, looks = f"redis://127.0.0.1:{free_port}/0", []
    with working(url, people, upkeep=lambda: looks.append(1)):
        await_true(lambda: "sync_failed" in capsys.readouterr().out)
        before = len(looks)
        await_true(lambda: len(looks) > before + 2)
        redis = start_redis(tmp_path / "redis", port=free_port)
        try:
            await_true(lambda: Onlooker(url).refs() == ["T-1"])
        finally:
            redis.stop()


def test_a_redis_out_of_reach_is_no_judgement_of_it(free_port):
    with pytest.raises(StoreUnreachable):
        verify_redis(connect(f"redis://:hunter2@127.0.0.1:{free_port}/0"))
