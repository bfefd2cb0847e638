"""`flagging ledger`: verified, searched and extracted from; each look at it is recorded."""

import csv
import io
import json
import sqlite3

import pytest

from flagging.ledger.database import LedgerDatabase
from flagging.ledger.search import LedgerSearch, Sought

BOOKING_IN = ["lookup", "--operator", "4711", "--purpose", "custody_booking_in", "--ocu", "F1", "--json"]
PPO = ["--pnc-id", "01/171310W"]
STRANGER = ["--family-name", "=Unlisted", "--given-names", "Ashley", "--date-of-birth", "1994-07-23"]


@pytest.fixture
def asked(synced):
    """Two lookups, drained; the answers in the order of asking."""
    answers = [json.loads(synced.run(*BOOKING_IN, *person).stdout) for person in (PPO, STRANGER)]
    drained = synced.run("ledger", "drain")
    assert drained.exit_code == 0, drained.output
    return answers


def entries(installation):
    search = LedgerSearch(LedgerDatabase(None, installation.state_dir), installation.keyring)
    return [found.entry for found in search.every(Sought())]


def test_a_sound_ledger_is_said_to_be_sound_with_its_end(synced, asked):
    result = synced.run("ledger", "verify")
    assert result.exit_code == 0, result.output
    assert "sound: everything is as it was written" in result.output
    told = json.loads(synced.run("ledger", "verify", "--json").stdout)
    assert (told["sound"], told["entries"], told["head"]["number"]) == (True, 2, 2)


def test_one_that_was_tampered_with_is_named_by_entry_and_exits_1(synced, asked):
    connection = sqlite3.connect(synced.state_dir / "ledger.db")
    connection.execute("DROP TRIGGER ledger_contents_no_update")
    connection.execute("UPDATE ledger_contents SET at = 0 WHERE number = 2")
    connection.commit()
    connection.close()
    result = synced.run("ledger", "verify")
    assert result.exit_code == 1
    assert "entry 2: time, kind or id" in result.output
    assert "NOT SOUND" in result.output


@pytest.mark.parametrize("place", [0, 1], ids=["a yes", "a no"])
def test_an_answer_is_proven_by_what_the_caller_kept(place, synced, asked, tmp_path):
    answer = asked[place]
    (tmp_path / "answer.json").write_text(json.dumps(answer, indent=3))
    assert synced.run("ledger", "verify", "--answer", str(tmp_path / "answer.json")).exit_code == 0
    (tmp_path / "answer.json").write_text(json.dumps(answer | {"outcome": "former"}))
    forged = synced.run("ledger", "verify", "--answer", str(tmp_path / "answer.json"))
    assert forged.exit_code == 1
    assert "not the one that was given" in forged.output
    by_receipt = ["ledger", "verify", "--lookup-id", answer["lookup_id"], "--receipt", answer["receipt"]]
    assert synced.run(*by_receipt).exit_code == 0
    assert synced.run(*by_receipt[:-1], asked[1 - place]["receipt"]).exit_code == 1


def test_who_was_looked_up_is_found_and_the_search_is_recorded(synced, asked):
    result = synced.run(
        "ledger", "search", "--family-name", "unlistet", "--reason", "complaint 12/26", "--operator", "A 9"
    )
    assert result.exit_code == 0, result.output
    assert asked[1]["outcome"] in result.output
    assert "Ashley" in result.output
    assert "01/171310W" not in result.output
    synced.run("ledger", "drain")
    recorded = entries(synced)[-1]
    assert (recorded["kind"], recorded["operator"], recorded["reason"]) == ("ledger_searched", "A 9", "complaint 12/26")
    assert recorded["sought"] == {"family_name": "unlistet"}


def test_whole_entries_come_as_json_lines(synced, asked):
    (line,) = synced.run("ledger", "search", "--ref", "tst-0001", "--json").stdout.splitlines()
    found = json.loads(line)
    assert (found["lookup_id"], found["receipt"]) == (asked[0]["lookup_id"], asked[0]["receipt"])
    assert synced.run("ledger", "search", "--by", "9999").stdout == "no entry fits\n"


def test_an_extract_is_a_new_file_of_its_owner_alone_and_holds_no_formula(synced, asked, tmp_path):
    out = tmp_path / "extract.csv"
    assert synced.run("ledger", "export", "--kind", "lookup", "--out", str(out)).exit_code == 0
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert [row["family_name"] for row in rows] == ["", "'=Unlisted"]
    assert out.stat().st_mode & 0o077 == 0
    again = synced.run("ledger", "export", "--out", str(out))
    assert (again.exit_code, "File exists" in again.output) == (1, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["search", "--since", "yesterday"], "--since: must be YYYY-MM-DD"),
        (["search", "--identifier", "?"], "--identifier: is no PNC ID"),
        (["verify", "--receipt", "r1.a.b.c"], "together with --lookup-id"),
    ],
)
def test_what_cannot_be_meant_is_said(words, said, synced, asked):
    result = synced.run("ledger", *words)
    assert (result.exit_code, said in result.output) == (2, True)


@pytest.mark.parametrize("command", ["search", "export"])
def test_what_could_not_be_read_is_not_on_record_as_read(command, synced):
    refused = synced.run("ledger", command, "--ref", "tst-0001")
    assert (refused.exit_code, "there is no ledger yet" in refused.output) == (1, True)
    assert synced.run("ledger", "drain").exit_code == 0
    assert synced.run("ledger", command, "--ref", "tst-0001").exit_code == 0
    synced.run("ledger", "drain")
    assert [entry["kind"] for entry in entries(synced)] == [f"ledger_{command}ed"]


def test_without_a_ledger_that_is_said(synced):
    result = synced.run("ledger", "verify")
    assert (result.exit_code, "there is no ledger yet" in result.output) == (1, True)
