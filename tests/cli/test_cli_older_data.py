"""This version started on what an earlier one left behind: everybody and every lookup is still there."""

from datetime import UTC, datetime

import older_data
import orjson
import pytest
from redis import Redis

from flagging.register.replica import ReplicaFile
from flagging.register.store import EditionStore

EVERYBODY = len(older_data.FAMILIES)


@pytest.fixture
def inherited(installation):
    """An installation with the data of an earlier version; nobody in it grows too old while the years pass."""
    with Redis.from_url(installation.redis_url) as client:
        older_data.restore(client, installation.directory)
    for name in ("FORMER_DAYS", "LEDGER_DAYS"):
        installation.set(name, 36_500)
    return installation


def outcome(installation, **person: str) -> str:
    options = [word for name, value in person.items() for word in (f"--{name.replace('_', '-')}", value)]
    whose = ("--operator", "4711", "--purpose", "custody_booking_in", "--ocu", "F1", "--json")
    return orjson.loads(installation.run("lookup", *whose, *options).output)["outcome"]


def test_the_register_of_an_earlier_version_is_built_on_and_nobody_is_lost(inherited):
    synced = inherited.sync("--json")
    assert synced.exit_code == 0, synced.output
    report = orjson.loads(synced.output)
    assert (report["counts"]["added"], report["counts"]["removed"]) == (0, 0)
    shown = inherited.run("register", "show").output
    assert f"{EVERYBODY - 1} active, 1 former, 1 missing" in shown
    whom = {"flagged": (older_data.FLAGGED, older_data.MISSING), "former": (older_data.FORMER,)}
    for right, numbers in whom.items():
        for number in numbers:
            assert outcome(inherited, **older_data.person(number)) == right
    assert outcome(inherited, family_name="Nobodyson", given_names="Neville", date_of_birth="1970-07-07") == (
        "not_on_register"
    )


def test_its_replica_file_holds_everybody_when_redis_has_lost_all(inherited):
    with Redis.from_url(inherited.redis_url) as client:
        client.flushall()
        store = EditionStore(client, inherited.keyring)
        _, records, _ = ReplicaFile(inherited.state_dir, store).load()
        assert len(records) == EVERYBODY
    assert inherited.sync().exit_code == 0
    assert f"{EVERYBODY - 1} active, 1 former, 1 missing" in inherited.run("register", "show").output


def test_its_ledger_verifies_goes_on_and_takes_in_what_was_left_in_its_spool(inherited):
    assert inherited.run("ledger", "verify").exit_code == 0
    assert inherited.run("ledger", "drain").exit_code == 0
    verified = inherited.run("ledger", "verify", "--json")
    assert orjson.loads(verified.output)["sound"] is True
    told = older_data.told()
    for number, lookup_id in ((older_data.FLAGGED, told["drained"][0]), (older_data.MISSING, told["waiting"])):
        family_name = older_data.FAMILIES[number]
        found = inherited.run(
            "ledger", "search", "--json", "--operator", "A-1", "--reason", "a test", "--family-name", family_name
        )
        assert [orjson.loads(line)["lookup_id"] for line in found.output.splitlines()] == [lookup_id]


def test_its_tokens_are_still_good(inherited):
    caller = inherited.access().book.caller(older_data.told()["token"], datetime.now(UTC))
    assert (caller.name, caller.role) == ("Custody system F1", "custody")
