"""The `flagging` command, run in this process against a private Redis and a list of its own."""

import csv
import os
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result
from redis import Redis
from service import CONFIG, PPO

from flagging.access.live import LiveAccess
from flagging.cli import main
from flagging.configuration.master_list import FIELDS
from flagging.key_file import load_keyring
from flagging.sealing import Keyring

ROWS = [
    {
        "ppo_ref": PPO.ppo_ref,
        "status": "active",
        "family_name": "Quillfeather",
        "given_names": "Jasper Odo",
        "date_of_birth": "1983-02-01",
        "pnc_id": "2001/0171310W",
        "home_ocu": "E2",
        "police_om_name": "Sgt Pat Example",
        "police_om_phone": "0121 496 0701",
    },
    *(
        {
            "ppo_ref": f"TST-1{number:03}",
            "status": "active",
            "family_name": family,
            "given_names": "Rufus",
            "date_of_birth": f"1990-01-{number + 1:02}",
            "home_ocu": "F1",
        }
        for number, family in enumerate(["Larkspur", "Nettleship", "Inkwell", "Thistledown", "Wolverstone"] * 3)
    ),
]


@dataclass
class Installation:
    """Where commands work: settings as environment variables, and the files they name."""

    directory: Path
    redis_url: str
    patch: pytest.MonkeyPatch

    def __post_init__(self) -> None:
        for name, value in {
            "REDIS_URL": self.redis_url,
            "KEY_FILE": self.directory / "keys" / "keys.json",
            "STATE_DIR": self.state_dir,
            "MASTER_LIST": self.master_list,
            "CONFIG_DIR": CONFIG,
        }.items():
            self.set(name, value)

    @property
    def state_dir(self) -> Path:
        return self.directory / "state"

    @property
    def master_list(self) -> Path:
        return self.directory / "list.csv"

    @property
    def keyring(self) -> Keyring:
        return load_keyring(self.directory / "keys" / "keys.json")

    def set(self, name: str, value: object) -> None:
        self.patch.setenv(f"FLAGGING_{name}", str(value))

    def unset(self, name: str) -> None:
        self.patch.delenv(f"FLAGGING_{name}")

    def run(self, *words: str, given: str | None = None) -> Result:
        """Run one command; anything but an exit it meant is an error of the test."""
        result = CliRunner().invoke(main, list(words), input=given)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def write_list(self, number: int = len(ROWS), age: float = 60.0, **changes: str) -> None:
        """Write a list of so many people, the first one with changes; so old that nobody is still writing it."""
        with self.master_list.open("w", newline="") as file:
            writer = csv.DictWriter(file, FIELDS)
            writer.writeheader()
            writer.writerows([ROWS[0] | changes, *ROWS[1:]][:number])
        written_at = time.time() - age
        os.utime(self.master_list, (written_at, written_at))

    def sync(self, *words: str) -> Result:
        return self.run("sync", *words)

    def access(self) -> LiveAccess:
        """The access list as a server that starts now would know it."""
        access = LiveAccess(Redis.from_url(self.redis_url), self.keyring, self.directory / "server")
        access.look()
        return access


@pytest.fixture
def installation(tmp_path, redis_url, monkeypatch):
    """An installation that has never run anything."""
    for module in ("sync", "lookup", "keys", "ledger"):
        monkeypatch.setattr(f"flagging.cli.{module}.set_up_logs", lambda _: None)
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield Installation(tmp_path, redis_url, monkeypatch)
    structlog.reset_defaults()


@pytest.fixture
def synced(installation):
    """An installation with a register."""
    installation.write_list()
    assert installation.sync().exit_code == 0
    return installation
