"""The ways in which the Redis of an installation is broken, and mended again; and what else it may lose."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from failing_site import Site
from redis import Redis


@contextmanager
def stopped(site: Site) -> Iterator[None]:
    os.kill(site.redis.redis.server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(site.redis.redis.server.pid, signal.SIGCONT)


@contextmanager
def killed(site: Site) -> Iterator[None]:
    site.redis.redis.server.kill()
    site.redis.redis.server.wait()
    try:
        yield
    finally:
        site.redis.redis.start()


@contextmanager
def refusing(site: Site) -> Iterator[None]:
    site.proxy.is_refusing = True
    site.proxy.cut()
    try:
        yield
    finally:
        site.proxy.is_refusing = False


@contextmanager
def slow(site: Site) -> Iterator[None]:
    site.proxy.delay = 3.0
    try:
        yield
    finally:
        site.proxy.delay = 0.0
        site.proxy.cut()


@contextmanager
def read_only(site: Site) -> Iterator[None]:
    with site.direct as client:
        client.replicaof("127.0.0.1", "1")
        try:
            yield
        finally:
            client.replicaof("NO", "ONE")


@contextmanager
def full(site: Site) -> Iterator[None]:
    with site.direct as client:
        client.config_set("maxmemory", "1")
        try:
            yield
        finally:
            client.config_set("maxmemory", "0")


KEYS = {
    "the pointer": (b"flagging:current",),
    "the heartbeat": (b"flagging:checked",),
    "the callers": (b"flagging:access",),
    "a chunk": (b"flagging:edition:*:chunk:0",),
    "the manifest": tuple(b"flagging:edition:" + digits * b"[0-9]" for digits in (1, 2, 3)),
}
"""Without these there is no register in Redis, or nobody who may ask; where the keys of each are."""


def lose(*patterns: bytes) -> Callable[[Redis], None]:
    def lose_them(client: Redis) -> None:
        for pattern in patterns:
            for key in client.scan_iter(match=pattern):
                client.delete(key)

    return lose_them


FLUSH: dict[str, Callable[[Redis], object]] = {"everything": lambda client: client.flushall()}
LOSSES = FLUSH | {name: lose(*patterns) for name, patterns in KEYS.items()}


def is_whole(client: Redis) -> bool:
    """Tell whether nothing is lost, or all of it was put back."""
    return all(any(True for each in patterns for _ in client.scan_iter(match=each)) for patterns in KEYS.values())
