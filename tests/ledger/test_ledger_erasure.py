"""Erasing what is too old: gone from the database, and the chain still verifies."""

from datetime import UTC, datetime

from kept import lookup
from sqlalchemy import select

from flagging import receipts
from flagging.ledger import erasure
from flagging.ledger.erasure import ranges_of
from flagging.ledger.search import Sought
from flagging.ledger.tables import CONTENTS

OLD, YOUNG = "2020-03-01T10:00:00.000Z", "2026-03-01T10:00:00.000Z"
BETWEEN = datetime(2024, 1, 1, tzinfo=UTC)


def test_what_is_too_old_goes_and_the_chain_still_verifies(kept, monkeypatch):
    monkeypatch.setattr(erasure, "MOST_AT_ONCE", 2)
    kept.record(*(lookup(at) for at in (OLD, OLD, YOUNG, OLD, YOUNG)))
    assert kept.eraser.erase_before(BETWEEN) == 3
    found = kept.verify()
    assert (found.faults, found.entries, found.erased) == ([], 7, 3)
    assert [each.entry["kind"] for each in kept.search.every(Sought())] == [
        "lookup",
        "lookup",
        "ledger_erased",
        "ledger_erased",
    ]
    told = [each.entry["entries"] for each in kept.search.every(Sought(kind="ledger_erased"))]
    assert told == [[[1, 2]], [[4, 4]]]


def test_told_to_stop_erasing_ends_and_the_rest_is_erased_the_next_time(kept, monkeypatch):
    monkeypatch.setattr(erasure, "MOST_AT_ONCE", 2)
    kept.record(*(lookup(OLD) for _ in range(5)))
    answers = iter([False, True])
    assert kept.eraser.erase_before(BETWEEN, lambda: next(answers)) == 2
    assert kept.eraser.erase_before(BETWEEN) == 3
    assert kept.verify().is_sound


def test_nothing_is_erased_twice_nor_is_the_erasing_itself(kept):
    kept.record(lookup(OLD))
    assert kept.eraser.erase_before(BETWEEN) == 1
    assert kept.eraser.erase_before(datetime(2100, 1, 1, tzinfo=UTC)) == 0
    assert kept.verify().is_sound


def test_what_was_erased_is_found_by_nothing_and_lies_nowhere_in_the_file(on_sqlite):
    on_sqlite.record(lookup(OLD), lookup(YOUNG))
    (old, _) = on_sqlite.search.every(Sought())
    with on_sqlite.database.reading() as connection:
        sealed = bytes(connection.execute(select(CONTENTS.c.sealed).where(CONTENTS.c.number == 1)).scalar_one())
    on_sqlite.eraser.erase_before(BETWEEN)
    assert len(on_sqlite.search.find(Sought(family_name="Quillfeather"))) == 1
    on_sqlite.database.close()
    assert sealed not in b"".join(path.read_bytes() for path in on_sqlite.directory.glob("ledger.db*"))
    assert old.entry["lookup_id"].encode() not in (on_sqlite.directory / "ledger.db").read_bytes()


def test_a_receipt_still_proves_that_there_was_such_an_entry(kept):
    (entry,) = kept.write(lookup(OLD))
    kept.drain()
    (found,) = kept.search.every(Sought())
    kept.eraser.erase_before(BETWEEN)
    lookup_id = found.entry["lookup_id"]
    assert receipts.is_genuine(found.receipt, lookup_id, entry, kept.keyring)
    assert kept.prover.prove_receipt(lookup_id, found.receipt) is None
    assert kept.prover.prove(lookup_id) is None


def test_the_worker_erases_by_itself(kept):
    kept.write(lookup("2020-03-01T10:00:00.000Z"), lookup(datetime.now(UTC).isoformat()))
    kept.keeper(days=365).look()
    assert [each.number for each in kept.search.every(Sought(kind="lookup"))] == [2]


def test_numbers_are_told_as_runs():
    assert list(ranges_of([])) == []
    assert list(ranges_of([1, 2, 3, 7, 9, 10])) == [(1, 3), (7, 7), (9, 10)]
