"""The access list as processes follow it: sealed, never taken back to an older one, known without Redis."""

import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from flagging.access.access_list import AccessList
from flagging.access.live import ACCESS, COPY_NAME, LiveAccess
from flagging.documents import SealedDocuments
from flagging.errors import AccessChangeRefused, SealBroken, StoreUnreachable
from flagging.redis_connection import connect
from flagging.terms import Role

NOW = datetime.now(UTC)
NOWHERE = "unix:///nonexistent/redis.sock"


class Issue:
    """A change that issues a token, and keeps it."""

    def __init__(self, role=Role.CUSTODY):
        self.role, self.token = role, ""

    def __call__(self, known):
        changed, self.token = known.issue("system", self.role, NOW, None)
        return changed


@pytest.fixture
def new_process(redis_url, keyring, tmp_path):
    """Start following, as a process of its own on a host of its own unless told which."""
    hosts = iter(range(1000))

    def new_process(host: Path | None = None, url=redis_url, keyring=keyring):
        return LiveAccess(connect(url), keyring, host or tmp_path / f"host-{next(hosts)}")

    return new_process


@pytest.fixture
def host(tmp_path):
    return tmp_path / "host"


def revoke(token):
    return lambda known: known.revoke(token.split("_")[1], NOW)


def put(client, keyring, version, *tokens):
    """Put a list of that version into Redis, as an older or newer Redis would hold it."""
    known = AccessList(version, tuple(tokens))
    client.set(ACCESS, SealedDocuments(client, keyring).sealed(ACCESS, known.to_dict()))


def test_a_process_that_has_seen_no_list_knows_that(new_process):
    process = new_process()
    process.look()
    assert process.book is None
    assert process.caller("flg_a_b") is None


def test_a_change_is_known_to_whoever_made_it_at_once_and_to_others_when_they_look(new_process):
    one, other = new_process(), new_process()
    issue = Issue(Role.PRISON)
    one.change(issue)
    assert one.caller(issue.token).role is Role.PRISON
    assert other.caller(issue.token) is None
    other.look()
    assert other.caller(issue.token).role is Role.PRISON
    one.change(revoke(issue.token))
    other.look()
    assert one.caller(issue.token) is other.caller(issue.token) is None


def test_what_stands_in_redis_and_on_disk_is_sealed(new_process, redis_client, host):
    process, issue = new_process(host), Issue()
    process.change(issue)
    kept = process.access_list.tokens[0]
    for content in (redis_client.get(ACCESS), (host / COPY_NAME).read_bytes()):
        assert content.startswith(b"FS1")
        for value in (kept.token_id, kept.secret_digest, kept.name, issue.token):
            assert value.encode() not in content


def test_each_change_makes_a_newer_version(new_process):
    process = new_process()
    versions = [process.change(Issue()).version for _ in range(5)]
    assert versions == sorted(set(versions))


