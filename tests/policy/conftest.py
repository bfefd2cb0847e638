"""The shipped configuration, loaded once: policy is tested as it is delivered."""

from pathlib import Path

import pytest

from flagging.configuration.actions import load_actions
from flagging.configuration.directory import load_directory
from flagging.configuration.disclosure import load_disclosure
from flagging.configuration.routing import load_routing

_SHIPPED = Path(__file__).parents[2] / "config"


@pytest.fixture(scope="session")
def directory():
    return load_directory(_SHIPPED / "directory.toml")


@pytest.fixture(scope="session")
def routing():
    return load_routing(_SHIPPED / "routing.toml")


@pytest.fixture(scope="session")
def action_table():
    return load_actions(_SHIPPED / "actions.toml")


@pytest.fixture(scope="session")
def disclosure():
    return load_disclosure(_SHIPPED / "disclosure.toml")
