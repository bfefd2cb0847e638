"""What is broken under load is passed only if it was really broken, and nobody who asked noticed."""

from contextlib import contextmanager, nullcontext
from threading import Event
from types import SimpleNamespace

import pytest
import redis_broken
from callers import FAILED, RIGHT, WRONG, Heard
from phases import told
from redis import Redis


def heard(number=200, seconds=0.010, verdict=RIGHT, source="redis"):
    return [Heard(seconds, verdict, source, "")] * number


def test_as_fast_and_right_as_before_is_no_fault():
    assert told({"before": heard(), "while": heard(seconds=0.029)}, shows=True) == []


@pytest.mark.parametrize(
    ("later", "fault"),
    [
        (heard() + heard(1, verdict=FAILED), "while: 1 failed"),
        (heard() + heard(1, verdict=WRONG), "while: 1 wrong"),
        (heard() + heard(5, seconds=0.031), "while: p99 above 3 times"),
        (heard() + heard(1, seconds=1.02), "while: somebody waited for 1.0 s"),
        (heard(20), "while: only 20 lookups"),
        ([], "while: nobody was answered"),
    ],
    ids=["failed", "wrong", "slower", "one held up", "too few", "none"],
)
def test_whatever_a_caller_notices_is_a_fault(later, fault):
    assert told({"before": heard(), "while": later}, shows=True) == [fault]


def test_a_fault_before_anything_was_broken_is_none_of_it_passed():
    assert told({"before": heard() + heard(1, verdict=FAILED), "while": heard()}, shows=True) == ["before: 1 failed"]


class Listening:
    """Callers who hear the same whenever somebody listens."""

    def __init__(self, each):
        self._each = each

    def listen(self, seconds, until=bool):
        return self._each


def site_from(source):
    return SimpleNamespace(answers_from=lambda asked: asked == source)


def test_a_breakage_that_does_not_show_is_a_fault():
    way = redis_broken.out_of_reach(lambda site: nullcontext())
    unbroken = redis_broken.try_out(site_from("redis"), Listening(heard()), way, 0)
    assert unbroken == ["nothing shows that anything was broken"]
    assert redis_broken.try_out(site_from("redis"), Listening(heard(source="replica")), way, 0) == []


def test_a_redis_that_nobody_went_back_to_is_a_fault():
    way = redis_broken.out_of_reach(lambda site: nullcontext())
    left = redis_broken.try_out(site_from("replica"), Listening(heard(source="replica")), way, 0)
    assert left == ["the register is not from Redis again"]


@contextmanager
def syncs_fail(site):
    site.told += '{"event": "sync_failed"}'
    yield


@pytest.mark.parametrize(("breaks", "shows"), [(syncs_fail, True), (lambda site: nullcontext(), False)])
def test_a_redis_that_takes_no_writes_shows_by_syncs_that_failed_since(breaks, shows):
    site = SimpleNamespace(told='{"event": "sync_failed"}')
    site.log = lambda command: site.told
    with redis_broken.unwritable(breaks)(site) as is_shown:
        assert is_shown([]) is shows


def test_only_what_was_lost_and_put_back_counts_as_lost(redis_url):
    kept = dict.fromkeys(("current", "checked", "access", "edition:7", "edition:7:chunk:0"), b"sealed")
    times, put_back, stopping = iter(range(4)), {}, Event()

    def put_all(client):
        client.mset({f"flagging:{name}": value for name, value in kept.items()})

    def lose_nothing(client):
        put_all(client)
        if next(times) == 3:
            stopping.set()

    site = SimpleNamespace(direct=Redis.from_url(redis_url))
    redis_broken.lose_in_turn(site, {"nothing": lose_nothing}, put_back, stopping)
    assert put_back == {}
