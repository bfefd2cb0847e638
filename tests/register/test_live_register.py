"""The register as a server process knows it: what does not verify is never served, and the last edition stays."""

import gc
import threading
from contextlib import contextmanager
from dataclasses import replace

import pytest
from editions import (
    KEYRING,
    LIMITS,
    NEWCOMER,
    OTHER_KEYRING,
    PEOPLE,
    ROTATED_KEYRING,
    SAMPLE,
    SPECIMEN,
    build,
    fake_redis,
    flip,
    person,
    put,
)
from hypothesis import given
from hypothesis import strategies as st

from flagging.errors import StoreUnreachable
from flagging.matching.derived import MATCHING_VERSION
from flagging.register import chunks as chunks_module
from flagging.register.chunks import chunk_key, manifest_key
from flagging.register.freshness import AgeLimits
from flagging.register.live import REACH_SECONDS, RETRY_SECONDS, LiveRegister
from flagging.register.manifest import FORMAT, Counts, Heartbeat, Pointer
from flagging.register.store import HEARTBEAT, POINTER, EditionStore

HELD, NEXT = 7, 8
NOW = 1_770_000_100.0
PATIENCE = 20.0
NEXT_PEOPLE = (*PEOPLE, NEWCOMER)


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


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(client):
    return ClockedStore(client, KEYRING)


@pytest.fixture
def register(store, clock, two_to_a_chunk):
    """A register that holds edition 7 and has just been told that it is as the list says."""
    put(store, build(number=HELD))
    point_to(store, HELD, generation=1000)
    register = LiveRegister(store, LIMITS, clock)
    register.look(wait=True)
    assert standing(register) == (HELD, "redis", "current")
    return register


def point_to(store, number, generation, checked_at=NOW, because="published"):
    with store.publishing() as fence:
        store.switch(Pointer(number, generation, because), Heartbeat(number, checked_at, checked_at - 60), fence)


def publish_next(store, built=None):
    put(store, built or build(NEXT_PEOPLE, number=NEXT))
    point_to(store, NEXT, generation=2000)


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


# -- following -------------------------------------------------------------------------------------------------------


def test_before_anything_is_found_nothing_is_held(store, clock):
    register = LiveRegister(store, LIMITS, clock)
    register.look(wait=True)
    assert register.held.edition is None
    assert register.freshness(register.held) is None
    assert register.held.source(clock()) == "replica"
    assert register.held.trouble == "Redis answers, but holds no register"


@LOOKS
def test_a_new_edition_is_taken_over_whole(register, store, look):
    publish_next(store)
    look(register)
    assert standing(register) == (NEXT, "redis", "current")
    assert register.held.edition.index.records == list(NEXT_PEOPLE)
    assert register.held.generation == 2000


@LOOKS
def test_an_administrator_who_went_back_is_followed(register, store, look):
    publish_next(store)
    look(register)
    point_to(store, HELD, generation=3000, because="rolled back")
    look(register)
    assert standing(register) == (HELD, "redis", "current")


def test_until_the_new_edition_has_loaded_to_the_end_the_old_one_answers(store, clock, two_to_a_chunk):
    reached, go_on = threading.Event(), threading.Event()
    loads = []

    class SlowStore(ClockedStore):
        def chunk(self, number, position):
            if (number, position) == (NEXT, 2):
                loads.append(number)
                reached.set()
                assert go_on.wait(PATIENCE)
            return super().chunk(number, position)

    slow = SlowStore(store.client, KEYRING)
    put(store, build(number=HELD))
    point_to(store, HELD, generation=1000)
    register = LiveRegister(slow, LIMITS, clock)
    register.look(wait=True)
    publish_next(store)
    register.look()
    assert reached.wait(PATIENCE)
    for _ in range(3):
        register.look()
        assert register.held.edition.index.records == list(PEOPLE)
    go_on.set()
    register._loader.join(PATIENCE)
    assert register.held.edition.index.records == list(NEXT_PEOPLE)
    register.look()
    assert standing(register) == (NEXT, "redis", "current")
    assert loads == [NEXT], "it was loaded several times at once"


def test_an_edition_that_is_held_is_not_loaded_again(register, store):
    loaded = []
    store.manifest = loaded.append
    for _ in range(3):
        look_in_the_background(register)
    assert loaded == []


def test_what_the_last_sync_said_is_passed_on(register, store):
    store.note_sync({"result": "refused"}, {"guard": "count_drop"})
    register.look(wait=True)
    assert register.held.last_sync == {"result": "refused"}
    assert register.last_report() == {"guard": "count_drop"}


def test_garbage_collection_is_on_again_after_loading_and_after_failing_to(register, store):
    publish_next(store)
    store.client.delete(chunk_key(NEXT, 0))
    register.look(wait=True)
    assert gc.isenabled()


# -- what does not verify --------------------------------------------------------------------------------------------


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


def rewrite(built=None, keyring=KEYRING, **changes):
    """Put another edition in the next one's place, sealed with a key: what only a faulty worker could do."""
    return lambda client: put(
        EditionStore(client, KEYRING), built or build(NEXT_PEOPLE, number=NEXT, **changes), keyring=keyring, number=NEXT
    )


