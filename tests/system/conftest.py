from collections.abc import Iterator

import pytest
from installation import Installation
from listed_people import EVERYBODY

from flagging.embedded_redis import start_redis


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A running installation with the people of `people.py`, shared by the tests of one module."""
    directory = tmp_path_factory.mktemp("installation")
    redis = start_redis(directory / "redis")
    running = Installation(directory, redis)
    running.write_list(EVERYBODY)
    try:
        running.start("worker")
        running.await_edition()
        running.issue_tokens("custody", "arrest_referral", "prison", "administrator", "auditor")
        running.start("serve")
        running.await_ready()
        yield running
    finally:
        running.stop()
        redis.stop()
