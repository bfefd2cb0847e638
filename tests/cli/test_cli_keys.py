"""`flagging keys`: what is listed, and a rotation from the shell."""

import os
import threading
from datetime import UTC, datetime

import orjson
import pytest

from flagging.cli.setup import open_recorder, open_worker
from flagging.key_file import FollowedKeys, add_key
from flagging.ledger.segments import read_segment
from flagging.register.store import EditionStore
from flagging.settings import read_settings

FAILED = 1


@pytest.fixture
def key_file(synced):
    return synced.directory / "keys" / "keys.json"


def acts(installation):
    segments = sorted((installation.state_dir / "spool").glob("*.spool"))
    return [orjson.loads(entry) for path in segments for entry in read_segment(path, installation.keyring)]


def test_a_rotation_says_what_it_did_and_what_comes_next(synced, key_file):
    old = synced.keyring.key_id
    result = synced.run("keys", "rotate", "--reason", "yearly", "--operator", "4711")
    assert result.exit_code == 0
    new, *older = synced.keyring.key_ids
    assert older == [old]
    assert result.stdout.splitlines() == [
        f"{new} is new",
        f"everything is sealed for it and for {old}",
        f"next: copy {key_file} to every other host, then `flagging keys rotate --retire`",
    ]
    (entry,) = acts(synced)
    assert (entry["kind"], entry["reason"], entry["operator"], entry["edition"]) == (
        "keys_rotated", "yearly", "4711", 1,
    )  # fmt: skip


def test_asked_again_it_goes_on_with_the_rotation_under_way(synced):
    synced.run("keys", "rotate")
    keys = synced.keyring.key_ids
    again = synced.run("keys", "rotate")
    assert (again.exit_code, synced.keyring.key_ids) == (0, keys)
    assert "under way" in again.stdout


def test_it_is_ended_once_a_list_was_checked_with_the_new_key(synced):
    old = synced.keyring.key_id
    synced.run("keys", "rotate")
    early = synced.run("keys", "rotate", "--retire")
    assert early.exit_code == FAILED
    assert early.stderr.splitlines()[-1].startswith("Error: no list has been checked with key")
    synced.sync()
    ended = synced.run("keys", "rotate", "--retire")
    assert ended.exit_code == 0
    assert ended.stdout.startswith(f"everything is sealed for {synced.keyring.key_id} alone\n{old} is kept to open")
    assert [key.key_id for key in synced.keyring.in_use] == [synced.keyring.key_id]
    assert "published, verified" in synced.run("register", "show").stdout
    assert synced.sync().stdout.startswith("unchanged")


def test_the_report_of_a_rotation_is_kept(synced, redis_client):
    synced.run("keys", "rotate")
    reports = EditionStore(redis_client, synced.keyring).log.reports()
    assert [(report["source"], report["edition"]) for report in reports] == [("keys rotated", 2), ("list.csv", 1)]


def test_keys_are_listed_newest_first_with_what_each_is_good_for_and_no_secret(synced, key_file):
    old = synced.keyring.key_id
    synced.run("keys", "rotate")
    synced.sync()
    synced.run("keys", "rotate", "--retire")
    add_key(key_file, datetime(2026, 3, 2, 12, tzinfo=UTC))
    result = synced.run("keys", "list")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    newest, new, _ = synced.keyring.key_ids
    assert lines[0] == f"{newest}  made 2026-03-02T12:00:00.000+00:00  in use"
    assert lines[1].startswith(f"{new}  made ")
    assert lines[1].endswith("  in use, needed by 1 segments of this host's spool")
    assert lines[2].startswith(f"{old}  made ")
    assert "superseded: opens the spool, verifies receipts" in lines[2]
    assert lines[3] == f"0 of 0 server processes connected have {newest}"
    for entry in orjson.loads(key_file.read_bytes())["keys"]:
        assert entry["secret"] not in result.stdout


def test_keys_are_listed_without_redis_too(synced):
    synced.set("REDIS_URL", "unix:///nonexistent/redis.sock")
    result = synced.run("keys", "list")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1].endswith("cannot be told: Redis: ConnectionError")


def test_without_redis_no_key_is_made(synced):
    synced.set("REDIS_URL", "unix:///nonexistent/redis.sock")
    assert synced.run("keys", "rotate").exit_code == FAILED
    assert len(synced.keyring.key_ids) == 1


def test_without_a_key_file_none_is_made(installation):
    result = installation.run("keys", "rotate")
    assert result.exit_code == FAILED
    assert "keys.json" in result.stderr
    assert not (installation.directory / "keys").exists()


def test_a_worker_follows_its_keys_but_seals_nothing_anew_in_a_redis_that_may_evict(synced, key_file, redis_client):
    settings, keys = read_settings(os.environ), FollowedKeys(key_file)
    add_key(key_file, datetime.now(UTC))
    store = EditionStore(redis_client, synced.keyring)
    with open_recorder(settings, "worker", keyring=keys.keyring) as recorder:
        worker = open_worker(settings, recorder, keys, threading.Event())
        worker.upkeep()
        assert keys.keyring.key_ids == synced.keyring.key_ids
        assert store.kept() == [1]
        worker.is_redis_fit = True
        worker.upkeep()
        assert store.kept() == [1, 2]
