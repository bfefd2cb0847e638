"""The worker notes that Redis may evict keys or takes no writes, and servers tell it on as a metric."""

import socket
from contextlib import ExitStack, suppress
from dataclasses import replace

import pytest
from at_work import List, await_true, working
from prometheus_client import REGISTRY
from redis import Redis
from redis.exceptions import RedisError, ResponseError

from flagging.app import measure_redis
from flagging.children import start_child, stop_child
from flagging.documents import unreachable
from flagging.embedded_redis import find_server, start_redis
from flagging.errors import StoreTakesNoWrites, StoreUnreachable
from flagging.register.host_clock import HostTime
from flagging.sync import worker as worker_module
from flagging.sync.fitness import FILE_NAME, GOOD_FOR, Fitness, FitnessFile

SYNC_SECONDS = 0.05
CHANGED = ("maxmemory-policy", "maxmemory", "min-replicas-to-write")


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch):
    monkeypatch.setattr(worker_module, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(worker_module, "RETRY_SECONDS", 0.05)


@pytest.fixture
def redis(redis_client):
    """A real Redis that is as it was afterwards."""
    before = {name: redis_client.config_get(name)[name] for name in CHANGED}
    yield redis_client
    mend(redis_client, before)


def mend(redis, before):
    redis.replicaof("NO", "ONE")
    for name, value in before.items():
        redis.config_set(name, value)


@pytest.fixture
def file(tmp_path):
    return FitnessFile(tmp_path)


@pytest.fixture
def people(tmp_path):
    people = List(tmp_path / "list.csv")
    people.write("T-1")
    return people


def is_in_use(worker):
    return worker.known() is not None


TAKING_NO_WRITES = {
    "read-only": lambda redis: redis.replicaof("127.0.0.1", "1"),
    "full": lambda redis: redis.config_set("maxmemory", "1"),
    "without the replicas it needs": lambda redis: redis.config_set("min-replicas-to-write", "1"),
}


@pytest.mark.parametrize("is_broken_first", [False, True], ids=["meanwhile", "from the start"])
@pytest.mark.parametrize("spoil", TAKING_NO_WRITES.values(), ids=TAKING_NO_WRITES.keys())
def test_a_redis_that_takes_no_writes_is_noted_until_it_does(spoil, is_broken_first, redis, redis_url, people, file):
    before = {name: redis.config_get(name)[name] for name in CHANGED}
    if is_broken_first:
        spoil(redis)
    with working(redis_url, people, SYNC_SECONDS, fitness=file) as worker:
        if not is_broken_first:
            await_true(lambda: is_in_use(worker))
            assert file.read() == Fitness()
            spoil(redis)
        await_true(lambda: file.read() == Fitness(takes_no_writes=True))
        mend(redis, before)
        await_true(lambda: file.read() == Fitness() and is_in_use(worker))


@pytest.fixture
def named_by_a_sentinel(tmp_path):
    """A Redis of one's own, and the address by which a sentinel names it primary, whatever becomes of it."""
    redis_port, port = free_ports(2)
    server = start_redis(tmp_path / "redis", port=redis_port)
    place = tmp_path / "sentinel"
    place.mkdir()
    (place / "sentinel.conf").write_text(
        f"port {port}\nbind 127.0.0.1\ndir {place}\nprotected-mode no\n"
        f"sentinel monitor register 127.0.0.1 {redis_port} 1\n"
        "sentinel down-after-milliseconds register 600000\n"
    )
    sentinel = start_child([str(find_server()), str(place / "sentinel.conf"), "--sentinel"], log=place / "log")
    try:
        with Redis(port=redis_port) as direct:
            await_true(lambda: answers(port))
            yield direct, f"redis+sentinel://127.0.0.1:{port}/register/0"
    finally:
        stop_child(sentinel, 5)
        server.stop()


def free_ports(number):
    with ExitStack() as probes:
        found = [probes.enter_context(socket.socket()) for _ in range(number)]
        for probe in found:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in found]


def answers(port):
    with suppress(RedisError), Redis(port=port) as sentinel:
        return sentinel.ping()
    return False


def test_a_replica_that_sentinels_still_name_primary_is_noted_as_any_other(named_by_a_sentinel, people, file, capsys):
    direct, url = named_by_a_sentinel
    with working(url, people, SYNC_SECONDS, fitness=file) as worker:
        await_true(lambda: is_in_use(worker))
        direct.replicaof("127.0.0.1", "1")
        await_true(lambda: file.read() == Fitness(takes_no_writes=True))
        assert "Redis: ReadOnlyError" in capsys.readouterr().out
        direct.replicaof("NO", "ONE")
        await_true(lambda: file.read() == Fitness())


