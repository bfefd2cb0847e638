"""The Redis file of production: it starts, keeps what must be kept, and lets each side do its part and no more."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError, NoPermissionError

from flagging.access.attempts import Attempts
from flagging.access.drafts import Drafts
from flagging.access.person import Person
from flagging.access.sessions import Sessions
from flagging.embedded_redis import EmbeddedRedis
from flagging.key_file import create_key_file, load_keyring
from flagging.redis_connection import connect
from flagging.register.servers import key_channel
from flagging.register.store import ANNOUNCEMENTS
from flagging.synth import write_master_list
from flagging.terms import Role
from flagging.web.kept_answers import KeptAnswers

REPOSITORY = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def port(tmp_path, free_port, monkeypatch) -> Iterator[int]:
    """A Redis started from `config/redis.conf`, each user's password being its name."""
    conf = (REPOSITORY / "config" / "redis.conf").read_text()
    for user in ("server", "worker", "people"):
        mark = f"REPLACE_WITH_SHA256_OF_THE_{user.upper()}S_PASSWORD"
        assert mark in conf
        conf = conf.replace(mark, sha256(user.encode()).hexdigest())
    conf = conf.replace("port 6379", f"port {free_port}").replace("dir /var/lib/redis", f"dir {tmp_path}")
    (tmp_path / "redis.conf").write_text(conf)
    monkeypatch.setattr("flagging.embedded_redis._options", lambda _: [])
    redis = EmbeddedRedis(tmp_path / "redis", port=free_port)
    redis._listen = [str(tmp_path / "redis.conf")]
    redis.url = f"redis://worker:worker@127.0.0.1:{free_port}/0"
    redis.start()
    yield free_port
    redis.stop()


def url(user: str, port: int) -> str:
    return f"redis://{user}:{user}@127.0.0.1:{port}/0"


def flagging(environ: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "flagging", *arguments],
        cwd=REPOSITORY,
        env=os.environ | environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_worker_publishes_and_manages_access_and_the_server_reads_what_it_needs(tmp_path, port):
    write_master_list(tmp_path / "list.csv", 40, 1, date(2026, 3, 2))
    environ = {
        "FLAGGING_MASTER_LIST": str(tmp_path / "list.csv"),
        "FLAGGING_KEY_FILE": str(tmp_path / "keys"),
        "FLAGGING_STATE_DIR": str(tmp_path / "state"),
    }
    as_worker = environ | {"FLAGGING_REDIS_URL": url("worker", port)}
    assert "edition 1" in flagging(as_worker, "sync")
    assert "flg_" in flagging(as_worker, "access", "issue-token", "--name", "custody suite", "--role", "custody")

    as_server = environ | {"FLAGGING_REDIS_URL": url("server", port)}
    assert "published, verified" in flagging(as_server, "register", "show")
    assert "custody suite" in flagging(as_server, "access", "list")
    with Redis.from_url(url("server", port)) as client, client.pubsub() as announcements:
        announcements.subscribe(ANNOUNCEMENTS, key_channel("k-1"))
        assert announcements.get_message(timeout=5)["type"] == "subscribe"
        assert "everything is sealed for it" in flagging(as_worker, "keys", "rotate")
        assert "0 of 1 server processes connected" in flagging(as_worker, "keys", "list")


@pytest.mark.parametrize(
    "command",
    [
        ["SET", "flagging:current", "42"],
        ["DEL", "flagging:current"],
        ["PUBLISH", ANNOUNCEMENTS, "42"],
        ["CONFIG", "GET", "*"],
        ["FLUSHALL"],
        ["GET", "another:key"],
    ],
    ids=" ".join,
)
def test_server_can_change_nothing_and_read_nothing_else(port, command):
    with Redis.from_url(url("server", port)) as client, pytest.raises(NoPermissionError):
        client.execute_command(*command)


@pytest.mark.parametrize(
    "command",
    [
        ["FLUSHALL"],
        ["FLUSHDB"],
        ["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"],
        ["SHUTDOWN"],
        ["SET", "other", "1"],
    ],
    ids=" ".join,
)
def test_worker_can_neither_flush_nor_reconfigure_nor_leave_its_keys(port, command):
    with Redis.from_url(url("worker", port)) as client, pytest.raises(NoPermissionError):
        client.execute_command(*command)


def test_people_sign_in_with_what_their_user_may(tmp_path, port, monkeypatch):
    create_key_file(tmp_path / "keys.json")
    keyring, person = load_keyring(tmp_path / "keys.json"), Person("pat", Role.PRISON, "local", "pat")
    client = connect(url("people", port))
    sessions, drafts, attempts = Sessions(client, keyring, 60, 600), Drafts(client, keyring), Attempts(client, keyring)
    assert attempts._count_in_redis(["flagging:web:attempts:test"]) == [1]
    attempts.give_back(attempts.spend("pat", "192.0.2.1"))
    session, digest = sessions.begin(person, {}), sessions.digest_of(person)
    assert drafts.keep(digest, "check", {"ocu": ["F1"]})
    assert drafts.remember(digest, {"ocu": "F1"})
    assert (drafts.find(digest, "check"), drafts.remembered(digest)) == ({"ocu": ["F1"]}, {"ocu": "F1"})
    drafts.drop(digest, "check")
    assert sessions.find(session.session_id, digest).person == person
    answers = KeptAnswers(client, keyring)
    assert answers.keep(session, {"1": {"body": {}}, "2": {}})
    assert answers.find(session, "1") == {"body": {}}
    monkeypatch.setattr("flagging.web.kept_answers.MOST_KEPT", 1)
    assert answers.keep(session, {"3": {}})
    assert answers.find(session, "1") is None
    answers.forget(session)
    assert answers.find(session, "3") is None
    sessions.end_all(person)
    assert sessions.find(session.session_id, digest) is None
    sessions.end(session)
    client.close()


@pytest.mark.parametrize(
    "command",
    [["GET", "flagging:access"], ["SET", "flagging:current", "42"], ["KEYS", "*"], ["SCAN", "0"], ["FLUSHALL"]],
    ids=" ".join,
)
def test_the_user_of_people_reaches_nothing_of_the_register_and_finds_no_sessions(port, command):
    with Redis.from_url(url("people", port)) as client, pytest.raises(NoPermissionError):
        client.execute_command(*command)


def test_nobody_gets_in_without_a_name(port):
    with Redis.from_url(f"redis://127.0.0.1:{port}/0") as client, pytest.raises(AuthenticationError):
        client.ping()


def test_everything_is_kept_and_nothing_evicted(port):
    with Redis.from_url(url("worker", port), decode_responses=True) as client:
        kept = client.config_get("*")
    assert {name: kept[name] for name in ("maxmemory-policy", "appendonly", "appendfsync", "save")} == {
        "maxmemory-policy": "noeviction",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
    }
