"""The installation of the failure table, with a Redis that can be broken (`breakages.py`), and what it is asked."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from delaying_proxy import DelayingProxy
from installation import Installation, Response, arrest
from listed_people import EVERYBODY, PPO, asked
from redis import Redis
from watching import Watcher

from flagging.embedded_redis import EmbeddedRedis, start_redis

STRANGER = {"family_name": "Nobodyson", "given_names": "Ignatius", "date_of_birth": "1985-05-05"}
SETTINGS = {"FLAGGING_SYNC_SECONDS": "1", "FLAGGING_GUARD_REJECT_RATE": "0.5"}
DAY = 86400.0
# One for each test that adds somebody.
NEWCOMERS = [
    ("Larkwhistle", "Tobias", "1961-02-17"),
    ("Quillbrook", "Wendeline", "1974-09-03"),
    ("Oxenford", "Cuthbert", "1986-12-29"),
    ("Stannidge", "Philippa", "1992-05-11"),
    ("Thornapple", "Gwendolen", "1979-07-21"),
    ("Wrenfield", "Barnabas", "1968-10-30"),
]
FLAGGED, ABSENT, CANNOT_CONFIRM = (200, "flagged"), (200, "not_on_register"), (503, "cannot_confirm")


@dataclass
class ProxiedRedis:
    """What an installation is told of Redis: the proxy in front of it."""

    proxy: DelayingProxy
    redis: EmbeddedRedis

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.proxy.port}/0"


class Site(Installation):
    """An installation that can be asked about a PPO and a stranger, all its processes in turn.

    Its list only grows: people who vanish from it trip a guard.
    """

    listed = EVERYBODY
    watcher: Watcher

    def add_somebody(self) -> dict:
        """Add somebody to the list; return who it is."""
        number = len(self.listed)
        person = {
            "ppo_ref": f"TST-09{number}",
            "status": "active",
        } | dict(zip(("family_name", "given_names", "date_of_birth"), NEWCOMERS[number - len(EVERYBODY)], strict=True))
        self.listed = [*self.listed, person]
        self.write_list(self.listed)
        self.watcher.people[person["ppo_ref"]] = asked(person)
        return asked(person)

    @property
    def direct(self) -> Redis:
        return Redis.from_url(self.redis.redis.url, socket_timeout=10)

    @property
    def proxy(self) -> DelayingProxy:
        return self.redis.proxy

    def answers(self, person: dict, times: int = 8) -> set[tuple[int, str, str, str]]:
        found = [self.ask(person) for _ in range(times)]
        return {
            (each.status, each.body["outcome"], each.body["register"]["source"], each.body["register"]["state"])
            for each in found
        }

    def ask(self, person: dict) -> Response:
        """Ask, more slowly where this has been asked too often."""
        while True:
            answer = self.call("POST", "/v1/lookups", arrest(person), "custody")
            if answer.status != 429:
                return answer
            time.sleep(0.2)

    def outcomes(self, person: dict, times: int = 8) -> set[tuple[int, str]]:
        return {answer[:2] for answer in self.answers(person, times)}

    def answers_from(self, source: str) -> bool:
        return {told[2] for told in self.answers(STRANGER, 12)} == {source}

    def standings(self) -> list[dict]:
        """How fresh the register is, by several requests in a row; other than lookups, they leave nothing to be drained."""
        return [self.call("GET", "/v1/register", role="administrator").body for _ in range(12)]

    def await_current(self) -> None:
        """Wait until no process holds the register for stale: answers may all have come from the other one."""
        self.await_answer(
            "the register is current again",
            lambda: (
                {told["state"] for told in self.standings()} == {"current"}
                and "\nflagging_register_stale 0.0\n" in self.call("GET", "/metrics").body
            ),
        )

    def await_source(self, source: str) -> None:
        self.await_answer(f"every process answers from {source}", lambda: self.answers_from(source))

    def confirm_right(self, *allowed: tuple[int, str]) -> None:
        """What holds whatever is broken: the PPO is told, the stranger is told to be none."""
        assert self.outcomes(asked(PPO)) == {FLAGGED}
        assert self.outcomes(STRANGER) <= {ABSENT, *allowed}


def processes_of(site: Site) -> list[int]:
    """Return the ids of the processes that serve, which are children of gunicorn's own."""
    children = f"/proc/{site.server.pid}/task/{site.server.pid}/children"
    return [int(pid) for pid in Path(children).read_text("ascii").split()]


@contextmanager
def failing_site(directory: Path, *roles: str, settings: dict[str, str] | None = None) -> Iterator[Site]:
    """Run an installation of everybody listed: a Redis behind a proxy, a worker, two server processes.

    It is yielded once what servers keep of register and callers lies on disk: from then on Redis may go.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    redis = start_redis(directory / "redis", port=port)
    proxy = DelayingProxy(("127.0.0.1", port))
    site = Site(directory, ProxiedRedis(proxy, redis), settings=SETTINGS | (settings or {}))
    site.write_list(EVERYBODY)
    try:
        site.issue_tokens(*roles, after=["sync"])
        site.worker = site.start("worker")
        site.server = site.start("serve")
        site.await_ready()
        site.await_answer("the worker has reached Redis", lambda: '"synced"' in site.log_since_start("worker"))
        site.await_answer("the edition is on disk", (site.state_dir / "register.heard").exists)
        site.await_answer("so are the callers", (site.state_dir / "access.sealed").exists)
        yield site
    finally:
        site.stop()
        proxy.close()
        redis.stop()
