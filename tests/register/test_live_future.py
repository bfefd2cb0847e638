"""A heartbeat from the future gives way to right ones, and nothing is taken for fresher than it is meanwhile."""

import pytest
from editions import heartbeat_of
from followed import HELD, NOW, standing
from one_host import HOUR, age_of, beat, look


def jump(host, process, ahead=24 * HOUR):
    """The clock of Redis jumps, the worker checks the list meanwhile, and the clock is set right again."""
    host.store.redis_now += ahead
    beat(host)
    look(process)
    host.store.redis_now -= ahead


def dated_ahead(host, process, ahead=24 * HOUR):
    """A heartbeat is dated in the future, by the worker of a Redis whose clock was right again when it was heard."""
    host.store.redis_now += ahead
    beat(host)
    host.store.redis_now -= ahead
    look(process)


def hear_an_older_one(host, process):
    """A copy of Redis that lagged has taken over, with a heartbeat from before."""
    host.store.beat(heartbeat_of(host.store.manifest(HELD), NOW + 30, NOW - 60), host.store.look().pointer)
    look(process)


FROM_THE_FUTURE = pytest.mark.parametrize("come", [jump, dated_ahead])


@FROM_THE_FUTURE
@pytest.mark.parametrize("is_another", [False, True], ids=["same process", "another process"])
def test_right_heartbeats_take_the_place_of_one_from_the_future(host, lose_redis, come, is_another):
    """The first may still be held for older than it is: a process cannot tell which of two clocks was wrong."""
    process = host.start()
    come(host, process)
    host.pass_time(2 * HOUR)
    process = host.start() if is_another else process
    for _ in range(2):
        beat(host)
        look(process)
        host.pass_time(60)
    lose_redis()
    process = host.start()
    assert standing(process) == (HELD, "replica", "current")
    assert age_of(process) == 60


@FROM_THE_FUTURE
def test_so_does_one_heard_after_another_start_of_the_machine(host, lose_redis, come):
    come(host, host.start())
    host.restart(off_for=2 * HOUR)
    beat(host)
    host.start()
    host.pass_time(60)
    lose_redis()
    assert age_of(host.start()) == 60


def test_until_a_right_one_comes_it_is_no_fresher_than_it_is(host, lose_redis):
    jump(host, host.start())
    host.pass_time(2 * HOUR)
    lose_redis()
    process = host.start()
    assert standing(process) == (HELD, "replica", "stale")
    assert age_of(process) == 2 * HOUR


def test_an_older_heartbeat_of_a_redis_whose_clock_is_behind_is_not_noted_for_it(host, lose_redis):
    process = host.start()
    host.pass_time(5 * HOUR)
    beat(host)
    look(process)
    host.pass_time(2 * HOUR)
    host.store.redis_now = NOW + 60
    hear_an_older_one(host, process)
    lose_redis()
    assert age_of(host.start()) == 2 * HOUR


def test_nor_for_a_host_whose_clock_is_behind(host, lose_redis):
    process = host.start()
    host.pass_time(5 * HOUR)
    beat(host)
    look(process)
    host.wall = NOW
    host.pass_time(2 * HOUR)
    hear_an_older_one(host, process)
    lose_redis()
    assert age_of(host.start()) == 2 * HOUR


def test_nor_is_another_one_from_the_future_that_seems_nearer(host, lose_redis):
    process = host.start()
    jump(host, process)
    host.pass_time(2 * HOUR)
    dated_ahead(host, process, ahead=12 * HOUR)
    lose_redis()
    assert age_of(host.start()) == 2 * HOUR


def test_the_same_one_heard_again_by_a_clock_that_was_set_back_is_as_old_as_before(host, lose_redis):
    host.pass_time(2 * HOUR)
    host.store.redis_now -= 2 * HOUR
    host.wall -= 2 * HOUR
    assert age_of(host.start()) == 0
    lose_redis()
    assert age_of(host.start()) == 2 * HOUR
