"""An edition that does not verify is never served, whatever is wrong with it; the last one that did stays."""

from contextlib import contextmanager
from dataclasses import replace

import pytest
from editions import (
    KEYRING,
    LIMITS,
    OTHER_KEYRING,
    PEOPLE,
    ROTATED_KEYRING,
    SAMPLE,
    SPECIMEN,
    build,
    fake_redis,
    flip,
    put,
)
from followed import (
    FIRST,
    HELD,
    LOOKS,
    NEXT,
    NEXT_MANIFEST,
    NEXT_PEOPLE,
    SECOND,
    Clock,
    ClockedStore,
    change,
    copy,
    look_in_the_background,
    point_to,
    publish_next,
    standing,
    swap,
)
from hypothesis import given
from hypothesis import strategies as st

from flagging.errors import StoreUnreachable
from flagging.matching.derived import MATCHING_VERSION
from flagging.register import chunks as chunks_module
from flagging.register.chunks import chunk_key, manifest_key
from flagging.register.live import RETRY_SECONDS, LiveRegister
from flagging.register.manifest import FORMAT, Counts
from flagging.register.store import POINTER, EditionStore


def rewrite(built=None, keyring=KEYRING, **changes):
    """Publish another edition in the next one's place, sealed with a key: what only a faulty worker could do."""
    return lambda client: publish_next(
        EditionStore(client, KEYRING), built or build(NEXT_PEOPLE, number=NEXT, **changes), keyring
    )


DAMAGE = {
    "manifest missing": lambda client: client.delete(NEXT_MANIFEST),
    "manifest empty": lambda client: client.set(NEXT_MANIFEST, b""),
    "manifest cut short": change(NEXT_MANIFEST, lambda sealed: sealed[:-1]),
    "manifest altered": change(NEXT_MANIFEST, lambda sealed: flip(sealed, -20)),
    "manifest of the other edition": copy(manifest_key(HELD), NEXT_MANIFEST),
    "manifest not text": lambda client: (client.delete(NEXT_MANIFEST), client.rpush(NEXT_MANIFEST, "1")),
    "chunk missing": lambda client: client.delete(SECOND),
    "chunk empty": lambda client: client.set(SECOND, b""),
    "chunk cut short": change(SECOND, lambda sealed: sealed[:-1]),
    "chunk altered": change(SECOND, lambda sealed: flip(sealed, -20)),
    "chunk not text": lambda client: (client.delete(SECOND), client.rpush(SECOND, "1")),
    "chunks swapped": swap(FIRST, SECOND),
    "chunk of the other edition": copy(chunk_key(HELD, 0), FIRST),
    "manifest in the place of a chunk": copy(NEXT_MANIFEST, FIRST),
    "all of another key": rewrite(build(NEXT_PEOPLE, number=NEXT, keyring=OTHER_KEYRING), keyring=OTHER_KEYRING),
    "manifest of another key": rewrite(keyring=OTHER_KEYRING),
    "chunks of another key": rewrite(build(NEXT_PEOPLE, number=NEXT, keyring=OTHER_KEYRING)),
    "of another format": rewrite(format=FORMAT + 1),
    "of another matching version": rewrite(matching_version=MATCHING_VERSION + 1),
    "of another number": rewrite(build(NEXT_PEOPLE, number=9)),
    "with a wrong count": rewrite(counts=Counts(5, 1, 1)),
    "with a wrong count of former people": rewrite(counts=Counts(5, 0, 1)),
    "with a wrong content digest": rewrite(content_digest="0" * 64),
    "with one reference twice": rewrite(build((SAMPLE, replace(SPECIMEN, ppo_ref="T-1")), number=NEXT, canaries=())),
    "without a canary": rewrite(canaries=("T-1", "T-9")),
    "another one of the same number": lambda client: put(EditionStore(client, KEYRING), build(number=NEXT)),
}


@LOOKS
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_an_edition_that_does_not_verify_is_not_served_and_the_last_one_stays(register, clocked, look, damage):
    publish_next(clocked)
    damage(clocked.client)
    look(register)
    assert standing(register) == (HELD, "replica", "current")
    assert register.held.edition.index.records == list(PEOPLE)
    assert register.held.trouble


@LOOKS
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_process_that_starts_into_it_holds_nothing(clocked, clock, look, damage, two_to_a_chunk):
    put(clocked, build(number=HELD))
    publish_next(clocked)
    damage(clocked.client)
    register = LiveRegister(clocked, LIMITS, clock)
    look(register)
    assert standing(register) == (None, "replica", None)


