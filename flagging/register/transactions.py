"""Writes to Redis that happen whole or not at all, and only while what they rest on is still so."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from redis import Redis
from redis.exceptions import RedisError, WatchError

from flagging.documents import unreachable
from flagging.errors import PublishConflict

Pipe = Any
"""A pipeline of redis-py: it answers at once while it watches, and queues after `multi`."""
Write = Callable[[Pipe], None]


@contextmanager
def redis_errors() -> Iterator[None]:
    """Turn an error of Redis into StoreUnreachable."""
    try:
        yield
    except RedisError as error:
        raise unreachable(error) from None


def write_if_still_so(client: Redis, watched: Sequence[str], look: Callable[[Pipe], Write]) -> None:
    """Carry out, as one transaction, the write that `look` returns, unless anything `watched` changes meanwhile.

    Raises PublishConflict when it does, whatever `look` raises where what it sees will not do, and StoreUnreachable:
    nothing was written then, unless it is the answer of Redis alone that got lost.
    """
    with redis_errors(), client.pipeline(transaction=True) as pipe:
        try:
            pipe.watch(*watched)  # type: ignore[no-untyped-call]
            write = look(pipe)
            pipe.multi()
            write(pipe)
            pipe.execute()
        except WatchError:
            raise PublishConflict("another worker changed the register meanwhile") from None
