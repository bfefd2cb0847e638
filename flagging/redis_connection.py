"""Opening Redis from a URL, with time limits everywhere: nothing in this service waits for Redis without end."""

from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from redis.sentinel import Sentinel

from flagging.errors import SettingInvalid
from flagging.sentinel_address import is_sentinel_address, parse_sentinel_address

SECONDS_TO_CONNECT = 2.0
SECONDS_TO_ANSWER = 5.0
SECONDS_FOR_A_SENTINEL = 0.5
"""A sentinel that does not answer is passed over for the next one: they hold next to nothing and answer at once."""


def connect(url: str, answer_within: float = SECONDS_TO_ANSWER) -> Redis:
    """Return a client (no connection is made yet) that gives up after `answer_within` seconds and does not retry.

    Whoever calls decides what a failure means; a hidden retry would only multiply the waiting. By way of sentinels each
    new connection goes to whom they name primary, and one that turns out to be to another is dropped.
    """
    options = _limits(min(SECONDS_TO_CONNECT, answer_within), answer_within)
    if url.startswith("unix://"):
        del options["socket_connect_timeout"]
    try:
        return _by_sentinels(url, options) if is_sentinel_address(url) else Redis.from_url(url, **options)
    except (ValueError, RedisError):
        raise SettingInvalid(
            "FLAGGING_REDIS_URL", "not a redis://, rediss://, unix:// or redis+sentinel:// URL"
        ) from None


def _by_sentinels(url: str, options: dict[str, Any]) -> Redis:
    address = parse_sentinel_address(url)
    tls = {"ssl": True, **address.tls_options} if address.is_tls else {}
    patience = min(SECONDS_FOR_A_SENTINEL, options["socket_timeout"])
    sentinels = Sentinel(  # type: ignore[no-untyped-call]
        address.sentinels, sentinel_kwargs={**_limits(patience, patience), **tls, **address.of_sentinels}
    )
    client: Redis = sentinels.master_for(  # type: ignore[no-untyped-call]
        address.service,
        db=address.database,
        username=address.username,
        password=address.password,
        **options,
        **tls,
    )
    return client


def _limits(to_connect: float, to_answer: float) -> dict[str, Any]:
    return {
        "socket_connect_timeout": to_connect,
        "socket_timeout": to_answer,
        "retry": Retry(NoBackoff(), 0),
        "health_check_interval": 0,
    }
