"""`flagging register overlaps`: people held twice, as the current edition knows them."""

import csv

import orjson
import pytest
from service import CONFIG, PPO

FAILED = 1


@pytest.fixture
def twice(installation):
    """An installation whose list holds its first person under another reference as well."""
    installation.write_list(6)  # whose people have names of their own
    with installation.master_list.open(newline="") as file:
        header, first, *others = list(csv.reader(file))
    again = ["TST-0002" if value == PPO.ppo_ref else value for value in first]
    again[header.index("home_ocu")], again[header.index("offending_ocu")] = "", "F1"
    with installation.master_list.open("w", newline="") as file:
        csv.writer(file).writerows([header, first, again, *others])
    assert installation.sync().exit_code == 0
    return installation


def test_people_held_twice_are_listed_with_who_leads_and_the_evidence(twice):
    result = twice.run("register", "overlaps")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "TST-0001 and TST-0002: one person; the home OCU leads",
        "  TST-0001: active, PPO, home OCU E2, offending OCU not recorded",
        "  TST-0002: active, PPO, home OCU not recorded, offending OCU F1",
        "  pnc_id agrees: PNC ID agrees, check letter verified",
        "  name agrees: family name agrees; given name agrees",
        "  date_of_birth agrees: date of birth agrees",
    ]


def test_as_json_they_are_listed_as_in_the_report(twice):
    told = orjson.loads(twice.run("register", "overlaps", "--json").stdout)
    assert told["edition"] == 1
    assert told["count"] == len(told["overlaps"]) == 1
    report = orjson.loads(twice.run("register", "show", "--report", "last", "--json").stdout)
    assert report["overlaps"] == told["overlaps"]


def test_a_sync_tells_of_them(twice):
    assert "  overlap: TST-0001 and TST-0002: one person; the home OCU leads" in twice.sync("--dry-run").stdout


def test_where_nobody_is_held_twice_that_is_said(installation):
    installation.write_list(6)
    installation.sync()
    assert installation.run("register", "overlaps").stdout == "nobody is held twice, as far as could be found\n"


@pytest.mark.parametrize("key", ["flagging:current", "flagging:edition:1:report"], ids=["register", "report"])
def test_without_a_register_or_its_report_that_is_an_error(key, twice, redis_client):
    redis_client.delete(key)
    result = twice.run("register", "overlaps")
    assert result.exit_code == FAILED
    assert result.stderr.startswith("Error: ")


def test_who_leads_is_configuration(twice):
    source = twice.directory / "config"
    source.mkdir()
    for path in CONFIG.iterdir():
        if path.is_file():
            (source / path.name).write_bytes(path.read_bytes())
    routing = source / "routing.toml"
    text = routing.read_text()
    assert 'held_twice = ["home_ocu", "offending_ocu"]' in text
    routing.write_text(text.replace('held_twice = ["home_ocu", "offending_ocu"]', 'held_twice = ["offending_ocu"]'))
    twice.set("CONFIG_DIR", source)
    assert "TST-0002 and TST-0001: one person; the offending OCU leads" in twice.sync("--dry-run").stdout
