"""By way of sentinels the register outlives its primary: lookups and syncs go on, and nothing older comes back."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from installation import Installation, arrest
from listed_people import EVERYBODY, PPO, asked
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from sentinel_cluster import Cluster

from flagging.redis_connection import connect
from flagging.register.store import ANNOUNCEMENTS

SETTINGS = {"FLAGGING_SYNC_SECONDS": "1", "FLAGGING_RATE_LIMIT": "100000 per second"}
MARK = "flagging:test:mark"
STRANGER = {"family_name": "Nobodyson", "given_names": "Ignatius", "date_of_birth": "1985-05-05"}


def newcomer(number: int) -> dict[str, str]:
    return {
        "ppo_ref": f"TST-9{number}",
        "status": "active",
        "family_name": f"Larkwhistle{chr(97 + number)}",
        "given_names": "Tobias",
        "date_of_birth": f"1990-0{number + 1}-17",
    }


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("sentinels"))
    yield cluster
    cluster.stop()


@pytest.fixture(scope="module")
def site(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A worker and a server process that know the sentinels alone."""
    directory = tmp_path_factory.mktemp("site")
    site = Installation(directory, cluster, processes=1, settings=SETTINGS)
    site.write_list(EVERYBODY)
    try:
        site.issue_tokens("custody", after=["sync"])
        site.start("worker")
        site.start("serve")
        site.await_ready()
        yield site
    finally:
        site.stop()


def answer(site: Installation, person: dict) -> tuple[int, str, str]:
    found = site.call("POST", "/v1/lookups", arrest(person), "custody")
    return found.status, found.body["outcome"], found.body["register"]["source"]


@contextmanager
def asking(site: Installation, **people: dict) -> Iterator[set[tuple[int, str, str]]]:
    """Ask about a PPO, a stranger and these people all the while; collect what each was told to be.

    Whoever is not told of yet counts from when they first are: from then on they may not be missed again.
    """
    told: set[tuple[int, str, str]] = set()
    known = {"ppo", "stranger"}
    stopping = threading.Event()

    def ask() -> None:
        while not stopping.is_set():
            for whom, person in {"ppo": asked(PPO), "stranger": STRANGER, **people}.items():
                status, outcome, _ = answer(site, person)
                if outcome == "flagged":
                    known.add(whom)
                if whom in known:
                    told.add((status, whom, outcome))
            stopping.wait(0.02)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield told
    finally:
        stopping.set()
        thread.join()


ADDED = (200, "added", "flagged")
RIGHT = {(200, "ppo", "flagged"), (200, "stranger", "not_on_register")}


def test_the_primary_is_killed_and_lookups_and_syncs_go_on(site: Installation, cluster: Cluster):
    before = cluster.primary
    with asking(site, added=asked(newcomer(1))) as told:
        cluster.kill(before)
        cluster.await_true("another is elected", lambda: cluster.primary != before)
        site.write_list([*EVERYBODY, newcomer(1)])
        cluster.await_true(
            "somebody added since is found", lambda: answer(site, asked(newcomer(1))) == (200, "flagged", "redis")
        )
        cluster.await_true("so they are by whoever asks all the while", lambda: ADDED in told)
    assert told == {*RIGHT, ADDED}
    with connect(cluster.url) as client:
        cluster.await_true("the server follows the new primary", lambda: client.pubsub_numsub(ANNOUNCEMENTS)[0][1] >= 1)
    cluster.start(before)
    cluster.await_true("the old one follows the new one", lambda: cluster.follows(before, cluster.primary))


def test_a_replica_that_lags_and_is_elected_brings_nothing_older_back(site: Installation, cluster: Cluster):
    primary = cluster.primary
    lagging, other = (port for port in cluster.nodes if port != primary)
    cluster.cut_off(lagging, primary)
    with cluster.client(primary) as client:
        client.set(MARK, "written after the link was cut")
    site.write_list([*EVERYBODY, newcomer(1), newcomer(2)])
    cluster.await_true(
        "the last one added is found", lambda: answer(site, asked(newcomer(2))) == (200, "flagged", "redis")
    )
    with asking(site, added=asked(newcomer(2))) as told:
        cluster.await_true("the last one added is asked about all the while", lambda: ADDED in told)
        cluster.kill(other)
        cluster.kill(primary)
        cluster.go_on(lagging)
        cluster.await_true("the one that lags is elected", lambda: cluster.primary == lagging)
        with cluster.client(lagging) as client:
            assert client.get(MARK) is None
        cluster.await_true(
            "the worker has put back what was lost, and it is served",
            lambda: answer(site, asked(newcomer(2))) == (200, "flagged", "redis"),
        )
    assert told == {*RIGHT, ADDED}


def test_a_connection_to_a_primary_that_is_one_no_more_is_dropped(cluster: Cluster):
    with connect(cluster.url) as client:
        cluster.await_true("it can be written", lambda: client.set("flagging:test", "1"))
        with cluster.client(cluster.primary) as direct:
            direct.execute_command("replicaof", "127.0.0.1", "1")
            try:
                with pytest.raises(RedisConnectionError, match="previous master"):
                    client.set("flagging:test", "2")
            finally:
                direct.execute_command("replicaof", "no", "one")
        cluster.await_true("it can be written again", lambda: client.set("flagging:test", "3"))


def test_without_any_sentinel_nobody_waits_for_long(free_port: int):
    with connect(f"redis+sentinel://127.0.0.1:{free_port}/register/0") as client, pytest.raises(RedisError):
        client.ping()