NEXT_MANIFEST, FIRST, SECOND = manifest_key(NEXT), chunk_key(NEXT, 0), chunk_key(NEXT, 1)
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
}


@LOOKS
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_an_edition_that_does_not_verify_is_not_served_and_the_last_one_stays(register, store, look, damage):
    publish_next(store)
    damage(store.client)
    look(register)
    assert standing(register) == (HELD, "replica", "current")
    assert register.held.edition.index.records == list(PEOPLE)
    assert register.held.trouble


@LOOKS
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_process_that_starts_into_it_holds_nothing(store, clock, look, damage, two_to_a_chunk):
    put(store, build(number=HELD))
    publish_next(store)
    damage(store.client)
    register = LiveRegister(store, LIMITS, clock)
    look(register)
    assert standing(register) == (None, "replica", None)


@pytest.fixture(scope="module")
def pristine():
    """A made-up Redis that points to edition 8, the content of which the tests below put right again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks_module, "RECORDS_PER_CHUNK", 2)
        store = ClockedStore(fake_redis(), KEYRING)
        put(store, build(number=HELD))
        publish_next(store)
    return store


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


def test_a_key_file_that_is_the_wrong_one_opens_nothing(register, store, clock):
    wrong = LiveRegister(ClockedStore(store.client, OTHER_KEYRING), LIMITS, clock)
    wrong.look(wait=True)
    assert standing(wrong) == (None, "replica", None)
    assert "not in the key file" in wrong.held.trouble


def test_a_rotated_key_file_still_opens_what_the_old_key_sealed(register, store, clock):
    rotated = LiveRegister(ClockedStore(store.client, ROTATED_KEYRING), LIMITS, clock)
    rotated.look(wait=True)
    assert standing(rotated) == (HELD, "redis", "current")


def test_a_fault_of_the_programme_while_loading_is_an_edition_that_does_not_verify(register, store):
    publish_next(store)

    def fail(_number):
        raise ZeroDivisionError

    store.manifest = fail
    look_in_the_background(register)
    assert standing(register) == (HELD, "replica", "current")
    assert register.held.trouble == "edition 8: ZeroDivisionError while loading"


@LOOKS
def test_a_refused_edition_is_named_left_alone_for_a_while_and_then_tried_again(register, store, clock, look):
    publish_next(store)
    chunk = store.client.get(FIRST)
    store.client.delete(FIRST)
    look(register)
    assert register.held.refused_edition == NEXT
    store.client.set(FIRST, chunk)
    clock.now += RETRY_SECONDS - 0.1
    look(register)
    assert standing(register)[:2] == (HELD, "replica")
    clock.now += 0.2
    look(register)
    assert standing(register) == (NEXT, "redis", "current")
    assert register.held.refused_edition is None
    assert register.held.trouble is None


def test_another_edition_after_a_refused_one_is_not_made_to_wait(register, store):
    publish_next(store)
    store.client.delete(FIRST)
    register.look(wait=True)
    put(store, build(number=9))
    point_to(store, 9, generation=3000)
    register.look(wait=True)
    assert standing(register) == (9, "redis", "current")


def test_a_redis_lost_while_loading_makes_no_refused_edition(register, store):
    publish_next(store)
    read = store.chunk

    def fail(_number, _position):
        raise StoreUnreachable("Redis: TimeoutError")

    store.chunk = fail
    register.look(wait=True)
    assert standing(register) == (HELD, "replica", "current")
    assert (register.held.trouble, register.held.refused_edition) == ("Redis: TimeoutError", None)
    store.chunk = read
    register.look(wait=True)
    assert standing(register) == (NEXT, "redis", "current")


def test_a_refused_edition_is_forgotten_when_redis_points_to_the_held_one_again(register, store):
    before = store.client.get(POINTER)
    publish_next(store)
    store.client.delete(FIRST)
    register.look(wait=True)
    store.client.set(POINTER, before)
    register.look(wait=True)
    assert (register.held.source(register.clock()), register.held.refused_edition) == ("redis", None)


# -- the pointer -----------------------------------------------------------------------------------------------------


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
def test_without_a_good_pointer_the_edition_held_answers_as_a_replica(register, store, look, damage):
    before = {key: store.client.dump(key) for key in store.client.scan_iter()}
    damage(store.client)
    look(register)
    assert standing(register) == (HELD, "replica", "current")
    store.client.flushall()
    for key, dumped in before.items():
        store.client.restore(key, 0, dumped)
    look(register)
    assert standing(register) == (HELD, "redis", "current")


@LOOKS
def test_a_pointer_from_earlier_is_not_followed_back(register, store, look):
    earlier = store.client.get(POINTER)
    publish_next(store)
    look(register)
    store.client.set(POINTER, earlier)
    look(register)
    assert standing(register) == (NEXT, "replica", "current")
    assert "behind" in register.held.trouble


def test_a_redis_that_cannot_be_reached_leaves_the_edition_as_a_replica(register, store):
    def fail():
        raise StoreUnreachable("Redis: ConnectionError")

    store.look = fail
    register.look(wait=True)
    assert standing(register) == (HELD, "replica", "current")


def test_a_look_that_hangs_is_told_by_the_time_since_the_last_one(register, clock):
    clock.now += REACH_SECONDS - 0.1
    assert register.held.source(clock()) == "redis"
    clock.now += 0.2
    assert register.held.source(clock()) == "replica"


# -- freshness -------------------------------------------------------------------------------------------------------


def age_of(register):
    return register.freshness(register.held).age_seconds


def test_a_heartbeat_makes_the_edition_held_fresh_again(register, store, clock):
    clock.now += 600
    store.redis_now += 600
    register.look()
    assert age_of(register) == 600
    store.beat(Heartbeat(HELD, store.redis_now, NOW))
    register.look()
    assert age_of(register) == 0
    assert register.held.vouched.list_dated == NOW


def test_a_heartbeat_for_another_edition_does_not_make_the_one_held_fresh(register, store, clock):
    clock.now += 600
    store.redis_now += 600
    store.beat(Heartbeat(NEXT, store.redis_now, NOW))
    register.look()
    assert age_of(register) == 600


def test_a_heartbeat_for_an_edition_that_is_refused_does_not_make_the_one_held_fresh(register, store, clock):
    clock.now += 2 * LIMITS.stale_after
    store.redis_now += 2 * LIMITS.stale_after
    put(store, build(NEXT_PEOPLE, number=NEXT, format=FORMAT + 1))
    point_to(store, NEXT, generation=2000, checked_at=store.redis_now)
    register.look(wait=True)
    assert standing(register) == (HELD, "replica", "stale")


def test_after_a_flush_another_edition_of_the_same_number_does_not_make_the_one_held_fresh(register, store, clock):
    clock.now += 2 * LIMITS.stale_after
    store.redis_now += 2 * LIMITS.stale_after
    store.client.flushall()
    put(store, build(NEXT_PEOPLE, number=HELD))
    store.client.delete(chunk_key(HELD, 1))
    point_to(store, HELD, generation=2000, checked_at=store.redis_now)
    register.look(wait=True)
    assert standing(register) == (HELD, "replica", "stale")
    assert register.held.edition.index.records == list(PEOPLE)


def test_an_edition_without_a_heartbeat_of_its_own_is_as_old_as_its_list_was_when_it_was_built(store, clock):
    built = build(number=HELD)
    put(store, built)
    point_to(store, HELD, generation=1000)
    store.beat(Heartbeat(NEXT, NOW, NOW))
    register = LiveRegister(store, LIMITS, clock)
    register.look(wait=True)
    assert age_of(register) == NOW - built.manifest.built_at
    assert register.held.vouched.list_dated == built.manifest.list_dated


def test_without_redis_the_register_grows_stale_and_then_too_old(register, store, clock):
    def fail():
        raise StoreUnreachable("Redis: ConnectionError")

    store.look = fail
    for passed, expected in ((3600, ("current", False)), (1, ("stale", False)), (82800, ("stale", True))):
        clock.now += passed
        register.look()
        freshness = register.freshness(register.held)
        assert (freshness.state, freshness.is_refused) == expected


def test_a_heartbeat_from_the_future_is_stale(register, store, clock):
    store.beat(Heartbeat(HELD, NOW + 3600, NOW))
    register.look()
    assert standing(register)[2] == "stale"
    assert age_of(register) == 0
    clock.now += 3600
    store.redis_now += 3600
    register.look()
    assert standing(register)[2] == "stale"


@pytest.mark.parametrize("step", [-86400, -3600, 3600, 86400])
def test_a_clock_of_redis_that_is_set_never_makes_a_stale_register_current(register, store, clock, step):
    clock.now += LIMITS.stale_after + 1
    store.redis_now += LIMITS.stale_after + 1
    register.look()
    assert standing(register)[2] == "stale"
    store.redis_now += step
    for _ in range(3):
        register.look()
        assert standing(register)[2] == "stale"
        assert age_of(register) >= LIMITS.stale_after


def test_a_halt_between_asking_redis_and_hearing_its_answer_makes_nothing_younger(register, store, clock):
    """The machine sleeps for an hour while the answer is under way: by the time it is read it is an hour old."""
    see = type(store).look

    def late():
        sighting = see(store)
        clock.now += 3600
        return sighting

    store.beat(Heartbeat(HELD, NOW - 60, NOW - 60))
    store.look = late
    register.look()
    assert age_of(register) >= 3660
    assert standing(register)[2] == "stale"


def test_limits_are_the_registers_own(store, clock, two_to_a_chunk):
    put(store, build((person("T-1", "sampleton"),), number=HELD))
    point_to(store, HELD, generation=1000, checked_at=NOW - 10)
    register = LiveRegister(store, AgeLimits(5.0, 100.0, 9.0), clock)
    register.look(wait=True)
    freshness = register.freshness(register.held)
    assert (freshness.age_seconds, freshness.state, freshness.is_refused) == (10.0, "stale", True)
