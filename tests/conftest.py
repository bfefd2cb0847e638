"""What every test may rely on: an environment without our settings, a private Redis, nothing left running."""

import os
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path

import fuzzing
import pytest
from dealing import deal_out
from redis import Redis

from flagging.embedded_redis import EmbeddedRedis, start_redis

NO_SKIPS = os.environ.get("FLAGGING_TEST_NO_SKIPS") == "1"
SESSION = "FLAGGING_TEST_SESSION"
LONGEST = ("system", "demo")

for name in [name for name in os.environ if name.startswith("FLAGGING_") and not name.startswith("FLAGGING_TEST_")]:
    del os.environ[name]
os.environ.pop("GUNICORN_CMD_ARGS", None)
os.environ[SESSION] = uuid.uuid4().hex  # whatever a test starts inherits it, and is found by it

fuzzing.load_profile()


@pytest.fixture(scope="session", autouse=True)
def _nothing_left_running() -> Iterator[None]:
    """Set up before and torn down after every other fixture of the session."""
    yield
    left = started_by_this_session()
    assert not left, f"tests left processes running: {left}"


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    """A real Redis on a private Unix socket, shared by the tests of one process; `redis_url` is the one to use."""
    server = start_redis(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_server: EmbeddedRedis) -> str:
    """The address of a real and empty Redis."""
    with Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url


@pytest.fixture
def redis_client(redis_url: str) -> Iterator[Redis]:
    """A client of a real and empty Redis."""
    with Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def free_port() -> int:
    """A TCP port of the loopback address at which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def started_by_this_session() -> dict[int, str]:
    """Return id and command line of every process that a test started and that still runs (Linux)."""
    mark = f"{SESSION}={os.environ[SESSION]}".encode()
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            is_ours = mark in (place / "environ").read_bytes().split(b"\0")
            command = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            continue
        if is_ours and command and int(place.name) != os.getpid():
            found[int(place.name)] = command
    return found


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Run one process more than there are processors: many tests wait for services that start, or that are away."""
    chosen = os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS")
    return int(chosen) if chosen else len(os.sched_getaffinity(0)) + 1


@pytest.hookimpl(trylast=True)  # what is left out is left out by now
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the tests that take longest, shared out among the processes of pytest-xdist."""
    processes = getattr(config, "workerinput", {}).get("workercount", 1)
    items[:] = deal_out(items, processes, lambda item: item.path.parent.name in LONGEST, lambda item: item.path)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    report = yield
    return _without_skip(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector):
    report = yield
    return _without_skip(report)


def _without_skip(report):
    """Turn a skip into a failure where skipping is forbidden; an expected failure stays what it is."""
    if NO_SKIPS and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"FLAGGING_TEST_NO_SKIPS is set, but: {reason}"
    return report


# what was logged; an application that answers; whoever vouches for people; a browser before its pages; real databases
pytest_plugins = ["logged", "service", "openid_provider", "chromium", "ledger_databases"]
