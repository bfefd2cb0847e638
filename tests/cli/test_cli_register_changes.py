"""`flagging register rollback` and `confirm-removal`: what an administrator may change, once it is on record."""

import json

import pytest

from flagging.ledger.segments import read_segment

FAILED, USAGE = 1, 2
GONE = "TST-1014"


def starred(installation):
    """Return the number of the current edition."""
    return [line.split()[1] for line in installation.run("register", "editions").stdout.splitlines() if line[0] == "*"]


def told(installation):
    """Return what `register show` says, by name."""
    result = installation.run("register", "show")
    assert result.exit_code == 0, result.output
    return {line[:14].strip(): line[14:] for line in result.stdout.splitlines()}


@pytest.fixture
def twice(synced):
    """An installation with two editions."""
    synced.write_list(given_names="Jasper", age=30)
    assert synced.sync().exit_code == 0
    return synced


# -- going back ------------------------------------------------------------------------------------------------------


def entries(installation, kind):
    """What the commands have recorded in the spool, of one kind."""
    segments = sorted((installation.state_dir / "spool").glob("*.spool"))
    found = [json.loads(entry) for path in segments for entry in read_segment(path, installation.keyring)]
    return [entry for entry in found if entry["kind"] == kind]


def test_going_back_makes_a_kept_edition_current_and_says_which(twice):
    result = twice.run("register", "rollback", "1")
    assert result.exit_code == 0
    assert result.stdout.startswith("edition 1 is current again: 16 active")
    assert starred(twice) == ["1"]
    shown = told(twice)
    assert shown["edition"] == "1, rolled back, verified"
    assert shown["hold"] == "until another list arrives, or `flagging sync`"


def test_the_list_there_is_takes_over_again_when_a_sync_is_asked_for(twice):
    twice.run("register", "rollback", "1")
    assert twice.sync("--dry-run").stdout.startswith("dry_run")
    assert twice.sync().stdout.startswith("published, edition 3")
    assert "hold" not in told(twice)


def test_going_forward_again_needs_no_sync(twice):
    twice.run("register", "rollback", "1")
    assert twice.run("register", "rollback", "2").exit_code == 0
    assert starred(twice) == ["2"]
    assert "hold" not in told(twice)
    assert twice.sync().stdout.startswith("unchanged")


def test_it_is_recorded_who_went_back_and_why(twice):
    twice.run("register", "rollback", "1", "--reason", "half of D1 is missing in 2", "--operator", "A-17")
    (entry,) = entries(twice, "rollback")
    assert entry.items() >= {"reason": "half of D1 is missing in 2", "operator": "A-17", "edition": 1}.items()
    assert entry["caller"].startswith("shell:")


def test_without_a_reason_it_is_recorded_that_none_was_given(twice):
    twice.run("register", "rollback", "1", "--reason", "  ")
    (entry,) = entries(twice, "rollback")
    assert (entry["reason"], entry["operator"]) == (None, None)


def test_what_cannot_be_recorded_is_not_done(twice):
    (twice.state_dir / "spool").write_bytes(b"")  # a file in its place
    result = twice.run("register", "rollback", "1")
    assert result.exit_code == FAILED
    assert "cannot be recorded" in result.stderr
    assert starred(twice) == ["2"]


@pytest.mark.parametrize("number", ["99", "0", "-1"])
def test_there_is_no_way_back_to_an_edition_that_is_not_kept(number, twice):
    result = twice.run("register", "rollback", "--", number)
    assert result.exit_code == FAILED
    assert "not kept" in result.stderr
    assert starred(twice) == ["2"]


def test_nor_to_something_that_is_no_number(twice):
    assert twice.run("register", "rollback", "one").exit_code == USAGE


# -- really gone -----------------------------------------------------------------------------------------------------


@pytest.fixture
def missing(synced):
    """An installation from whose list the last person has dropped out."""
    synced.write_list(15, age=30)
    assert synced.sync().exit_code == 0
    return synced


def test_a_missing_person_is_former_once_that_is_confirmed(missing):
    assert told(missing)["records"] == "16 active, 0 former, 1 missing from the list"
    result = missing.run("register", "confirm-removal", GONE, "--reason", "moved abroad", "--operator", "A-17")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"{GONE} is former from ")
    assert result.stdout.endswith(": edition 3\n")
    assert told(missing)["records"] == "15 active, 1 former, 0 missing from the list"
    (entry,) = entries(missing, "removal_confirmed")
    assert entry.items() >= {"refs": [GONE], "reason": "moved abroad", "operator": "A-17", "edition": 3}.items()
    assert missing.sync().stdout.startswith("unchanged")


def test_to_confirm_it_again_does_nothing(missing):
    missing.run("register", "confirm-removal", GONE)
    result = missing.run("register", "confirm-removal", GONE)
    assert result.exit_code == 0
    assert "is former already, since " in result.stdout
    assert starred(missing) == ["3"]


@pytest.mark.parametrize(
    ("ref", "why"), [("TST-0001", "the list still tells of this person"), ("TST-9999", "holds nobody under this")]
)
def test_nobody_else_is_removed_so(missing, ref, why):
    result = missing.run("register", "confirm-removal", ref)
    assert result.exit_code == FAILED
    assert why in result.stderr
    assert starred(missing) == ["2"]


@pytest.mark.parametrize("command", [["rollback", "1"], ["confirm-removal", GONE]], ids=lambda words: words[0])
def test_a_reason_that_is_no_text_is_refused(missing, command):
    result = missing.run("register", *command, "--reason", "\udcff")
    assert result.exit_code == USAGE
    assert starred(missing) == ["2"]
