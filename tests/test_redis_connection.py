"""Opening Redis: nothing waits for it without end."""

import socket
import threading
from contextlib import closing

import pytest
from redis.connection import SSLConnection
from redis.exceptions import ConnectionError as RedisUnreachable
from redis.exceptions import TimeoutError as RedisTooSlow

from flagging.errors import SettingInvalid
from flagging.redis_connection import connect
from flagging.sentinel_address import parse_sentinel_address


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
    "url",
    [
        "",
        "hunter2",
        "http://hunter2@redis.example",
        "redis://:hunter2@redis.example:port/0",
        "redis+sentinel://:hunter2@redis.example:26379",
        "redis+sentinel://:hunter2@redis.example:port/main/0",
        "redis+sentinel://one.example,:1/hunter2",
        "redis+sentinel://one.example/hunter2/x",
        "redis+sentinel://one.example/main/0?password=hunter2",
        "redis+sentinel://one.example/main/0?ssl_ca_certs=hunter2",
    ],
)
def test_another_address_is_refused_without_repeating_it(url):
    with pytest.raises(SettingInvalid) as raised:
        connect(url)
    assert str(raised.value).startswith("FLAGGING_REDIS_URL: ")
    assert "hunter2" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_an_address_of_sentinels_says_whom_to_ask_for_what_and_what_to_present():
    url = "redis+sentinel://worker:p%40ss@one.example:1,[2001:db8::1]:2,three.example/the%20register/4"
    found = parse_sentinel_address(url + "?sentinel_password=other")
    assert found.sentinels == (("one.example", 1), ("2001:db8::1", 2), ("three.example", 26379))
    assert (found.service, found.database, found.is_tls) == ("the register", 4, False)
    assert (found.username, found.password, found.of_sentinels) == ("worker", "p@ss", {"password": "other"})
    assert "p@ss" not in repr(found)
    assert "other" not in repr(found)


def test_tls_goes_to_sentinels_and_redis_alike():
    url = "rediss+sentinel://:word@one.example/main?ssl_ca_certs=/etc/ca.pem"
    with connect(url) as client:
        pool = client.connection_pool
        assert pool.connection_kwargs["ssl_ca_certs"] == "/etc/ca.pem"
        assert issubclass(pool.connection_class, SSLConnection)
        (sentinel,) = pool.sentinel_manager.sentinels
        kept = sentinel.connection_pool
        assert issubclass(kept.connection_class, SSLConnection)
        assert kept.connection_kwargs["ssl_ca_certs"] == "/etc/ca.pem"
        assert kept.connection_kwargs.get("password") is None
