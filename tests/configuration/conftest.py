"""A way to break a shipped file in one place and read it."""

from pathlib import Path

import pytest

from flagging.errors import ConfigurationInvalid

_SHIPPED = Path(__file__).parents[2] / "config"


@pytest.fixture
def faults_of(tmp_path):
    """Load a shipped file with one text put in another's place, and return its faults as (where, reason)."""

    def load(loader, name, old, new):
        text = (_SHIPPED / name).read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / name
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(ConfigurationInvalid) as caught:
            loader(path)
        return [(fault.where, fault.reason) for fault in caught.value.faults]

    return load


@pytest.fixture(scope="session")
def shipped():
    return _SHIPPED
