import pytest
from editions import KEYRING, LIMITS, build, fake_redis, put
from followed import HELD, Clock, ClockedStore, point_to, standing
from one_host import Host

from flagging.errors import StoreUnreachable
from flagging.register import chunks
from flagging.register.live import LiveRegister
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


# -- a register that follows -----------------------------------------------------------------------------------------


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def clocked(client):
    """A store in front of a Redis whose clock is set by hand."""
    return ClockedStore(client, KEYRING)


@pytest.fixture
def register(clocked, clock, two_to_a_chunk):
    """A register that holds edition 7 and has just been told that it is as the list says."""
    held = build(number=HELD)
    put(clocked, held)
    point_to(clocked, held.manifest, generation=1000)
    register = LiveRegister(clocked, LIMITS, clock)
    register.look(wait=True)
    assert standing(register) == (HELD, "redis", "current")
    return register


# -- a machine ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def host(clocked, tmp_path, two_to_a_chunk):
    """A host on which a process has held edition 7, heard of just now."""
    held = build(number=HELD)
    put(clocked, held)
    point_to(clocked, held.manifest, generation=1000)
    host = Host(clocked, tmp_path / "state")
    assert standing(host.start()) == (HELD, "redis", "current")
    return host


@pytest.fixture
def lose_redis(host, monkeypatch):
    def fail():
        raise StoreUnreachable("Redis: ConnectionError")

    return lambda: monkeypatch.setattr(host.store, "look", fail)
