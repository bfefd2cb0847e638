"""Whatever is done to Redis, a PPO is never answered with `not_on_register`.

A running server goes on from the edition in memory; a server that starts into the damage goes on from the replica file
of its host, and one on a host that has none has nothing verified and says so. Each way of breaking Redis is tried on all.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from installation import Installation, arrest
from listed_people import EVERYBODY, PPO, asked
from redis import Redis
from redis.exceptions import AuthenticationError, RedisError

from flagging.app import create_app
from flagging.embedded_redis import start_redis
from flagging.settings import read_settings

Breakage = Callable[[Redis], None]
EDITION = b"flagging:edition:*"
PASSWORD = "not-known-to-the-service"
SESSION = "FLAGGING_TEST_SESSION"


def keys(client: Redis, pattern: bytes) -> list[bytes]:
    return sorted(client.scan_iter(match=pattern))


def chunks(client: Redis) -> list[bytes]:
    return keys(client, b"flagging:edition:*:chunk:*")


def flush(client: Redis) -> None:
    client.flushall()


def lose_the_pointer(client: Redis) -> None:
    client.delete("flagging:current")


def lose_the_manifest(client: Redis) -> None:
    client.delete(*[key for key in keys(client, EDITION) if key.count(b":") == 2])


def lose_a_chunk(client: Redis) -> None:
    client.delete(chunks(client)[0])


def flip_a_bit(client: Redis) -> None:
    for key in chunks(client):
        sealed = bytearray(client.get(key))
        sealed[len(sealed) // 2] ^= 1
        client.set(key, bytes(sealed))


def cut_a_chunk_short(client: Redis) -> None:
    for key in chunks(client):
        client.set(key, client.get(key)[:-20])


def empty_a_chunk(client: Redis) -> None:
    for key in chunks(client):
        client.set(key, b"")


def put_the_manifest_in_the_chunks_place(client: Redis) -> None:
    for key in chunks(client):
        client.set(key, client.get(key.rpartition(b":chunk:")[0]))


def point_nowhere(client: Redis) -> None:
    client.set("flagging:current", b"999999")


def point_with_the_heartbeat(client: Redis) -> None:
    client.set("flagging:current", client.get("flagging:checked"))


def put_a_list_in_the_pointers_place(client: Redis) -> None:
    client.delete("flagging:current")
    client.rpush("flagging:current", "1")


def put_a_list_in_the_chunks_place(client: Redis) -> None:
    for key in chunks(client):
        client.delete(key)
        client.rpush(key, "1")


def let_everything_expire(client: Redis) -> None:
    for key in keys(client, b"flagging:*"):
        client.pexpire(key, 1)


def fill_the_memory(client: Redis) -> None:
    client.config_set("maxmemory", "1")


def make_it_a_replica_of_nobody_there(client: Redis) -> None:
    client.replicaof("127.0.0.1", "1")


def ask_for_a_password(client: Redis) -> None:
    client.config_set("requirepass", PASSWORD)


def shut_down(client: Redis) -> None:
    try:
        client.shutdown(nosave=True)
    except RedisError:
        return


DAMAGE: list[Breakage] = [
    flush,
    lose_the_pointer,
    lose_the_manifest,
    lose_a_chunk,
    flip_a_bit,
    cut_a_chunk_short,
    empty_a_chunk,
    put_the_manifest_in_the_chunks_place,
    point_nowhere,
    point_with_the_heartbeat,
    put_a_list_in_the_pointers_place,
    put_a_list_in_the_chunks_place,
    let_everything_expire,
    ask_for_a_password,
    shut_down,
]  # what makes the register unreadable
HARMLESS: list[Breakage] = [fill_the_memory, make_it_a_replica_of_nobody_there]  # reading goes on
STRANGER = {"family_name": "Nobodyson", "given_names": "Ignatius", "date_of_birth": "1985-05-05"}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A register in Redis and one server process, without a worker that could mend what is broken."""
    directory = tmp_path_factory.mktemp("alone")
    redis = start_redis(directory / "redis")
    there = Installation(directory, redis, processes=1)
    there.write_list(EVERYBODY)
    try:
        there.issue_tokens("custody", after=["sync"])
        there.start("serve")
        there.await_ready()
        there.await_answer("the edition is on disk", (there.state_dir / "register.heard").exists)
        yield there
    finally:
        there.stop()
        redis.stop()


@pytest.fixture
def client(alone: Installation) -> Iterator[Redis]:
    """A client of the installation's Redis, which is mended afterwards, whatever was done to it."""
    with Redis.from_url(alone.redis.url) as client:
        kept = {key: client.dump(key) for key in keys(client, b"*")}
        yield client
    assert alone.redis.server is not None
    if alone.redis.server.poll() is not None:
        alone.redis.start()
    with suppress(AuthenticationError), Redis.from_url(alone.redis.url, password=PASSWORD) as client:
        client.config_set("requirepass", "")
    with Redis.from_url(alone.redis.url) as client:
        mend(client, kept)
    alone.await_answer(
        "the server follows Redis again", lambda: outcomes(alone, asked(PPO), 1) == {(200, "flagged", "redis")}
    )