@pytest.mark.parametrize("is_broken_first", [False, True], ids=["meanwhile", "from the start"])
def test_a_redis_that_may_evict_is_noted_until_it_may_no_more(is_broken_first, redis, redis_url, people, file):
    if is_broken_first:
        redis.config_set("maxmemory-policy", "volatile-ttl")
    with working(redis_url, people, SYNC_SECONDS, fitness=file) as worker:
        if not is_broken_first:
            await_true(lambda: is_in_use(worker))
            redis.config_set("maxmemory-policy", "volatile-ttl")
        await_true(lambda: file.read() == Fitness(may_evict=True))
        redis.config_set("maxmemory-policy", "noeviction")
        await_true(lambda: file.read() == Fitness() and is_in_use(worker))


def test_of_a_redis_out_of_reach_nothing_is_said(free_port, people, file, capsys):
    with working(f"redis://127.0.0.1:{free_port}/0", people, SYNC_SECONDS, fitness=file):
        await_true(lambda: "sync_failed" in capsys.readouterr().out)
        assert file.read() == Fitness()


def test_a_worker_that_ends_leaves_no_note_behind(redis, redis_url, people, file, tmp_path):
    with working(redis_url, people, SYNC_SECONDS, fitness=file):
        await_true((tmp_path / FILE_NAME).exists)
    assert not (tmp_path / FILE_NAME).exists()


def test_a_worker_that_ends_leaves_the_note_of_another_on_its_host(tmp_path, file):
    other = FitnessFile(tmp_path)
    file.keep(Fitness())
    other.keep(Fitness(may_evict=True))
    file.forget()
    assert file.read() == Fitness(may_evict=True)
    other.forget()
    assert not (tmp_path / FILE_NAME).exists()


NOTED = HostTime("this start", since_boot=5_000.0, wall=1_800_000_000.0)


@pytest.mark.parametrize(
    ("now", "counts"),
    [
        (replace(NOTED, since_boot=NOTED.since_boot + GOOD_FOR), True),
        (replace(NOTED, since_boot=NOTED.since_boot + GOOD_FOR + 1), False),
        (replace(NOTED, since_boot=NOTED.since_boot + 1, wall=NOTED.wall - 86_400), True),
        (replace(NOTED, since_boot=NOTED.since_boot + GOOD_FOR + 1, wall=NOTED.wall - 86_400), False),
        (replace(NOTED, boot="another start"), False),
        (replace(NOTED, since_boot=60.0), False),
    ],
    ids=["of late", "old", "clock set back", "old, clock set back", "host restarted", "from ahead"],
)
def test_what_a_killed_worker_noted_counts_for_some_minutes_whatever_becomes_of_the_clock(now, counts, tmp_path):
    FitnessFile(tmp_path, lambda: NOTED).keep(Fitness(takes_no_writes=True))
    assert FitnessFile(tmp_path, lambda: now).read() == Fitness(takes_no_writes=counts)


def test_a_worker_writes_its_note_anew_between_syncs(redis_url, people, file, tmp_path, monkeypatch):
    monkeypatch.setattr(worker_module, "NOTED_AGAIN_SECONDS", 0.02)
    with working(redis_url, people, fitness=file) as worker:
        await_true(lambda: is_in_use(worker))
        FitnessFile(tmp_path).keep(Fitness(may_evict=True))
        await_true(lambda: file.read() == Fitness())


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("MISCONF Errors writing to the AOF file: No space left on device", StoreTakesNoWrites),
        ("NOREPLICAS Not enough good replicas to write.", StoreTakesNoWrites),
        ("ERR unknown command", StoreUnreachable),
    ],
)
def test_what_redis_says_that_takes_no_writes_is_told_from_other_faults_and_not_repeated(said, kind):
    error = unreachable(ResponseError(said))
    assert (type(error), str(error)) == (kind, "Redis: ResponseError")


def told():
    return {
        reason: REGISTRY.get_sample_value("flagging_redis_unfit", {"reason": reason})
        for reason in ("may_evict", "takes_no_writes")
    }


def test_servers_tell_what_the_worker_of_their_host_found(file, tmp_path):
    measure_redis(file)
    assert told() == {"may_evict": 0, "takes_no_writes": 0}
    file.keep(Fitness(takes_no_writes=True))
    measure_redis(file)
    assert told() == {"may_evict": 0, "takes_no_writes": 1}
    file.keep(Fitness(may_evict=True))
    measure_redis(file)
    assert told() == {"may_evict": 1, "takes_no_writes": 0}
    (tmp_path / FILE_NAME).write_bytes(b"{")
    measure_redis(file)
    assert told() == {"may_evict": 0, "takes_no_writes": 0}
