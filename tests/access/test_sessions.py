"""Signing out everywhere ends what has begun until then, whatever Redis loses and whoever signs in meanwhile."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from editions import KEYRING, ROTATED_KEYRING
from redis.client import Pipeline

from flagging.access.person import Person
from flagging.access.sessions import GENERATION, SESSION, Sessions
from flagging.documents import SealedDocuments
from flagging.errors import StoreUnreachable
from flagging.terms import Role

IDLE, LONGEST = 1800, 12 * 3600
PAT = Person("pat.example", Role.CUSTODY, "local", "pat.example")
AT_ONCE = 8


@pytest.fixture
def sessions(redis_client):
    return Sessions(redis_client, KEYRING, IDLE, LONGEST)


@pytest.fixture
def rotated(redis_client):
    """The sessions as servers keep them that have another sealing key besides."""
    return Sessions(redis_client, ROTATED_KEYRING, IDLE, LONGEST)


class Device:
    """What one browser of Pat's holds: the id of its session, and the digest that stood for Pat when it began."""

    def __init__(self, sessions):
        self.session, self.digest = sessions.begin(PAT, {}), sessions.digest_of(PAT)

    def is_signed_in(self, sessions):
        return sessions.find(self.session.session_id, self.digest) is not None


def generations(client):
    return {key: client.get(key) for key in client.keys(f"{GENERATION}*")}


def lose_generations(client):
    client.delete(*client.keys(f"{GENERATION}*"))


@pytest.fixture
def meanwhile(monkeypatch):
    """Have something happen once whoever signs in next has seen what is there, and has written nothing yet."""

    def meanwhile(happens):
        execute, waiting = Pipeline.execute, [happens]

        def executed(pipe, **options):
            found = execute(pipe, **options)
            if waiting:
                waiting.pop()()
            return found

        monkeypatch.setattr(Pipeline, "execute", executed)

    return meanwhile


# -- everywhere means everywhere -------------------------------------------------------------------------------------


def test_signing_out_everywhere_ends_what_began_before_and_nothing_that_begins_after(sessions):
    before = [Device(sessions) for _ in range(3)]
    sessions.end_all(PAT)
    after = Device(sessions)
    assert [device.is_signed_in(sessions) for device in before] == [False] * 3
    assert after.is_signed_in(sessions)
    sessions.end_all(PAT)
    assert not after.is_signed_in(sessions)


def test_signing_out_everywhere_ends_nobody_elses_sessions(sessions):
    device = Device(sessions)
    sessions.end_all(Person("sam.example", Role.CUSTODY, "local", "sam.example"))
    assert device.is_signed_in(sessions)


@pytest.mark.parametrize("is_lost", ["before", "afterwards", "before and afterwards"])
def test_a_generation_that_redis_lost_brings_no_ended_session_back(is_lost, sessions, redis_client):
    ended = []
    for _ in range(3):
        ended.append(Device(sessions))
        assert ended[-1].is_signed_in(sessions)
        if "before" in is_lost:
            lose_generations(redis_client)
        sessions.end_all(PAT)
        assert not any(device.is_signed_in(sessions) for device in ended)
        if "afterwards" in is_lost:
            lose_generations(redis_client)
        assert not any(device.is_signed_in(sessions) for device in ended)


def test_a_generation_that_redis_lost_signs_out_and_signing_in_again_is_all_it_takes(sessions, redis_client):
    device = Device(sessions)
    lose_generations(redis_client)
    assert not device.is_signed_in(sessions)
    again = Device(sessions)
    assert again.is_signed_in(sessions)
    assert not device.is_signed_in(sessions)


def test_a_generation_outlasts_every_session_of_it(sessions, redis_client):
    Device(sessions)
    (key,) = generations(redis_client)
    redis_client.expire(key, 60)
    later = Device(sessions)
    assert redis_client.ttl(key) > LONGEST
    assert later.is_signed_in(sessions)


# -- two sealing keys ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_signed_out", [False, True])
def test_somebody_who_signed_out_everywhere_signs_in_after_a_rotation(is_signed_out, sessions, rotated):
    Device(sessions)
    if is_signed_out:
        sessions.end_all(PAT)
    after = Device(rotated)
    assert after.is_signed_in(rotated)


def test_a_session_goes_on_through_a_rotation_and_ends_with_those_begun_since(sessions, rotated, redis_client):
    before = Device(sessions)
    since = Device(rotated)
    assert before.digest != since.digest
    assert before.is_signed_in(rotated)
    assert since.is_signed_in(sessions)
    assert len(generations(redis_client)) == 2
    assert len(set(generations(redis_client).values())) == 1
    rotated.end_all(PAT)
    assert len(set(generations(redis_client).values())) == 1
    assert not before.is_signed_in(rotated)
    assert not since.is_signed_in(rotated)


