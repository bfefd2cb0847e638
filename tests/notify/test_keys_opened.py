"""What follows a lookup into the ledger takes the ledger's keys as they were opened for all of its transaction."""

import pytest
from sqlalchemy import event
from telling import flagged

from flagging.ledger.append import Appender
from flagging.ledger.drain import Drain
from flagging.ledger.tables import KEYS
from flagging.notify.looked import Looked
from flagging.notify.outbox import EMAIL, Outbox

LONG_AGO = 10**6
"""Hours for which lookups are remembered here."""


@pytest.fixture
def readings_of_keys(kept):
    """Return how often the ledger's keys are read while so many lookups are drained."""
    hooks = [Outbox((EMAIL,), quiet=0.0), Looked(LONG_AGO)]
    drain = Drain(kept.spool_dir, kept.database, Appender(kept.keyring, hooks))
    read = []

    @event.listens_for(kept.database._engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, *_):
        if f"FROM {KEYS.name}" in statement.replace("\n", ""):
            read.append(statement)

    def readings_of_keys(lookups: int) -> int:
        kept.write(*(flagged() for _ in range(lookups)))
        read.clear()
        assert drain.run().entries == lookups
        return len(read)

    return readings_of_keys


def test_the_ledgers_keys_are_read_as_often_for_many_lookups_as_for_one(readings_of_keys):
    readings_of_keys(1)  # makes them
    assert readings_of_keys(6) == readings_of_keys(1) > 0