def mend(client: Redis, kept: dict[bytes, bytes]) -> None:
    client.config_set("maxmemory", "0")
    client.replicaof("NO", "ONE")
    client.flushall()
    for key, dumped in kept.items():
        client.restore(key, 0, dumped)


def outcomes(installation: Installation, person: dict, times: int = 6) -> set[tuple[int, str, str]]:
    """What several requests in a row, so that every process is asked, say of a person."""
    answers = [installation.call("POST", "/v1/lookups", arrest(person), "custody") for _ in range(times)]
    return {(answer.status, answer.body["outcome"], answer.body["register"]["source"]) for answer in answers}


def name_of(breakage: Breakage) -> str:
    return breakage.__name__.replace("_", " ")


@pytest.mark.parametrize("breakage", [*DAMAGE, *HARMLESS], ids=name_of)
def test_neither_a_running_nor_a_starting_server_says_no_to_a_ppo(
    alone: Installation, client: Redis, breakage: Breakage, tmp_path: Path
):
    breakage(client)
    assert {(status, outcome) for status, outcome, _ in outcomes(alone, asked(PPO))} == {(200, "flagged")}
    with application(alone, alone.state_dir) as ask:
        assert (ask(PPO), ask(STRANGER)) == ((200, "flagged"), (200, "not_on_register"))
    with application(alone, tmp_path) as ask:
        if breakage in HARMLESS:
            assert ask(PPO) == (200, "flagged")
        else:
            assert ask(PPO) == ask(STRANGER) == (503, "cannot_confirm")
    assert {(status, outcome) for status, outcome, _ in outcomes(alone, asked(PPO))} == {(200, "flagged")}


@contextmanager
def application(installation: Installation, state_dir: Path) -> Iterator[Callable[[dict], tuple[int, str]]]:
    """A server process that starts now, in this process, on the host with this disk, and has looked at Redis."""
    environ = installation.environ | {"FLAGGING_STATE_DIR": str(state_dir)}
    app = create_app(read_settings({name: value for name, value in environ.items() if name != SESSION}))
    services = app.extensions["flagging"]
    services.follower.stop()
    services.access.look()
    services.register.look(wait=True)
    client = app.test_client()

    def ask(person: dict) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {installation.tokens['custody']}"}
        response = client.post("/v1/lookups", json=arrest(asked(person)), headers=headers)
        return response.status_code, response.json["outcome"]

    yield ask
    services.spool.close()


def test_a_flushed_redis_is_said_to_be_out_of_reach_and_answers_go_on(alone: Installation, client: Redis):
    client.flushall()
    alone.await_answer(
        "it is answered without Redis", lambda: outcomes(alone, asked(PPO), 1) == {(200, "flagged", "replica")}
    )
    assert outcomes(alone, STRANGER) == {(200, "not_on_register", "replica")}


@pytest.mark.parametrize("how", [signal.SIGSTOP, signal.SIGKILL], ids=["stopped", "killed"])
def test_a_redis_that_hangs_or_dies_costs_no_answer(alone: Installation, client: Redis, how: signal.Signals):
    assert alone.redis.server is not None
    os.kill(alone.redis.server.pid, how)
    try:
        alone.await_answer(
            "it is answered without Redis", lambda: outcomes(alone, asked(PPO), 1) == {(200, "flagged", "replica")}
        )
    finally:
        if how is signal.SIGSTOP:
            os.kill(alone.redis.server.pid, signal.SIGCONT)
        else:
            alone.redis.server.wait()


def test_a_redis_that_never_held_an_edition_confirms_nobody_and_names_the_duty_desk(tmp_path: Path):
    redis = start_redis(tmp_path / "redis")
    empty = Installation(tmp_path, redis)
    try:
        empty.master_list.write_text("not a list")
        assert empty.run("sync").returncode in {2, 3}
        empty.issue_tokens("custody")
        empty.start("serve")
        answer = empty.await_answer(
            "the server knows its callers",
            lambda: reached(empty, arrest(asked(PPO))),
        )
        assert answer.status == 503
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.body["type"] == "cannot-confirm"
        assert answer.body["outcome"] == "cannot_confirm"
        assert answer.body["duty_desk"]["name"] == "F1 duty desk"
        assert answer.body["referral"]["rule"] == "status-unknown"
        assert [action["action"] for action in answer.body["actions"]] == ["ring_duty_desk"]
        assert empty.call("GET", "/health/ready").status == 503
    finally:
        empty.stop()
        redis.stop()


def reached(installation: Installation, question: dict):
    """The answer to a question, once there is a server and it knows its callers."""
    try:
        answer = installation.call("POST", "/v1/lookups", question, "custody")
    except OSError:
        return None
    return answer if "lookup_id" in answer.body else None
