from collections.abc import Iterator

import pytest
from failing_site import Site, failing_site
from installation import Installation, installed
from listed_people import PPO, asked
from watching import Watcher


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A running installation with the people of `people.py`, shared by the tests of one module."""
    roles = ("custody", "arrest_referral", "prison", "administrator", "auditor")
    with installed(tmp_path_factory.mktemp("installation"), *roles) as running:
        yield running


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The installation of the failure table, broken and mended by the tests of one module, and asked all the while."""
    with failing_site(tmp_path_factory.mktemp("failing"), "custody", "administrator") as site:
        site.watcher = Watcher(site, ppo=asked(PPO))
        try:
            yield site
        finally:
            site.watcher.stop()
        assert site.watcher.wrong == []
        assert site.watcher.answers[200] > 0
