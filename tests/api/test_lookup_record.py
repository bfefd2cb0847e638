"""GET /v1/lookups/ID: an auditor learns what was recorded, and whether it is proven."""

import sqlite3
from dataclasses import replace

import pytest
from service import ASKED_PPO, nothing_held, question
from sqlalchemy import event

from flagging.errors import SpoolUnwritable
from flagging.ledger.append import Appender
from flagging.ledger.database import LedgerDatabase
from flagging.ledger.drain import Drain
from flagging.ledger.proof import Prover


@pytest.fixture
def drain(service, tmp_path):
    """Have the service prove from a ledger of its own, and return what drains into it."""
    database = LedgerDatabase(None, tmp_path)
    service.swap(prover=Prover(database, service.keyring, service.spool_dir))
    yield Drain(service.spool_dir, database, Appender(service.keyring)).run
    database.close()


def record_of(service, lookup_id, role="auditor"):
    return service.get(f"/v1/lookups/{lookup_id}", role)


@pytest.mark.parametrize("person", [ASKED_PPO, None], ids=["a yes", "a no"])
def test_a_lookup_is_pending_until_it_is_drained_and_then_proven(person, service, drain):
    drain()  # makes the ledger
    service.ask()
    drain()
    answer = service.ask(**({"person": person} if person else {}))
    pending = record_of(service, answer["lookup_id"]).get_json()
    assert (pending["state"], pending["verified"], pending["number"]) == ("pending", None, None)
    drain()
    recorded = record_of(service, answer["lookup_id"]).get_json()
    assert (recorded["state"], recorded["verified"]) == ("recorded", True)
    assert recorded["receipt"] == answer["receipt"]
    assert recorded["entry"] == pending["entry"]
    assert recorded["entry"]["outcome"] == answer["outcome"]
    assert recorded["entry"]["question"]["operator"] == "4711"


def test_that_nobody_could_say_is_proven_like_any_answer(service, drain):
    service.parts.register.held = nothing_held()
    reply = service.post(question()).get_json()
    drain()
    recorded = record_of(service, reply["lookup_id"]).get_json()
    assert (recorded["verified"], recorded["entry"]["outcome"]) == (True, "cannot_confirm")
    assert service.parts.prover.prove_answer(reply) is None


def test_the_very_answer_is_proven_and_no_other(service, drain):
    answer = service.ask(person=ASKED_PPO)
    drain()
    prove = service.parts.prover.prove_answer
    assert prove(answer) is None
    assert "not the one that was given" in prove(answer | {"outcome": "not_on_register"})
    assert "not the one that was given" in prove(answer | {"matches": []})
    other = service.ask(person=ASKED_PPO)
    drain()
    assert "not one that this service gave" in prove(answer | {"receipt": other["receipt"]})
    assert "not one that this service gave" in prove(answer | {"receipt": "r1.k.YQ.YQ"})


def test_what_is_not_known_is_not_found(service, drain):
    service.ask()
    drain()
    assert record_of(service, "01J00000000000000000000000").status_code == 404
    assert record_of(service, "../lookups").status_code == 404


@pytest.mark.parametrize("role", ["custody", "arrest_referral", "prison", "administrator"])
def test_it_is_open_to_auditors_alone(role, service, drain):
    answer = service.ask()
    drain()
    assert record_of(service, answer["lookup_id"], role).status_code == 403


def test_reading_the_record_is_recorded_first(service, drain):
    answer = service.ask()
    drain()
    shown = record_of(service, answer["lookup_id"])
    assert shown.status_code == 200, shown.text
    (entry,) = [each for each in service.all_entries() if each["kind"] == "ledger_searched"]
    assert (entry["role"], entry["sought"]) == ("auditor", {"lookup_id": answer["lookup_id"]})


@pytest.mark.interpreted
def test_it_is_recorded_before_anything_of_the_entry_is_read(service, drain, monkeypatch):
    answer = service.ask()
    drain()
    done, append = [], service.parts.spool.append

    def note_reading(_connection, _cursor, statement, *_):
        if "ledger_contents" in statement:
            done.append("read")

    def note_recording(entry):
        done.append("recorded")
        return append(entry)

    monkeypatch.setattr(service.parts.spool, "append", note_recording)
    database = service.parts.prover.database
    with database.reading() as connection:
        engine = connection.engine
    event.listen(engine, "before_cursor_execute", note_reading)
    assert record_of(service, answer["lookup_id"]).status_code == 200
    assert done[:2] == ["recorded", "read"]


def test_a_record_that_was_refused_for_want_of_a_turn_is_not_on_record_as_read(service, drain, tmp_path):
    answer = service.ask()
    drain()
    database = LedgerDatabase(None, tmp_path, most_readers=2)
    service.swap(prover=replace(service.parts.prover, database=database))
    with database.reading(), database.reading():
        assert record_of(service, answer["lookup_id"]).status_code == 503
    assert "ledger_searched" not in [entry["kind"] for entry in service.all_entries()]
    assert record_of(service, answer["lookup_id"]).status_code == 200
    database.close()


@pytest.mark.interpreted
def test_a_record_is_not_shown_where_that_cannot_be_recorded(service, drain, monkeypatch):
    answer = service.ask()
    drain()

    def full(_):
        raise SpoolUnwritable("full")

    monkeypatch.setattr(service.parts.spool, "append", full)
    response = record_of(service, answer["lookup_id"])
    assert (response.status_code, "outcome" in response.text) == (503, False)


def test_a_ledger_out_of_reach_is_told_as_that(service, tmp_path):
    service.swap(prover=replace(service.parts.prover, database=LedgerDatabase(None, tmp_path / "none")))
    response = record_of(service, service.ask()["lookup_id"])
    assert (response.status_code, response.get_json()["type"]) == (503, "ledger-unreachable")


def test_an_entry_that_was_altered_is_told_as_that(service, drain, tmp_path):
    answer = service.ask()
    drain()
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        connection.execute("DROP TRIGGER ledger_contents_no_update")
        connection.execute("UPDATE ledger_contents SET at = 0")
    connection.close()
    recorded = record_of(service, answer["lookup_id"]).get_json()
    assert (recorded["verified"], recorded["entry"]) == (False, {})
    assert "not its own" in recorded["fault"]
