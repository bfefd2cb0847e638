"""The thread that keeps a process up to date, against a real Redis."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from editions import KEYRING, LIMITS, NEWCOMER, PEOPLE, publish
from redis.exceptions import RedisError

from flagging import follower as follower_module
from flagging.embedded_redis import start_redis
from flagging.follower import Follower
from flagging.redis_connection import connect
from flagging.register.live import LiveRegister
from flagging.register.store import ANNOUNCEMENTS, EditionStore

PATIENCE = 60.0
CHANNEL = "flagging:test"


class Looks:
    """Counts the looks, and does what it is told at each of them."""

    def __init__(self, do: Callable[[], object] = lambda: None) -> None:
        self._changed = threading.Condition()
        self._do = do
        self.count = 0

    def __call__(self) -> None:
        with self._changed:
            self.count += 1
            self._changed.notify_all()
        self._do()

    def await_more(self, number: int = 1) -> None:
        with self._changed:
            target = self.count + number
            assert self._changed.wait_for(lambda: self.count >= target, PATIENCE), "nobody looked"


@contextmanager
def following(client, *looks: Callable[[], None], channel: str = CHANNEL, **options: object) -> Iterator[Follower]:
    follower = Follower(client, channel, looks, **options)
    follower.start()
    try:
        yield follower
    finally:
        # Wakes a follower that would otherwise wait out its poll, as long as it still subscribes.
        follower._stopping.set()
        with suppress(RedisError):
            client.publish(channel, b"stop")
        follower.stop()
        assert not follower.is_alive()


def await_true(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)


def assert_announcements_wake(client, looks: Looks) -> None:
    """With polls too far apart to count, all but the first look can only come of an announcement."""
    for _ in range(3):
        await_true(lambda before=looks.count: client.publish(CHANNEL, b"look") and looks.count > before)


def test_it_looks_at_start_and_again_without_any_announcement(redis_client, monkeypatch):
    monkeypatch.setattr(follower_module, "POLL_SECONDS", 0.02)
    looks = Looks()
    with following(redis_client, looks) as follower:
        looks.await_more(5)
        assert follower.is_alive()


def test_an_announcement_wakes_it_long_before_the_next_poll(redis_client, monkeypatch):
    monkeypatch.setattr(follower_module, "POLL_SECONDS", 2 * PATIENCE)
    looks = Looks()
    with following(redis_client, looks):
        await_true(lambda: redis_client.pubsub_numsub(CHANNEL)[0][1] == 1)
        assert_announcements_wake(redis_client, looks)


def test_it_wears_a_badge_for_others_to_count_and_changes_it_at_a_look(redis_client, monkeypatch):
    monkeypatch.setattr(follower_module, "POLL_SECONDS", 0.02)
    badges = ["flagging:test:one"]

    def wearers(*channels):
        return [number for _, number in redis_client.pubsub_numsub(CHANNEL, *channels)]

    with following(redis_client, Looks(), badge=lambda: badges[0]):
        await_true(lambda: wearers("flagging:test:one") == [1, 1])
        badges[0] = "flagging:test:two"
        await_true(lambda: wearers("flagging:test:one", "flagging:test:two") == [1, 0, 1])
        badges[0] = None
        await_true(lambda: wearers("flagging:test:two") == [1, 0])


def test_it_wears_its_badge_again_after_redis_was_gone(tmp_path, monkeypatch):
    monkeypatch.setattr(follower_module, "POLL_SECONDS", 0.02)
    redis = start_redis(tmp_path / "redis")
    client = connect(redis.url)
    try:
        with following(client, Looks(), badge=lambda: "flagging:test:one"):
            await_true(lambda: client.pubsub_numsub("flagging:test:one")[0][1] == 1)
            redis.stop()
            redis.start()
            await_true(lambda: client.pubsub_numsub("flagging:test:one")[0][1] == 1)
    finally:
        redis.stop()


def test_a_look_that_fails_ends_neither_the_others_nor_the_thread(redis_client, monkeypatch):
    monkeypatch.setattr(follower_module, "POLL_SECONDS", 0.02)

    def fail():
        raise ZeroDivisionError

    failing, next_one = Looks(fail), Looks()
    with following(redis_client, failing, next_one) as follower:
        next_one.await_more(3)
        assert follower.is_alive()
        assert failing.count >= 3


def test_it_goes_on_looking_while_redis_is_out_of_reach(free_port, monkeypatch):
    monkeypatch.setattr(follower_module, "POLL_SECONDS", 0.02)
    looks = Looks()
    with following(connect(f"redis://127.0.0.1:{free_port}/0"), looks):
        looks.await_more(3)


@pytest.mark.parametrize("failure", [RuntimeError, AttributeError, ValueError, OSError])
def test_a_subscription_that_fails_in_an_odd_way_does_not_end_it(monkeypatch, failure):
    monkeypatch.setattr(follower_module, "POLL_SECONDS", 0.02)

    class Broken:
        def subscribe(self, _channel):
            pass

        def get_message(self, timeout):
            raise failure

        def close(self):
            raise OSError

    class Client:
        def pubsub(self, **_options):
            return Broken()

        def publish(self, *_message):
            pass

    looks = Looks()
    with following(Client(), looks):
        looks.await_more(3)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["ended", "killed"])
def test_it_hears_announcements_again_after_redis_was_gone(tmp_path, monkeypatch, how):
    redis = start_redis(tmp_path / "redis")
    try:
        client = connect(redis.url)
        failures = []

        def ask():
            try:
                client.ping()
            except RedisError as error:
                failures.append(error)

        looks = Looks(ask)
        with following(client, looks) as follower:
            await_true(lambda: client.pubsub_numsub(CHANNEL)[0][1] == 1)
            redis.server.send_signal(how)
            redis.server.wait(PATIENCE)
            await_true(lambda: failures)
            looks.await_more(2)
            redis.start()
            await_true(lambda: client.pubsub_numsub(CHANNEL)[0][1] == 1)
            monkeypatch.setattr(follower_module, "POLL_SECONDS", 2 * PATIENCE)
            assert_announcements_wake(client, looks)
            assert follower.is_alive()
    finally:
        redis.stop()


def test_a_server_holds_a_new_edition_soon_after_it_was_published(redis_url):
    client = connect(redis_url)
    store = EditionStore(client, KEYRING)
    register = LiveRegister(EditionStore(connect(redis_url), KEYRING), LIMITS)
    with following(connect(redis_url), register.look, channel=ANNOUNCEMENTS):
        for records in (PEOPLE, (*PEOPLE, NEWCOMER)):
            number = publish(store, records).number
            await_true(lambda number=number: register.held.edition and register.held.edition.manifest.number == number)
            assert len(register.held.edition.index) == len(records)


def test_a_register_outlives_redis_and_follows_it_again(tmp_path):
    redis = start_redis(tmp_path / "redis")
    try:
        store = EditionStore(connect(redis.url), KEYRING)
        register = LiveRegister(EditionStore(connect(redis.url), KEYRING), LIMITS)
        publish(store, PEOPLE)
        with following(connect(redis.url), register.look, channel=ANNOUNCEMENTS):
            await_true(lambda: register.held.edition)
            redis.server.kill()
            redis.server.wait(PATIENCE)
            await_true(lambda: register.held.source(register.clock()) == "replica")
            assert len(register.held.edition.index) == len(PEOPLE)
            redis.start()
            await_true(lambda: register.held.source(register.clock()) == "redis")
            number = publish(store, (*PEOPLE, NEWCOMER)).number
            await_true(lambda: register.held.edition.manifest.number == number)
    finally:
        redis.stop()
