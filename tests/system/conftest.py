import socket
from collections.abc import Iterator

import pytest
from delaying_proxy import DelayingProxy
from failing_site import SETTINGS, ProxiedRedis, Site
from installation import Installation, installed
from listed_people import EVERYBODY, PPO, asked
from watching import Watcher

from flagging.embedded_redis import start_redis


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A running installation with the people of `people.py`, shared by the tests of one module."""
    roles = ("custody", "arrest_referral", "prison", "administrator", "auditor")
    with installed(tmp_path_factory.mktemp("installation"), *roles) as running:
        yield running


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The installation of the failure table, broken and mended by the tests of one module, and asked all the while."""
    directory = tmp_path_factory.mktemp("failing")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    redis = start_redis(directory / "redis", port=port)
    proxy = DelayingProxy(("127.0.0.1", port))
    site = Site(directory, ProxiedRedis(proxy, redis), settings=dict(SETTINGS))
    site.write_list(EVERYBODY)
    try:
        assert site.run("sync").returncode == 0
        site.issue_tokens("custody", "administrator")
        site.worker = site.start("worker")
        site.server = site.start("serve")
        site.await_ready()
        site.await_answer("the worker has reached Redis", lambda: '"synced"' in site.log_since_start("worker"))
        site.await_answer("the edition is on disk", (site.state_dir / "register.heard").exists)
        site.await_answer("so are the callers", (site.state_dir / "access.sealed").exists)
        site.watcher = Watcher(site, ppo=asked(PPO))
        try:
            yield site
        finally:
            site.watcher.stop()
        assert site.watcher.wrong == []
        assert site.watcher.answers[200] > 0
    finally:
        site.stop()
        proxy.close()
        redis.stop()
