"""`flagging register`: what is current, what is kept, and the way back."""

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


def test_the_current_edition_is_shown_once_verified(synced):
    result = synced.run("register", "show")
    told = {line[:14].strip(): line[14:] for line in result.stdout.splitlines()}
    assert result.exit_code == 0
    assert told["edition"] == "1, published, verified"
    assert told["records"] == "16 active, 0 former, 0 missing from the list"
    assert told["list"].startswith("list.csv, dated ")
    assert told["last checked"].endswith(" s ago")
    assert told["last sync"].startswith("published at ")


def test_caveats_are_shown(installation):
    installation.write_list(status="gone")
    installation.sync("--force", "--reason", "a test")
    assert "caveat" in installation.run("register", "show").stdout


@pytest.mark.parametrize("command", [["show"], ["rollback", "1"]])
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


def test_kept_editions_are_listed_oldest_first_with_the_current_one_marked(twice):
    assert numbers(twice) == ["1", "2"]
    assert starred(twice) == ["2"]


def test_an_edition_whose_manifest_does_not_open_is_listed_as_such(twice, redis_client):
    redis_client.set("flagging:edition:1", b"rubbish")
    lines = twice.run("register", "editions").stdout.splitlines()
    assert "does not verify" in lines[0]
    assert "16 active" in lines[1]


def test_going_back_makes_a_kept_edition_current_and_says_which(twice):
    result = twice.run("register", "rollback", "1")
    assert result.exit_code == 0
    assert result.stdout.startswith("edition 1 is current again: 16 active")
    assert starred(twice) == ["1"]
    assert "1, rolled back, verified" in twice.run("register", "show").stdout
    assert twice.sync().stdout.startswith("unchanged")
    assert starred(twice) == ["1"]


@pytest.mark.parametrize("number", ["99", "0", "-1"])
def test_there_is_no_way_back_to_an_edition_that_is_not_kept(number, twice):
    result = twice.run("register", "rollback", "--", number)
    assert result.exit_code == FAILED
    assert "not kept" in result.stderr
    assert starred(twice) == ["2"]


def test_nor_to_something_that_is_no_number(twice):
    assert twice.run("register", "rollback", "one").exit_code == USAGE


def test_without_a_key_file_nothing_can_be_shown_and_none_is_made(installation):
    result = installation.run("register", "show")
    assert result.exit_code == FAILED
    assert "keys.json" in result.stderr
    assert not (installation.directory / "keys").exists()
