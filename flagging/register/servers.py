"""Which server processes follow the register, and with which key: what a rotation must know before it is ended.

Servers may not write to Redis. Each subscribes to a channel named after the newest key it has, on which nothing is
ever said, and subscribers can be counted.
"""

from dataclasses import dataclass

from redis import Redis

from flagging.key_file import FollowedKeys
from flagging.register.held import Held
from flagging.register.store import ANNOUNCEMENTS
from flagging.register.transactions import redis_errors


@dataclass(frozen=True, slots=True)
class Servers:
    """How many server processes are connected, and how many of them have the newest key."""

    following: int
    with_newest_key: int

    @property
    def without(self) -> int:
        return max(0, self.following - self.with_newest_key)


def key_channel(key_id: str) -> str:
    """Return the channel to which a process subscribes whose newest key this is."""
    return f"flagging:key:{key_id}"


def count_servers(client: Redis, newest_key: str) -> Servers:
    """Count the server processes connected to Redis. Raises StoreUnreachable."""
    with redis_errors():
        (_, following), (_, with_key) = client.pubsub_numsub(ANNOUNCEMENTS, key_channel(newest_key))
    return Servers(int(following), int(with_key))


def key_trouble(held: Held, keys: FollowedKeys) -> str | None:
    """Say, in words for anybody, what is wrong with the keys of this process; None where nothing is."""
    if keys.trouble is not None:
        return "the key file has changed and cannot be used: the log says why"
    if held.edition is not None and held.edition.manifest.key_id not in keys.keyring.key_ids:
        return f"key {held.edition.manifest.key_id} is missing: copy the key file here before its rotation is ended"
    return None
