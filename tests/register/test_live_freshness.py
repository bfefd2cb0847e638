"""How fresh the edition held is: a heartbeat vouches for the one it names, and no clock can flatter it."""

import pytest
from editions import LIMITS, PEOPLE, build, heartbeat_of, person, put
from followed import HELD, NEXT, NEXT_PEOPLE, NOW, point_to, standing

from flagging.errors import StoreUnreachable
from flagging.register.chunks import chunk_key
from flagging.register.freshness import AgeLimits
from flagging.register.live import LiveRegister
from flagging.register.manifest import FORMAT


def beat(store, manifest, checked_at, list_dated):
    """Vouch for an edition, whatever Redis points to."""
    store.beat(heartbeat_of(manifest, checked_at, list_dated), store.look().pointer)


def age_of(register):
    return register.freshness(register.held).age_seconds


def test_a_heartbeat_makes_the_edition_held_fresh_again(register, clocked, clock):
    clock.now += 600
    clocked.redis_now += 600
    register.look()
    assert age_of(register) == 600
    beat(clocked, clocked.manifest(HELD), clocked.redis_now, NOW)
    register.look()
    assert age_of(register) == 0
    assert register.held.vouched.list_dated == NOW


def test_a_heartbeat_for_another_edition_does_not_make_the_one_held_fresh(register, clocked, clock):
    clock.now += 600
    clocked.redis_now += 600
    beat(clocked, build(number=NEXT).manifest, clocked.redis_now, NOW)
    register.look()
    assert age_of(register) == 600


def test_nor_does_one_for_another_edition_of_the_same_number(register, clocked, clock):
    """As after a loss of everything, when numbers begin again."""
    clock.now += 600
    clocked.redis_now += 600
    beat(clocked, build(NEXT_PEOPLE, number=HELD).manifest, clocked.redis_now, NOW)
    register.look()
    assert age_of(register) == 600


def test_a_heartbeat_for_an_edition_that_is_refused_does_not_make_the_one_held_fresh(register, clocked, clock):
    clock.now += 2 * LIMITS.stale_after
    clocked.redis_now += 2 * LIMITS.stale_after
    refused = build(NEXT_PEOPLE, number=NEXT, format=FORMAT + 1)
    put(clocked, refused)
    point_to(clocked, refused.manifest, generation=2000, checked_at=clocked.redis_now)
    register.look(wait=True)
    assert standing(register) == (HELD, "replica", "stale")


def test_after_a_flush_another_edition_of_the_same_number_does_not_make_the_one_held_fresh(register, clocked, clock):
    clock.now += 2 * LIMITS.stale_after
    clocked.redis_now += 2 * LIMITS.stale_after
    clocked.client.flushall()
    other = build(NEXT_PEOPLE, number=HELD)
    put(clocked, other)
    clocked.client.delete(chunk_key(HELD, 1))
    point_to(clocked, other.manifest, generation=2000, checked_at=clocked.redis_now)
    register.look(wait=True)
    assert standing(register) == (HELD, "replica", "stale")
    assert register.held.edition.index.records == list(PEOPLE)


def test_an_edition_without_a_heartbeat_of_its_own_is_as_old_as_when_its_list_was_last_read(clocked, clock):
    built = build(number=HELD, checked_at=1_770_000_000.0 - 500)
    put(clocked, built)
    point_to(clocked, built.manifest, generation=1000)
    beat(clocked, build(number=NEXT).manifest, NOW, NOW)
    register = LiveRegister(clocked, LIMITS, clock)
    register.look(wait=True)
    assert age_of(register) == NOW - built.manifest.checked_at
    assert register.held.vouched.list_dated == built.manifest.list_dated


def test_without_redis_the_register_grows_stale_and_then_too_old(register, clocked, clock):
    def fail():
        raise StoreUnreachable("Redis: ConnectionError")

    clocked.look = fail
    for passed, expected in ((3600, ("current", False)), (1, ("stale", False)), (82800, ("stale", True))):
        clock.now += passed
        register.look()
        freshness = register.freshness(register.held)
        assert (freshness.state, freshness.is_refused) == expected


def test_a_heartbeat_from_the_future_is_stale(register, clocked, clock):
    beat(clocked, clocked.manifest(HELD), NOW + 3600, NOW)
    register.look()
    assert standing(register)[2] == "stale"
    assert age_of(register) == 0
    clock.now += 3600
    clocked.redis_now += 3600
    register.look()
    assert standing(register)[2] == "stale"


@pytest.mark.parametrize("step", [-86400, -3600, 3600, 86400])
def test_a_clock_of_redis_that_is_set_never_makes_a_stale_register_current(register, clocked, clock, step):
    clock.now += LIMITS.stale_after + 1
    clocked.redis_now += LIMITS.stale_after + 1
    register.look()
    assert standing(register)[2] == "stale"
    clocked.redis_now += step
    for _ in range(3):
        register.look()
        assert standing(register)[2] == "stale"
        assert age_of(register) >= LIMITS.stale_after


def test_a_halt_between_asking_redis_and_hearing_its_answer_makes_nothing_younger(register, clocked, clock):
    """The machine sleeps for an hour while the answer is under way: by the time it is read it is an hour old."""
    see = type(clocked).look

    def late():
        sighting = see(clocked)
        clock.now += 3600
        return sighting

    beat(clocked, clocked.manifest(HELD), NOW - 60, NOW - 60)
    clocked.look = late
    register.look()
    assert age_of(register) >= 3660
    assert standing(register)[2] == "stale"


def test_limits_are_the_registers_own(clocked, clock, two_to_a_chunk):
    held = build((person("T-1", "sampleton"),), number=HELD)
    put(clocked, held)
    point_to(clocked, held.manifest, generation=1000, checked_at=NOW - 10)
    register = LiveRegister(clocked, AgeLimits(5.0, 100.0, 9.0), clock)
    register.look(wait=True)
    freshness = register.freshness(register.held)
    assert (freshness.age_seconds, freshness.state, freshness.is_refused) == (10.0, "stale", True)
