"""The tables of the ledger, and what keeps them append-only.

`ledger_chain` stays for ever and says nothing about anybody: it holds commitments to entries, each linked to the one
before. `ledger_contents` and `ledger_digests` hold the entries themselves, sealed, and what they are found by; they are
erased when their time is up. Nothing in them is ever changed.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    event,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import DDL

DIGEST_BYTES = 16

# SQLite numbers its rows by INTEGER alone.
_NUMBER = BigInteger().with_variant(sqlite.INTEGER(), "sqlite")

metadata = MetaData()

CHAIN = Table(
    "ledger_chain",
    metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=False),
    Column("commitment", LargeBinary(32), nullable=False, unique=True),
    Column("link", LargeBinary(32), nullable=False),
    Column("key_id", String(64)),
    Column("signature", LargeBinary(64)),
)

CONTENTS = Table(
    "ledger_contents",
    metadata,
    Column("number", _NUMBER, ForeignKey(CHAIN.c.number), primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False, index=True),  # milliseconds since 1970, UTC
    Column("kind", String(64), nullable=False),
    Column("lookup_id", String(64), index=True),
    Column("receipt", Text),
    Column("epoch", Integer, nullable=False),
    Column("entry_key", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

DIGESTS = Table(
    "ledger_digests",
    metadata,
    Column("digest", LargeBinary(DIGEST_BYTES), primary_key=True),
    Column("number", _NUMBER, ForeignKey(CHAIN.c.number), primary_key=True, autoincrement=False),
    Index("ledger_digests_number", "number"),
)

# The ledger's own keys, sealed with the keys of the key file: turning those seals these rows anew, and no entry.
KEYS = Table(
    "ledger_keys",
    metadata,
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("key_id", String(64), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

# How far each segment of a spool has been drained, written in the transaction that drains it.
SEGMENTS = Table(
    "ledger_segments",
    metadata,
    Column("segment", LargeBinary(16), primary_key=True),
    Column("offset", BigInteger, nullable=False),
    Column("entries", BigInteger, nullable=False),
)

# Of which format all the tables above are. A ledger without it was made before there was another, and is of format 1.
LEDGER_FORMAT = 1
FORMATS = Table("ledger_format", metadata, Column("format", Integer, primary_key=True, autoincrement=False))

_NEVER = {CHAIN: ("UPDATE", "DELETE"), CONTENTS: ("UPDATE",), DIGESTS: ("UPDATE",), SEGMENTS: ("DELETE",)}
_SAYS = "the ledger is append-only"


def _keep_sqlite(table: Table, act: str) -> DDL:
    return DDL(  # type: ignore[no-untyped-call]
        f"CREATE TRIGGER IF NOT EXISTS {table.name}_no_{act.lower()} BEFORE {act} ON {table.name} "
        f"BEGIN SELECT RAISE(ABORT, '{_SAYS}'); END"
    )


def _keep_postgresql(table: Table, acts: tuple[str, ...]) -> DDL:
    return DDL(  # type: ignore[no-untyped-call]
        f"CREATE TRIGGER {table.name}_stays BEFORE {' OR '.join((*acts, 'TRUNCATE'))} ON {table.name} "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_stays()"
    )


event.listen(
    metadata,
    "before_create",
    DDL(  # type: ignore[no-untyped-call]
        "CREATE OR REPLACE FUNCTION ledger_stays() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_SAYS}'; END $$"
    ).execute_if(dialect="postgresql"),
)
for _table, _acts in _NEVER.items():
    for _act in _acts:
        event.listen(_table, "after_create", _keep_sqlite(_table, _act).execute_if(dialect="sqlite"))
    event.listen(_table, "after_create", _keep_postgresql(_table, _acts).execute_if(dialect="postgresql"))