def test_changes_at_the_same_moment_lose_nothing(new_process):
    changes = [Issue() for _ in range(12)]
    start = threading.Barrier(4)

    def change(own):
        process = new_process()
        start.wait()
        for issue in own:
            process.change(issue)

    threads = [threading.Thread(target=change, args=(changes[number::4],)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    process = new_process()
    process.look()
    assert len(process.access_list.tokens) == 12
    assert all(process.caller(issue.token) for issue in changes)


def test_a_change_that_makes_no_sense_changes_nothing(new_process, redis_client):
    process = new_process()
    process.change(Issue())
    before = redis_client.get(ACCESS)
    with pytest.raises(AccessChangeRefused):
        process.change(lambda known: known.revoke("nobody", NOW))
    assert redis_client.get(ACCESS) == before


# -- older and newer -------------------------------------------------------------------------------------------------


def test_an_older_list_never_replaces_a_newer_one_in_memory_or_on_disk(new_process, redis_client, host):
    process, issue = new_process(host), Issue()
    process.change(issue)
    older = redis_client.get(ACCESS)
    process.change(revoke(issue.token))
    redis_client.set(ACCESS, older)
    process.look()
    assert process.caller(issue.token) is None
    assert new_process(host, NOWHERE).caller(issue.token) is None


def test_a_process_whose_copy_is_newer_stays_with_it(new_process, redis_client, host):
    first, issue = new_process(host), Issue()
    first.change(issue)
    older = redis_client.get(ACCESS)
    first.change(revoke(issue.token))
    redis_client.set(ACCESS, older)
    restarted = new_process(host)
    restarted.look()
    assert restarted.caller(issue.token) is None


def test_a_process_whose_copy_is_older_learns_the_newer_list(new_process, host):
    first, issue = new_process(host), Issue()
    first.change(issue)
    new_process().change(revoke(issue.token))
    restarted = new_process(host)
    assert restarted.caller(issue.token) is not None
    restarted.look()
    assert restarted.caller(issue.token) is None


def test_a_change_builds_on_the_newest_list_known_so_that_a_lost_revocation_stays_one(new_process, redis_client, host):
    """Redis comes back without its last second, and then somebody issues a token."""
    process, revoked, other = new_process(host), Issue(), Issue()
    process.change(revoked)
    before = redis_client.get(ACCESS)
    process.change(revoke(revoked.token))
    redis_client.set(ACCESS, before)
    new_process(host).change(other)
    for each in (process, new_process()):
        each.look()
        assert each.caller(revoked.token) is None
        assert each.caller(other.token) is not None


def test_a_version_ahead_of_the_clock_of_redis_is_still_followed_by_newer_ones(new_process, redis_client, keyring):
    put(redis_client, keyring, 10**15)
    process, issue = new_process(), Issue()
    assert process.change(issue).version == 10**15 + 1
    assert process.caller(issue.token) is not None


# -- without Redis ---------------------------------------------------------------------------------------------------


def test_a_process_that_starts_without_redis_knows_its_callers_from_the_copy(new_process, host):
    issue = Issue(Role.ARREST_REFERRAL)
    new_process(host).change(issue)
    alone = new_process(host, NOWHERE)
    assert alone.caller(issue.token).role is Role.ARREST_REFERRAL
    alone.look()
    assert alone.caller(issue.token) is not None


def test_a_process_keeps_its_callers_when_redis_is_emptied(new_process, redis_client):
    process, issue = new_process(), Issue()
    process.change(issue)
    redis_client.flushall()
    process.look()
    assert process.caller(issue.token) is not None


def test_the_worker_puts_back_what_redis_has_lost_and_nothing_else(new_process, redis_client):
    worker, stranger, issue = new_process(), new_process(), Issue()
    worker.change(issue)
    redis_client.flushall()
    worker.restore()
    stranger.look()
    assert stranger.caller(issue.token) is not None
    assert stranger.access_list == worker.access_list
    stranger.change(Issue())
    newer = redis_client.get(ACCESS)
    worker.restore()
    assert redis_client.get(ACCESS) == newer


def test_somebody_who_knows_no_list_puts_nothing_back(new_process, redis_client):
    new_process().restore()
    assert redis_client.get(ACCESS) is None


def test_after_a_flush_a_change_still_builds_on_the_list_that_is_known(new_process, redis_client):
    process, first, second = new_process(), Issue(), Issue()
    process.change(first)
    redis_client.flushall()
    process.change(second)
    assert process.caller(first.token) is not None
    assert process.caller(second.token) is not None


def test_a_change_without_redis_says_so_and_restoring_waits(new_process, host):
    new_process(host).change(Issue())
    alone = new_process(host, NOWHERE)
    with pytest.raises(StoreUnreachable):
        alone.change(Issue())
    alone.restore()


# -- foreign and broken ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spoil", ["foreign", "altered", "out of place", "not a list", "not sealed", "empty"])
def test_a_list_that_was_not_written_by_this_service_is_not_taken(
    spoil, new_process, redis_client, keyring, other_keyring, host
):
    process, issue = new_process(host), Issue()
    process.change(issue)
    sound = redis_client.get(ACCESS)
    newer = replace(process.access_list, version=process.access_list.version + 1, tokens=()).to_dict()
    documents = SealedDocuments(redis_client, keyring)
    spoilt = {
        "foreign": SealedDocuments(redis_client, other_keyring).sealed(ACCESS, newer),
        "altered": sound[:-1] + bytes([sound[-1] ^ 1]),
        "out of place": documents.sealed("flagging:current", newer),
        "not a list": documents.sealed(ACCESS, {"version": newer["version"], "tokens": None}),
        "not sealed": orjson.dumps(newer),
        "empty": b"",
    }[spoil]
    redis_client.set(ACCESS, spoilt)
    process.look()
    assert process.caller(issue.token) is not None
    assert new_process(host, NOWHERE).caller(issue.token) is not None
    redis_client.set(ACCESS, sound)
    process.look()
    assert process.caller(issue.token) is not None


def test_a_change_never_overwrites_a_list_it_cannot_open(new_process, redis_client, keyring, other_keyring):
    SealedDocuments(redis_client, other_keyring).write(ACCESS, AccessList(1).to_dict())
    before = redis_client.get(ACCESS)
    with pytest.raises(SealBroken):
        new_process().change(Issue())
    assert redis_client.get(ACCESS) == before


@pytest.mark.parametrize("content", [b"", b"FS1", b"rubbish" * 100])
def test_a_copy_that_does_not_open_is_left_aside(content, new_process, host):
    issue = Issue()
    new_process(host).change(issue)
    (host / COPY_NAME).write_bytes(content)
    process = new_process(host)
    assert process.book is None
    process.look()
    assert process.caller(issue.token) is not None


def test_a_copy_of_another_installation_is_left_aside(new_process, host, other_keyring):
    new_process(host).change(Issue())
    assert new_process(host, NOWHERE, other_keyring).book is None


def test_a_host_that_cannot_keep_a_copy_goes_on_without(new_process, host):
    host.write_bytes(b"")
    process, issue = new_process(host), Issue()
    process.change(issue)
    assert process.caller(issue.token) is not None


def test_the_copy_is_replaced_whole(new_process, host):
    process = new_process(host)
    for _ in range(3):
        process.change(Issue())
    assert [path.name for path in host.iterdir()] == [COPY_NAME]
    assert len(new_process(host, NOWHERE).access_list.tokens) == 3