@pytest.fixture(scope="module")
def pristine():
    """A made-up Redis that points to edition 8, the content of which the tests below put right again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks_module, "RECORDS_PER_CHUNK", 2)
        clocked = ClockedStore(fake_redis(), KEYRING)
        put(clocked, build(number=HELD))
        publish_next(clocked)
    return clocked


PARTS = (POINTER, NEXT_MANIFEST, FIRST, SECOND)


@contextmanager
def altered(client, key, content):
    before = client.get(key)
    client.set(key, content)
    yield
    client.set(key, before)


@given(part=st.sampled_from(PARTS), position=st.integers(0, 1 << 12), bit=st.integers(0, 7))
def test_no_bit_of_pointer_manifest_or_chunk_can_change_without_being_noticed(pristine, part, position, bit):
    register = LiveRegister(pristine, LIMITS, Clock())
    with altered(pristine.client, part, flip(pristine.client.get(part), position, bit)):
        register.look(wait=True)
        assert register.held.edition is None


@given(part=st.sampled_from(PARTS), length=st.integers(0, 1 << 12))
def test_no_part_of_them_can_be_cut_off_without_being_noticed(pristine, part, length):
    register = LiveRegister(pristine, LIMITS, Clock())
    whole = pristine.client.get(part)
    with altered(pristine.client, part, whole[: length % len(whole)]):
        register.look(wait=True)
        assert register.held.edition is None


def test_a_key_file_that_is_the_wrong_one_opens_nothing(register, clocked, clock):
    wrong = LiveRegister(ClockedStore(clocked.client, OTHER_KEYRING), LIMITS, clock)
    wrong.look(wait=True)
    assert standing(wrong) == (None, "replica", None)
    assert "not in the key file" in wrong.held.trouble


def test_a_rotated_key_file_still_opens_what_the_old_key_sealed(register, clocked, clock):
    rotated = LiveRegister(ClockedStore(clocked.client, ROTATED_KEYRING), LIMITS, clock)
    rotated.look(wait=True)
    assert standing(rotated) == (HELD, "redis", "current")


def test_a_fault_of_the_programme_while_loading_is_an_edition_that_does_not_verify(register, clocked):
    publish_next(clocked)

    def fail(_pointer):
        raise ZeroDivisionError

    clocked.pointed = fail
    look_in_the_background(register)
    assert standing(register) == (HELD, "replica", "current")
    assert register.held.trouble == "edition 8: ZeroDivisionError while loading"


@LOOKS
def test_a_refused_edition_is_named_left_alone_for_a_while_and_then_tried_again(register, clocked, clock, look):
    publish_next(clocked)
    chunk = clocked.client.get(FIRST)
    clocked.client.delete(FIRST)
    look(register)
    assert register.held.refused_edition == NEXT
    clocked.client.set(FIRST, chunk)
    clock.now += RETRY_SECONDS - 0.1
    look(register)
    assert standing(register)[:2] == (HELD, "replica")
    clock.now += 0.2
    look(register)
    assert standing(register) == (NEXT, "redis", "current")
    assert register.held.refused_edition is None
    assert register.held.trouble is None


def test_another_edition_after_a_refused_one_is_not_made_to_wait(register, clocked):
    publish_next(clocked)
    clocked.client.delete(FIRST)
    register.look(wait=True)
    other = build(number=9)
    put(clocked, other)
    point_to(clocked, other.manifest, generation=3000)
    register.look(wait=True)
    assert standing(register) == (9, "redis", "current")


def test_a_redis_lost_while_loading_makes_no_refused_edition(register, clocked):
    publish_next(clocked)
    read = clocked.chunk

    def fail(_number, _position):
        raise StoreUnreachable("Redis: TimeoutError")

    clocked.chunk = fail
    register.look(wait=True)
    assert standing(register) == (HELD, "replica", "current")
    assert (register.held.trouble, register.held.refused_edition) == ("Redis: TimeoutError", None)
    clocked.chunk = read
    register.look(wait=True)
    assert standing(register) == (NEXT, "redis", "current")


def test_a_refused_edition_is_forgotten_when_redis_points_to_the_held_one_again(register, clocked):
    before = clocked.client.get(POINTER)
    publish_next(clocked)
    clocked.client.delete(FIRST)
    register.look(wait=True)
    clocked.client.set(POINTER, before)
    register.look(wait=True)
    assert (register.held.source(register.clock()), register.held.refused_edition) == ("redis", None)
