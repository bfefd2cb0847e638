import pytest
from editions import KEYRING, fake_redis

from flagging.register import chunks
from flagging.register.store import EditionStore


@pytest.fixture(params=["fake", "real"])
def client(request):
    """An empty Redis: one that is made up, and one that is real."""
    if request.param == "fake":
        return fake_redis()
    return request.getfixturevalue("redis_client")


@pytest.fixture
def store(client):
    return EditionStore(client, KEYRING)


@pytest.fixture
def two_to_a_chunk(monkeypatch):
    monkeypatch.setattr(chunks, "RECORDS_PER_CHUNK", 2)
