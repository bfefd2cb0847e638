"""One host's spool and ledger, and entries as lookups write them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import text
from ulid import ULID

from flagging.entries import EntryKind, begin_entry
from flagging.ledger.append import Appender, last_link
from flagging.ledger.chain import Link
from flagging.ledger.database import LedgerDatabase
from flagging.ledger.drain import Drain, Drained
from flagging.ledger.erasure import Eraser
from flagging.ledger.head import Draining, HeadWitness
from flagging.ledger.keeper import Keeper
from flagging.ledger.proof import Prover
from flagging.ledger.search import LedgerSearch, Sought
from flagging.ledger.verify import Verification, verify_ledger
from flagging.sealing import Keyring
from flagging.spool import Spool

PERSON = {"family_name": "Quillfeather", "given_names": "Jasper Odo", "date_of_birth": "1983-02-11"}


def lookup(at: str = "2026-03-02T09:00:00.000Z", person: dict[str, Any] = PERSON, **changes: Any) -> dict[str, Any]:
    """Return an entry of a lookup."""
    question = {"setting": "arrest", "purpose": "custody_booking_in", "operator": "4711", "person": person}
    return (
        begin_entry(EntryKind.LOOKUP)
        | {"lookup_id": str(ULID()), "at": at, "caller": "c-1", "role": "custody", "question": question}
        | {"outcome": "not_on_register", "refs": [], "fields": [], "handles": {}, "answer": "00"}
        | changes
    )


@dataclass
class Kept:
    directory: Path
    keyring: Keyring
    database: LedgerDatabase
    spools: list[Spool] = field(default_factory=list)

    @property
    def spool_dir(self) -> Path:
        return self.directory / "spool"

    @property
    def appender(self) -> Appender:
        return Appender(self.keyring)

    @property
    def witness(self) -> HeadWitness:
        return HeadWitness(self.directory, self.keyring)

    def draining(self) -> Draining:
        return self.witness.here()[1]

    @property
    def search(self) -> LedgerSearch:
        return LedgerSearch(self.database, self.keyring)

    @property
    def prover(self) -> Prover:
        return Prover(self.database, self.keyring, self.spool_dir)

    @property
    def eraser(self) -> Eraser:
        return Eraser(self.database, self.appender)

    def keeper(self, days: int = 730) -> Keeper:
        return Keeper(self.database, self.drainer(), self.witness, self.eraser, days)

    def drainer(self) -> Drain:
        return Drain(self.spool_dir, self.database, self.appender)

    def new_spool(self, **options: Any) -> Spool:
        spool = Spool(self.spool_dir, self.keyring, **options)
        self.spools.append(spool)
        return spool

    def write(self, *entries: dict[str, Any]) -> list[bytes]:
        """Write entries as a process that then ends."""
        spool = self.new_spool()
        written = [orjson.dumps(entry) for entry in entries]
        for entry in written:
            spool.append(entry)
        spool.close()
        return written

    def drain(self) -> Drained:
        return self.drainer().run()

    def record(self, *entries: dict[str, Any]) -> list[dict[str, Any]]:
        """Write entries and bring them into the ledger."""
        self.write(*entries)
        assert self.drain().trouble is None
        return list(entries)

    def verify(self) -> Verification:
        with self.database.reading() as connection:
            return verify_ledger(connection, self.keyring, self.witness.known())

    def entries(self) -> list[bytes]:
        """Return what the ledger holds, in the order of the chain."""
        return [orjson.dumps(found.entry) for found in self.search.every(Sought())]

    def tamper(self, *statements: str, **values: Any) -> None:
        """Do to the database what its triggers forbid, as somebody who owns it can."""
        with self.database.writing() as connection:
            if connection.dialect.name == "sqlite":
                named = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
                for name, _ in named:
                    connection.execute(text(f"DROP TRIGGER {name}"))
                connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
            else:
                connection.execute(text("SET session_replication_role = replica"))
            for statement in statements:
                connection.execute(text(statement), values)
            if connection.dialect.name == "sqlite":
                for _, sql in named:
                    connection.execute(text(sql))
            else:
                connection.execute(text("SET session_replication_role = origin"))

    def head(self) -> Link:
        with self.database.reading() as connection:
            return last_link(connection)

    def close(self) -> None:
        for spool in self.spools:
            spool.close()
        self.database.close()


def now() -> datetime:
    return datetime.now(UTC)
