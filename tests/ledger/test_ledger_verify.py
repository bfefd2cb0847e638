"""Whatever is done to the ledger behind its back shows, and verifying says where."""

import pytest
from kept import lookup
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from flagging.errors import LedgerUnreachable
from flagging.ledger import drain as drain_module
from flagging.ledger.head import HEAD_FILE, HeadWitness
from flagging.ledger.verify import verify_ledger


@pytest.fixture
def six(kept, monkeypatch):
    """A ledger of six entries in two batches, its end seen by a witness."""
    monkeypatch.setattr(drain_module, "MOST_ENTRIES", 3)
    kept.write(*(lookup() for _ in range(6)))
    kept.keeper(days=10**5).look()
    assert kept.verify().is_sound
    return kept


CHANGES = {
    "a link altered": (["UPDATE ledger_chain SET link = :junk WHERE number = 2"], "entry 2: does not follow"),
    "a commitment altered": (["UPDATE ledger_chain SET commitment = :junk WHERE number = 2"], "entry 2: does not follow"),
    "an entry removed": (
        [
            "DELETE FROM ledger_digests WHERE number = 4",
            "DELETE FROM ledger_contents WHERE number = 4",
            "DELETE FROM ledger_chain WHERE number = 4",
        ],
        "entry 4: removed from the chain",
    ),
    "two entries swapped": (
        [
            "UPDATE ledger_chain SET number = -1 WHERE number = 2",
            "UPDATE ledger_chain SET number = 2 WHERE number = 4",
            "UPDATE ledger_chain SET number = 4 WHERE number = -1",
        ],
        "entry 2: does not follow",
    ),
    "the end cut off within a batch": (
        [f"DELETE FROM ledger_{table} WHERE number > 4" for table in ("digests", "contents", "chain")],
        "entry 4: the chain ends here without a signature",
    ),
    "the end cut off at the end of a batch": (
        [f"DELETE FROM ledger_{table} WHERE number > 3" for table in ("digests", "contents", "chain")],
        "by what this host has kept, the ledger ends before entry 6",
    ),
    "all of it removed": (
        [f"DELETE FROM ledger_{table}" for table in ("digests", "contents", "chain")],
        "the ledger is empty",
    ),
    "a content removed": (
        ["DELETE FROM ledger_digests WHERE number = 2", "DELETE FROM ledger_contents WHERE number = 2"],
        "entry 2: the content was removed, and no entry says that it was erased",
    ),
    "a content altered": (["UPDATE ledger_contents SET sealed = :junk WHERE number = 2"], "entry 2: its content does not open"),
    "a content in another's place": (
        [
            "UPDATE ledger_contents SET sealed = (SELECT sealed FROM ledger_contents WHERE number = 3) WHERE number = 2",
        ],
        "entry 2: its content does not open",
    ),
    "a time altered": (["UPDATE ledger_contents SET at = 0 WHERE number = 5"], "entry 5: time, kind or id"),
    "an id altered": (["UPDATE ledger_contents SET lookup_id = 'x' WHERE number = 5"], "entry 5: time, kind or id"),
    "a receipt altered": (["UPDATE ledger_contents SET receipt = 'r1.a.b.c' WHERE number = 5"], "entry 5: its receipt"),
    "a digest removed": (
        ["DELETE FROM ledger_digests WHERE number = 3 AND digest = (SELECT digest FROM ledger_digests WHERE number = 3 LIMIT 1)"],
        "entry 3: what it is found by was altered",
    ),
    "a signature altered": (["UPDATE ledger_chain SET signature = :junk WHERE number = 3"], "entry 3: its signature"),
    "a signature removed": (
        ["UPDATE ledger_chain SET signature = NULL, key_id = NULL WHERE number = 3"],
        "entry 3: does not follow",
    ),
    "the beginning altered": (
        ["UPDATE ledger_chain SET commitment = :junk WHERE number = 0"],
        "the beginning of the chain: does not follow",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("statements", "said"), CHANGES.values(), ids=CHANGES)
def test_what_was_done_is_found_and_said_where(statements, said, six):
    six.tamper(*statements, junk=b"\1" * 32) if ":junk" in str(statements) else six.tamper(*statements)
    found = six.verify()
    assert not found.is_sound
    assert any(fault.startswith(said) for fault in found.faults), found.faults


def test_a_single_change_is_told_where_it_is_and_nowhere_else(six):
    six.tamper("UPDATE ledger_contents SET at = 0 WHERE number = 5")
    assert len(six.verify().faults) == 1


def test_a_chain_written_anew_by_somebody_without_the_keys_is_found(six, other_keyring):
    ours = six.keyring
    six.tamper(*(f"DELETE FROM ledger_{table}" for table in ("digests", "contents", "chain", "keys")))
    six.keyring = other_keyring
    six.record(*(lookup() for _ in range(6)))
    with six.database.reading() as connection:
        faults = verify_ledger(connection, other_keyring, {}).faults
    assert faults == []
    six.keyring = ours
    assert any("is not the ledger whose entry 6 was seen" in fault for fault in faults_with(six))


def faults_with(kept):
    with kept.database.reading() as connection:
        return [f"the ledger {seen.missed_by(connection)}" for seen in kept.witness.known().values()]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_chain SET commitment = link",
        "DELETE FROM ledger_chain WHERE number = 1",
        "UPDATE ledger_contents SET at = 0",
        "UPDATE ledger_digests SET number = 1",
        "DELETE FROM ledger_segments",
    ],
)
def test_the_database_itself_refuses_to_change_what_was_written(statement, six):
    with pytest.raises(LedgerUnreachable), six.database.writing() as connection:
        connection.execute(text(statement))
    assert six.verify().is_sound


