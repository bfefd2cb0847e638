"""`flagging notify` and `flagging return`, as somebody at a shell sees them."""

import json
import os
from datetime import UTC, date, datetime

import pytest

from flagging.cli.notify_setup import count_day
from flagging.cli.setup import open_store
from flagging.ledger.database import LedgerDatabase
from flagging.notify.editions import Editions
from flagging.settings import read_settings
from flagging.terms import Scheme

ASKED = ("--operator", "4711", "--purpose", "custody_booking_in", "--ocu", "F1", "--pnc-id", "01/171310W")


@pytest.fixture
def recognised(synced, monkeypatch):
    """An installation in which somebody was recognised, and a mail server that is not there is set."""
    monkeypatch.setattr("flagging.cli.ledger.set_up_logs", lambda _: None)
    synced.set("SMTP_URL", "smtp://127.0.0.1:9")
    assert "flagged" in synced.run("lookup", *ASKED).output
    assert synced.run("ledger", "drain").exit_code == 0
    return synced


def listed(installation) -> list[dict]:
    lines = installation.run("notify", "list", "--json").stdout.splitlines()
    return [json.loads(line) for line in lines]


def test_whoever_waits_to_be_told_is_listed(recognised):
    (message,) = listed(recognised)
    assert (message["state"], message["channel"], message["ppo_ref"]) == ("waiting", "email", "TST-0001")
    result = recognised.run("notify", "list")
    assert "1 waiting, 0 told, 0 given up" in result.stderr
    assert message["key"] in result.stdout


def test_it_can_be_tried_again_by_its_key(recognised):
    (message,) = listed(recognised)
    assert recognised.run("notify", "retry", message["key"]).stdout == "1 to be tried at once\n"
    assert recognised.run("notify", "retry", "--all").stdout == "1 to be tried at once\n"
    assert "waits or was given up" in recognised.run("notify", "retry", "0" * 32).stderr
    assert recognised.run("notify", "retry").exit_code == 2


def test_that_nobody_is_told_for_want_of_a_server_is_said(recognised):
    recognised.unset("SMTP_URL")
    assert "nobody is told" in recognised.run("notify", "list").stderr


def test_a_webhook_without_a_secret_is_refused(recognised):
    recognised.set("WEBHOOK_URL", "https://cases.example/ppo")
    result = recognised.run("notify", "list")
    assert result.exit_code == 1
    assert "FLAGGING_WEBHOOK_SECRET_FILE" in result.stderr


def test_the_return_counts_the_month_and_the_register(recognised):
    settings = read_settings(os.environ)
    editions = Editions(open_store(settings, recognised.keyring), lambda: None)
    database = LedgerDatabase(None, recognised.state_dir)
    count_day(editions, database, recognised.keyring, frozenset({Scheme.PPO}))
    month = f"{datetime.now(UTC).date():%Y-%m}"
    told = json.loads(recognised.run("return", "--month", month, "--format", "json").stdout)
    assert told["arrests_by_outcome"]["flagged"] == 1
    assert told["ppos_by_home_ocu"] == {"E2": 1, "F1": 15}
    assert f"{month},arrests_by_outcome,flagged,1" in recognised.run("return", "--month", month).stdout
    few = recognised.run("return", "--month", month, "--suppress-below", "5").stdout
    assert f"{month},arrests_by_outcome,flagged,\n" in few.replace("\r", "")


def test_a_return_of_long_ago_is_refused(recognised):
    long_ago = date.today().year - 5  # noqa: DTZ011
    assert "FLAGGING_LEDGER_DAYS" in recognised.run("return", "--month", f"{long_ago}-03").stderr
    assert recognised.run("return", "--month", "March").exit_code == 2
