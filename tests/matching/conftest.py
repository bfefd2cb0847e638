from collections.abc import Callable
from pathlib import Path

import pytest

from flagging.configuration.matching import load_matching
from flagging.identity.person import Identity
from flagging.matching.index import CandidateIndex
from flagging.matching.model import Model
from flagging.matching.search import SearchResult, search

Ask = Callable[[Identity, CandidateIndex], SearchResult]


@pytest.fixture(scope="session")
def model() -> Model:
    return load_matching(Path(__file__).parents[2] / "config" / "matching.toml")


@pytest.fixture
def ask(model: Model) -> Ask:
    return lambda identity, index: search(identity, index, model, lambda: False)