def test_no_personal_value_stands_readable_in_the_database(on_sqlite):
    on_sqlite.record(lookup(client_reference="F1/0007/26"))
    on_sqlite.database.close()
    content = b"".join(path.read_bytes() for path in on_sqlite.directory.glob("ledger.db*"))
    assert b"custody_booking_in" not in content
    for value in (b"uillfeather", b"Jasper", b"1983", b"4711", b"F1/0007", b"c-1"):
        assert value not in content


def test_the_file_is_its_owners_alone(on_sqlite):
    on_sqlite.record(lookup())
    for path in on_sqlite.directory.glob("ledger.*"):
        assert path.stat().st_mode & 0o077 == 0


def test_an_error_of_the_database_quotes_nothing(on_sqlite):
    on_sqlite.record(lookup())
    with pytest.raises(LedgerUnreachable) as raised, on_sqlite.database.writing() as connection:
        connection.execute(text("INSERT INTO ledger_chain VALUES ('Quillfeather', 1, 2, 3, 4)"))
    assert "Quillfeather" not in str(raised.value)
    assert not isinstance(raised.value.__cause__, SQLAlchemyError)


# -- the end, as witnesses keep it -----------------------------------------------------------------------------------


def test_a_witness_is_not_set_back_by_a_ledger_that_was_put_back(six):
    seen = six.witness.known()
    six.tamper(*(f"DELETE FROM ledger_{table} WHERE number > 3" for table in ("digests", "contents", "chain")))
    six.write(lookup())
    six.keeper(days=10**5).look()
    assert six.witness.known() == seen
    assert "has another entry 6" in six.draining().trouble or "ends before entry 6" in six.draining().trouble
    assert not six.verify().is_sound


def test_redis_keeps_the_end_too(on_sqlite, redis_client):
    on_sqlite.write(lookup(), lookup())
    keeper = on_sqlite.keeper(days=10**5)
    keeper.witness = HeadWitness(on_sqlite.directory, on_sqlite.keyring, redis_client)
    keeper.look()
    older = (on_sqlite.directory / HEAD_FILE).read_bytes()
    on_sqlite.write(lookup())
    keeper.look()
    (on_sqlite.directory / HEAD_FILE).write_bytes(older)
    known = keeper.witness.known()
    assert {where: seen.number for where, seen in known.items()} == {"this host": 2, "Redis": 3}
