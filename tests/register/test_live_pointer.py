"""Without a good pointer, the edition held answers as a replica, and nothing earlier takes its place."""

import pytest
from editions import KEYRING, NEWCOMER, OTHER_KEYRING, PEOPLE, build, flip, put
from followed import HELD, LOOKS, NEXT, change, copy, point_to, publish_next, standing

from flagging.errors import StoreUnreachable
from flagging.register.live import REACH_SECONDS
from flagging.register.store import HEARTBEAT, POINTER, EditionStore

POINTERS = {
    "missing": lambda client: client.delete(POINTER),
    "empty": lambda client: client.set(POINTER, b""),
    "garbage": lambda client: client.set(POINTER, b"999999"),
    "altered": change(POINTER, lambda sealed: flip(sealed, -1)),
    "the heartbeat in its place": copy(HEARTBEAT, POINTER),
    "a list": lambda client: (client.delete(POINTER), client.rpush(POINTER, "1")),
    "of another key": lambda client: EditionStore(client, OTHER_KEYRING).documents.write(POINTER, {"edition": HELD}),
    "of another version": lambda client: EditionStore(client, KEYRING).documents.write(POINTER, {"edition": HELD}),
    "flushed": lambda client: client.flushall(),
}


@LOOKS
@pytest.mark.parametrize("damage", POINTERS.values(), ids=POINTERS)
def test_without_a_good_pointer_the_edition_held_answers_as_a_replica(register, clocked, look, damage):
    before = {key: clocked.client.dump(key) for key in clocked.client.scan_iter()}
    damage(clocked.client)
    look(register)
    assert standing(register) == (HELD, "replica", "current")
    clocked.client.flushall()
    for key, dumped in before.items():
        clocked.client.restore(key, 0, dumped)
    look(register)
    assert standing(register) == (HELD, "redis", "current")


@LOOKS
def test_a_pointer_from_earlier_is_not_followed_back(register, clocked, look):
    earlier = clocked.client.get(POINTER)
    publish_next(clocked)
    look(register)
    clocked.client.set(POINTER, earlier)
    look(register)
    assert standing(register) == (NEXT, "replica", "current")
    assert "behind" in register.held.trouble


def test_a_redis_that_cannot_be_reached_leaves_the_edition_as_a_replica(register, clocked):
    def fail():
        raise StoreUnreachable("Redis: ConnectionError")

    clocked.look = fail
    register.look(wait=True)
    assert standing(register) == (HELD, "replica", "current")


def test_a_look_that_hangs_is_told_by_the_time_since_the_last_one(register, clock):
    clock.now += REACH_SECONDS - 0.1
    assert register.held.source(clock()) == "redis"
    clock.now += 0.2
    assert register.held.source(clock()) == "replica"


def test_of_two_editions_of_one_number_the_one_that_the_pointer_names_is_held(register, clocked):
    """Redis and the worker's disk were lost, and numbers began again: it may be 7 that follows 7."""
    other = build((*PEOPLE, NEWCOMER), number=HELD)
    clocked.client.flushall()
    put(clocked, other)
    point_to(clocked, other.manifest, generation=2000)
    register.look(wait=True)
    assert register.held.edition.manifest == other.manifest
    assert standing(register) == (HELD, "redis", "current")


def test_a_server_of_the_version_before_and_one_of_this_refuse_each_others_pointers(register, clocked):
    before = {"edition": HELD, "generation": 9_000_000, "because": "published"}
    clocked.documents.write(POINTER, before)
    register.look(wait=True)
    assert standing(register) == (HELD, "replica", "current")
    assert "another" in register.held.trouble
