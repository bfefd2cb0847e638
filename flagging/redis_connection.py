"""Opening Redis from a URL, with time limits everywhere: nothing in this service waits for Redis without end."""

from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from flagging.errors import SettingInvalid

SECONDS_TO_CONNECT = 2.0
SECONDS_TO_ANSWER = 5.0


def connect(url: str, answer_within: float = SECONDS_TO_ANSWER) -> Redis:
    """Return a client (no connection is made yet) that gives up after `answer_within` seconds and does not retry.

    Whoever calls decides what a failure means; a hidden retry would only multiply the waiting.
    """
    options: dict[str, Any] = {
        "socket_connect_timeout": min(SECONDS_TO_CONNECT, answer_within),
        "socket_timeout": answer_within,
        "retry": Retry(NoBackoff(), 0),
        "health_check_interval": 0,
    }
    if url.startswith("unix://"):
        del options["socket_connect_timeout"]
    try:
        return Redis.from_url(url, **options)
    except (ValueError, RedisError):
        raise SettingInvalid("FLAGGING_REDIS_URL", "not a redis://, rediss:// or unix:// URL") from None
