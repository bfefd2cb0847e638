"""Keys are rotated under a running installation of two hosts, asked all the while: no lookup fails, none is wrong."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from installation import Installation, arrest
from listed_people import EVERYBODY, PPO, asked
from redis import Redis

from flagging.embedded_redis import start_redis
from flagging.key_file import load_keyring
from flagging.receipts import FORM
from flagging.sealing import recipients

STRANGER = {"family_name": "Unlisted", "given_names": "Ashley", "date_of_birth": "1994-07-23"}
# A machine that is busy with other things for seconds is no fault of a rotation: lookups get the time they take.
SETTINGS = {"FLAGGING_SYNC_SECONDS": "1", "FLAGGING_RATE_LIMIT": "100000 per second", "FLAGGING_LOOKUP_SECONDS": "30"}

PAUSE = 0.01
"""Seconds between two questions: often enough to meet any gap, and the processors are for the rotation too."""
EXPECTED = {(200, "flagged"), (200, "not_on_register")}


@dataclass
class Asker:
    """Asks one server about somebody on the register and somebody who is not, over and over, and keeps count.

    `unexpected` holds whole answers of another kind, each with the time: a failure is to explain itself.
    """

    host: Installation
    answers: Counter[tuple[int, str]] = field(default_factory=Counter)
    unexpected: list[tuple[float, Any]] = field(default_factory=list)
    receipts: list[str] = field(default_factory=list)

    def ask_until(self, stopping: threading.Event) -> None:
        while not stopping.is_set():
            for person in (asked(PPO), STRANGER):
                try:
                    response = self.host.call("POST", "/v1/lookups", arrest(person), role="custody")
                except (OSError, HTTPException) as error:
                    self.unexpected.append((time.time(), repr(error)))
                    continue
                answered = response.status, response.body.get("outcome", response.body.get("type"))
                self.answers[answered] += 1
                if answered not in EXPECTED:
                    self.unexpected.append((time.time(), response.body))
                self.receipts.append(response.body.get("receipt", ""))
                time.sleep(PAUSE)


@contextmanager
def asking(*hosts: Installation) -> Iterator[list[Asker]]:
    askers, stopping = [Asker(host) for host in hosts], threading.Event()
    threads = [threading.Thread(target=asker.ask_until, args=(stopping,)) for asker in askers]
    for thread in threads:
        thread.start()
    try:
        yield askers
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


@pytest.fixture
def places(tmp_path: Path) -> Iterator[tuple[Installation, Installation]]:
    """Two hosts without servers: one has the worker, the other a key file of its own, which is a copy."""
    redis = start_redis(tmp_path / "redis")
    here, there = (Installation(tmp_path / name, redis, settings=dict(SETTINGS)) for name in ("here", "there"))
    try:
        for host in (here, there):
            host.directory.mkdir()
        here.write_list(EVERYBODY)
        here.start("worker")
        here.await_edition()
        here.issue_tokens("custody")
        there.tokens = here.tokens
        copy_key_file(here, there)
        yield here, there
    finally:
        there.stop()
        here.stop()
        redis.stop()


@pytest.fixture
def hosts(places: tuple[Installation, Installation]) -> tuple[Installation, Installation]:
    """Two hosts: worker and server, and another server."""
    for host in places:
        host.start("serve")
    for host in places:
        host.await_ready()
    return places


def key_file(host: Installation) -> Path:
    return Path(host.environ["FLAGGING_KEY_FILE"])


def copy_key_file(here: Installation, there: Installation) -> None:
    """Copy the file as an operator would: into its place at once, for its owner alone."""
    target = key_file(there)
    target.parent.mkdir(exist_ok=True)
    part = target.with_suffix(".part")
    part.touch(mode=0o600)
    part.write_bytes(key_file(here).read_bytes())
    part.replace(target)


def keys_of(host: Installation) -> str:
    return host.call("GET", "/health").body["components"]["keys"]


def sealed_for(url: str) -> set[tuple[str, ...]]:
    """For whom things in Redis are sealed."""
    with Redis.from_url(url) as client:
        values = [client.get(key) for key in client.scan_iter(match="flagging:*", _type="string")]
    return {recipients(value) for value in values if value and value.startswith(b"FS")}


def register(host: Installation) -> Any:
    return host.call("POST", "/v1/lookups", arrest(asked(PPO)), role="custody").body["register"]


def await_heartbeat(host: Installation) -> None:
    """Wait until the host knows of a list checked since: whoever cannot read heartbeats only sees it grow older."""
    since = datetime.now(UTC)
    host.await_answer("a heartbeat", lambda: datetime.fromisoformat(register(host)["checked_at"]) > since)


@pytest.mark.sweep
def test_no_lookup_fails_while_keys_are_rotated_on_hosts_that_get_the_new_key_late(hosts):
    here, there = hosts
    old = load_keyring(key_file(here)).key_id
    with asking(here, there) as askers:
        begun = here.run("keys", "rotate", "--reason", "yearly")
        assert begun.returncode == 0, begun.stderr
        new = load_keyring(key_file(here)).key_id
        assert new != old
        here.await_answer("the server has the new key", lambda: keys_of(here).startswith(f"{new} in use"))
        there.await_answer("the other one misses it", lambda: keys_of(there).startswith(f"key {new} is missing"))
        await_heartbeat(there)
        refused = here.run("keys", "rotate", "--retire")
        assert refused.returncode == 1
        assert "2 of 4 server processes" in refused.stderr
        copy_key_file(here, there)
        there.await_answer("it has the new key", lambda: keys_of(there).startswith(f"{new} in use"))
        ended = here.await_answer(
            "the end", lambda: (run := here.run("keys", "rotate", "--retire")).returncode == 0 and run
        )
        assert f"everything is sealed for {new} alone" in ended.stdout
        copy_key_file(here, there)
        here.await_answer("nothing sealed for the old key", lambda: sealed_for(here.redis.url) == {(new,)})
        there.await_answer("the old key out of use", lambda: keys_of(there) == f"{new} in use")
        for host in hosts:
            await_heartbeat(host)
    for asker in askers:
        assert asker.unexpected == [], f"{asker.answers}\n{asker.host.log('serve')[-8000:]}"
        assert set(asker.answers) == EXPECTED
        assert asker.answers.total() > 50
        assert asker.receipts[0].startswith(f"{FORM}.{old}.")
        assert asker.receipts[-1].startswith(f"{FORM}.{new}.")
    assert register(here)["edition"] == register(there)["edition"] > 1


@pytest.mark.sweep
def test_a_server_that_starts_after_a_rotation_begins_answers_whichever_key_file_it_has(places):
    here, there = places
    begun = here.run("keys", "rotate")
    assert begun.returncode == 0, begun.stderr
    there.start("serve")
    there.await_ready()
    assert "is missing" in keys_of(there)
    assert there.call("POST", "/v1/lookups", arrest(asked(PPO)), role="custody").body["outcome"] == "flagged"
