"""Counting the server processes that follow the register, by the key that they have."""

import pytest

from flagging.errors import StoreUnreachable
from flagging.redis_connection import connect
from flagging.register.servers import Servers, count_servers, key_channel
from flagging.register.store import ANNOUNCEMENTS


def test_servers_are_counted_by_what_they_subscribe_to(redis_client):
    with redis_client.pubsub() as one, redis_client.pubsub() as other:
        one.subscribe(ANNOUNCEMENTS, key_channel("k-new"))
        other.subscribe(ANNOUNCEMENTS, key_channel("k-old"))
        for subscription in (one, one, other, other):
            assert subscription.get_message(timeout=5)["type"] == "subscribe"
        servers = count_servers(redis_client, "k-new")
    assert servers == Servers(following=2, with_newest_key=1)
    assert servers.without == 1


def test_nobody_lacks_a_key_where_nobody_is(redis_client):
    assert count_servers(redis_client, "k-new").without == 0


def test_without_redis_nobody_can_be_counted():
    with pytest.raises(StoreUnreachable):
        count_servers(connect("unix:///nonexistent/redis.sock"), "k-new")
