"""Opening Redis: nothing waits for it without end."""

import socket
import threading
from contextlib import closing

import pytest
from redis.exceptions import ConnectionError as RedisUnreachable
from redis.exceptions import TimeoutError as RedisTooSlow

from flagging.errors import SettingInvalid
from flagging.redis_connection import connect


@pytest.fixture
def mute_port():
    """A port where connections are taken and nothing is ever answered; and what was received on each of them."""
    received = []

    def accept():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            received.append(connection)

    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        thread = threading.Thread(target=accept)
        thread.start()
        yield server.getsockname()[1], received
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    for connection in received:
        connection.close()


def test_an_answer_that_does_not_come_is_given_up_and_not_asked_for_again(mute_port):
    port, received = mute_port
    with connect(f"redis://127.0.0.1:{port}/0", answer_within=0.1) as client:
        with pytest.raises(RedisTooSlow):
            client.ping()
        assert len(received) == 1


def test_a_real_redis_is_spoken_to_through_its_socket(redis_url):
    with connect(redis_url) as client:
        client.set("key", b"\xff")
        assert client.get("key") == b"\xff"


def test_no_connection_is_made_before_something_is_asked(free_port):
    client = connect(f"redis://127.0.0.1:{free_port}/0")
    with pytest.raises(RedisUnreachable):
        client.ping()


@pytest.mark.parametrize(
    "url", ["", "hunter2", "http://hunter2@redis.example", "redis://:hunter2@redis.example:port/0"]
)
def test_another_address_is_refused_without_repeating_it(url):
    with pytest.raises(SettingInvalid) as raised:
        connect(url)
    assert str(raised.value).startswith("FLAGGING_REDIS_URL: ")
    assert "hunter2" not in str(raised.value)
    assert raised.value.__cause__ is None
