"""A register that follows a Redis whose clock is set by hand: edition 7 is held, edition 8 is the one to come."""

from dataclasses import replace

import pytest
from editions import KEYRING, NEWCOMER, PEOPLE, build, heartbeat_of, pointer_to, put

from flagging.register.chunks import chunk_key, manifest_key
from flagging.register.publication import publishing
from flagging.register.store import EditionStore
from flagging.register.sync_log import Told

HELD, NEXT = 7, 8
NOW = 1_770_000_100.0
PATIENCE = 60.0
NEXT_PEOPLE = (*PEOPLE, NEWCOMER)
NEXT_MANIFEST, FIRST, SECOND = manifest_key(NEXT), chunk_key(NEXT, 0), chunk_key(NEXT, 1)


class Clock:
    """Seconds since boot, as far as the register knows."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class ClockedStore(EditionStore):
    """A store in front of a Redis whose clock is set by hand."""

    redis_now = NOW

    def look(self):
        return replace(super().look(), now=self.redis_now)


def point_to(store, manifest, generation, checked_at=NOW, because="published", number=None):
    pointer = replace(pointer_to(manifest, generation, because), edition=number or manifest.number)
    with publishing(store) as publication:
        publication.switch(pointer, heartbeat_of(manifest, checked_at, checked_at - 60), Told())


def publish_next(store, built=None, keyring=KEYRING):
    """Put edition 8 there, or what a faulty worker might put in its place, and point to it."""
    built = built or build(NEXT_PEOPLE, number=NEXT)
    put(store, built, keyring=keyring, number=NEXT)
    point_to(store, built.manifest, generation=2000, number=NEXT)


def standing(register):
    """Which edition answers, as what, and how fresh."""
    held, freshness = register.held, register.freshness(register.held)
    number = held.edition.manifest.number if held.edition else None
    return number, held.source(register.clock()), freshness.state if freshness else None


def look_and_wait(register):
    register.look(wait=True)


def look_in_the_background(register):
    register.look()
    if register._loader is not None:
        register._loader.join(PATIENCE)
        assert not register._loader.is_alive()


LOOKS = pytest.mark.parametrize("look", [look_and_wait, look_in_the_background], ids=["here", "background"])


# -- damage ----------------------------------------------------------------------------------------------------------


def change(key, damage):
    return lambda client: client.set(key, damage(client.get(key)))


def swap(one, other):
    def damage(client):
        first, second = client.get(one), client.get(other)
        client.set(one, second)
        client.set(other, first)

    return damage


def copy(source, target):
    return lambda client: client.set(target, client.get(source))
