"""`flagging register`: what is current, what is kept, and the way back."""

import json

import pytest

FAILED, USAGE = 1, 2


def numbers(installation):
    """Return the kept editions, the current one with its star."""
    return [line[:8].split()[-1] for line in installation.run("register", "editions").stdout.splitlines()]


def starred(installation):
    return [line.split()[1] for line in installation.run("register", "editions").stdout.splitlines() if line[0] == "*"]


@pytest.fixture
def twice(synced):
    """An installation with two editions."""
    synced.write_list(given_names="Jasper", age=30)
    assert synced.sync().exit_code == 0
    return synced


def told(installation, *words):
    """Return what `register show` says, line by line; of several lines of one name the last."""
    result = installation.run("register", "show", *words)
    assert result.exit_code == 0, result.output
    return {line[:14].strip(): line[14:] for line in result.stdout.splitlines()}


# -- show ------------------------------------------------------------------------------------------------------------


def test_the_current_edition_is_shown_once_verified(synced):
    shown = told(synced)
    assert shown["edition"] == "1, published, verified"
    assert shown["state"] == "current"
    assert shown["records"] == "16 active, 0 former, 0 missing from the list"
    assert shown["list"].startswith("list.csv, dated ")
    assert shown["last checked"].endswith(" s ago")
    assert shown["last sync"].startswith("published at ")
    assert not shown.keys() & {"hold", "guard", "reason", "forced past", "caveat"}


@pytest.mark.parametrize(
    ("setting", "value", "state"),
    [
        ("LIST_STALE_AFTER", "10", "stale: finding nobody is no answer"),
        ("STALE_AFTER", "0.001", "stale: finding nobody is no answer"),
        ("REFUSE_AFTER", "0.002", "too old: nothing is answered from it"),
    ],
)
def test_a_register_that_is_stale_or_too_old_is_shown_to_be(synced, setting, value, state):
    synced.set("SYNC_SECONDS", "0.0001")
    synced.set("STALE_AFTER", "0.001" if setting != "LIST_STALE_AFTER" else "3600")
    synced.set(setting, value)
    assert told(synced)["state"] == state


def test_a_refused_list_is_shown_with_its_guard_and_the_reason(synced):
    synced.write_list(3)
    synced.sync()
    shown = told(synced)
    assert shown["edition"] == "1, published, verified"
    assert shown["last sync"].startswith("refused at ")
    assert shown["guard"] == "count_drop"
    assert shown["reason"].startswith("the list tells of 3 people, the last one of 16")


def test_a_forced_list_is_shown_with_what_was_overridden_and_why(synced):
    synced.write_list(3)
    synced.sync("--force", "--reason", "two forces were merged")
    shown = told(synced)
    assert (shown["forced past"], shown["reason"]) == ("count_drop, absent", "two forces were merged")


def test_caveats_are_shown(installation):
    installation.write_list(status="gone")
    installation.sync("--force", "--reason", "a test")
    assert told(installation)["caveat"] == "1 row of the master list could not be read"


# -- reports ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def refused(synced):
    """An installation whose last list, of which a row could not be read, was refused."""
    synced.write_list(3, date_of_birth="?", age=30)
    synced.sync()
    return synced


def test_the_last_syncs_are_listed_newest_first(refused):
    lines = [line for line in refused.run("register", "show").stdout.splitlines() if line.startswith("report ")]
    assert [line.split("  ")[2] for line in lines] == ["refused count_drop", "published edition 1"]
    assert "3 rows, 3 listed" in lines[0]


def test_a_report_is_shown_in_full(refused):
    last = refused.run("register", "show", "--report", "last").stdout
    assert last.startswith("refused: list.csv of ")
    assert "warning: date_of_birth " in last
    assert "line 2 (TST-0001)" in last
    identifier = refused.run("register", "show").stdout.splitlines()[-1].split()[1]
    assert refused.run("register", "show", "--report", identifier).stdout.startswith("published, edition 1: ")


def test_a_report_is_there_as_json(refused):
    report = json.loads(refused.run("register", "show", "--report", "last", "--json").stdout)
    assert (report["result"], report["guard"], report["counts"]["rows"]) == ("refused", "count_drop", 3)
    told_of = [(row["line"], row["ppo_ref"], row["field"]) for row in report["warnings"]]
    assert (2, "TST-0001", "date_of_birth") in told_of


def test_everything_is_there_as_json(refused):
    shown = json.loads(refused.run("register", "show", "--json").stdout)
    assert shown.items() >= {"trouble": None, "edition": 1, "state": "current", "holds": False}.items()
    assert shown["counts"] == {"active": 16, "former": 0, "missing": 0}
    assert shown["last_sync"]["guard"] == "count_drop"
    assert [report["result"] for report in shown["reports"]] == ["refused", "published"]
    assert shown["reports"][1]["added"][0] == "TST-0001"


def test_a_report_that_is_not_kept_is_an_error(synced):
    result = synced.run("register", "show", "--report", "01J")
    assert result.exit_code == FAILED
    assert "no such report is kept" in result.stderr


def test_how_many_are_kept_is_a_setting(synced):
    synced.set("KEEP_REPORTS", "2")
    for number in range(3):
        synced.write_list(given_names=f"Jasper{'x' * number}", age=30 - number)
        synced.sync()
    lines = [line for line in synced.run("register", "show").stdout.splitlines() if line.startswith("report ")]
    assert len(lines) == 2


# -- editions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [["show"], ["rollback", "1"], ["confirm-removal", "TST-0001"]])
def test_where_redis_holds_no_register_that_is_an_error(command, synced, redis_client):
    redis_client.flushall()
    result = synced.run("register", *command)
    assert result.exit_code == FAILED
    assert result.stderr.startswith("Error: ")


def test_with_no_register_there_are_no_editions(synced, redis_client):
    redis_client.flushall()
    result = synced.run("register", "editions")
    assert (result.exit_code, result.stdout) == (0, "")


def test_an_edition_that_does_not_verify_is_not_shown_as_if_it_did(synced, redis_client):
    sealed = redis_client.get("flagging:edition:1:chunk:0")
    redis_client.set("flagging:edition:1:chunk:0", sealed[:-1] + bytes([sealed[-1] ^ 1]))
    result = synced.run("register", "show")
    assert result.exit_code == FAILED
    assert "verified" not in result.stdout
    assert "flagging:edition:1:chunk:0" in result.stderr
    assert "last sync     published at " in result.stdout
    told = json.loads(synced.run("register", "show", "--json").stdout)
    assert "flagging:edition:1:chunk:0" in told["trouble"]


def test_kept_editions_are_listed_oldest_first_with_the_current_one_marked(twice):
    assert numbers(twice) == ["1", "2"]
    assert starred(twice) == ["2"]


def test_an_edition_whose_manifest_does_not_open_is_listed_as_such(twice, redis_client):
    redis_client.set("flagging:edition:1", b"rubbish")
    lines = twice.run("register", "editions").stdout.splitlines()
    assert "does not verify" in lines[0]
    assert "16 active" in lines[1]


# -- where it cannot be ----------------------------------------------------------------------------------------------


def test_without_a_key_file_nothing_can_be_shown_and_none_is_made(installation):
    result = installation.run("register", "show")
    assert result.exit_code == FAILED
    assert "keys.json" in result.stderr
    assert not (installation.directory / "keys").exists()
