from collections.abc import Iterator

import pytest
from installation import Installation, installed


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A running installation with the people of `people.py`, shared by the tests of one module."""
    roles = ("custody", "arrest_referral", "prison", "administrator", "auditor")
    with installed(tmp_path_factory.mktemp("installation"), *roles) as running:
        yield running