def test_signed_out_where_the_new_key_is_not_known_yet_people_sign_in_everywhere(sessions, rotated):
    for _ in range(10):
        Device(rotated)
        sessions.end_all(PAT)
        assert Device(rotated).is_signed_in(rotated)
        assert Device(sessions).is_signed_in(sessions)


# -- at the same moment ----------------------------------------------------------------------------------------------


def test_of_two_who_sign_in_with_one_account_at_once_both_are_signed_in(sessions, meanwhile, redis_client):
    devices = []
    meanwhile(lambda: devices.append(Device(sessions)))
    devices.append(Device(sessions))
    assert [device.is_signed_in(sessions) for device in devices] == [True, True]


def test_of_two_who_sign_in_at_once_before_and_after_a_rotation_both_are_signed_in(sessions, rotated, meanwhile):
    devices = []
    meanwhile(lambda: devices.append(Device(sessions)))
    devices.append(Device(rotated))
    assert [device.is_signed_in(rotated) for device in devices] == [True, True]


def test_of_many_who_sign_in_with_one_account_at_once_all_are_signed_in(rotated, redis_client):
    together = threading.Barrier(AT_ONCE)

    def sign_in(_):
        together.wait()
        return Device(rotated)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        for _ in range(20):
            redis_client.flushall()
            devices = list(threads.map(sign_in, range(AT_ONCE)))
            assert all(device.is_signed_in(rotated) for device in devices)
            assert len(set(generations(redis_client).values())) == 1


@pytest.mark.parametrize("which", ["one more", "the first after a rotation", "the first after a loss"])
def test_whoever_signs_in_while_all_are_signed_out_brings_no_ended_session_back(
    which, sessions, rotated, meanwhile, redis_client
):
    signs_in = rotated if which == "the first after a rotation" else sessions
    ended = Device(sessions)
    if which == "the first after a loss":
        lose_generations(redis_client)
    meanwhile(lambda: signs_in.end_all(PAT))
    Device(signs_in)
    assert not ended.is_signed_in(signs_in)
    assert Device(signs_in).is_signed_in(signs_in)
    assert not ended.is_signed_in(signs_in)


def test_signing_in_asks_redis_twice_at_most_before_it_writes_the_session(rotated, monkeypatch):
    asked, execute = [], Pipeline.execute
    monkeypatch.setattr(Pipeline, "execute", lambda pipe, **options: asked.append(1) or execute(pipe, **options))
    Device(rotated)
    assert len(asked) == 2
    Device(rotated)
    assert len(asked) == 3


def test_a_redis_that_takes_no_writes_lets_nobody_in_and_keeps_whoever_is(sessions, redis_client):
    device = Device(sessions)
    redis_client.replicaof("127.0.0.1", "1")
    try:
        with pytest.raises(StoreUnreachable):
            Device(sessions)
        assert device.is_signed_in(sessions)
    finally:
        redis_client.replicaof("NO", "ONE")


# -- beside the version before ---------------------------------------------------------------------------------------


def begun_by_the_version_before(client, sessions, generation):
    """A session as that version wrote it, which counted signing out everywhere from 0."""
    device = Device(sessions)
    lose_generations(client)
    documents, key = SealedDocuments(client, KEYRING), next(client.scan_iter(f"{SESSION}*")).decode()
    client.set(key, documents.sealed(key, documents.read(key) | {"generation": generation}), ex=IDLE)
    return device


def test_a_session_of_the_version_before_goes_on_where_somebody_had_signed_out_everywhere(sessions, redis_client):
    device = begun_by_the_version_before(redis_client, sessions, 3)
    redis_client.set(GENERATION + device.digest, 3)
    assert device.is_signed_in(sessions)
    assert Device(sessions).is_signed_in(sessions)
    assert device.is_signed_in(sessions)
    sessions.end_all(PAT)
    assert not device.is_signed_in(sessions)


def test_a_session_of_the_version_before_is_over_where_nobody_had(sessions, redis_client):
    device = begun_by_the_version_before(redis_client, sessions, 0)
    assert not device.is_signed_in(sessions)
    assert Device(sessions).is_signed_in(sessions)
    assert not device.is_signed_in(sessions)


def test_a_server_of_the_version_before_takes_a_generation_for_a_count_and_counts_it_on(sessions, redis_client):
    ended = []
    for _ in range(50):
        ended.append(Device(sessions))
        (key,), (session,) = generations(redis_client), redis_client.keys(f"{SESSION}*")
        count = int(redis_client.get(key))
        assert SealedDocuments(redis_client, KEYRING).read(session.decode())["generation"] == count
        redis_client.incr(key)
        assert not any(device.is_signed_in(sessions) for device in ended)
        assert Device(sessions).session.generation == count + 1
        redis_client.delete(key, *redis_client.keys(f"{SESSION}*"))
