"""The tables of this room, in the ledger's database. They hold numbers, times, states and keyed digests.

What a message is about stands in the ledger's entry of that number, sealed, and is read there: nothing here names
anybody.
"""

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, String, Table, Text

from flagging.ledger.tables import DIGEST_BYTES, metadata

MESSAGES = Table(
    "notify_messages",
    metadata,
    Column("key", String(32), primary_key=True),  # the idempotency key
    Column("number", BigInteger, nullable=False, index=True),  # of the lookup's entry
    Column("channel", String(16), nullable=False),
    Column("recipient", String(16), nullable=False),
    Column("about", LargeBinary(DIGEST_BYTES), nullable=False, index=True),  # person, setting and client reference
    Column("state", String(16), nullable=False),
    Column("asked_at", BigInteger, nullable=False),  # this and all times: milliseconds since 1970, UTC
    Column("made_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False, index=True),
    Column("attempts", Integer, nullable=False, default=0),
    Column("claimed_by", String(32)),
    Column("claimed_until", BigInteger, nullable=False, default=0),
    Column("escalated_at", BigInteger),
    Column("settled_at", BigInteger),  # told, or given up
    Column("settled_number", BigInteger),  # of the entry that says so
    Column("failure", Text),  # why the last attempt failed; quotes nobody
)

# Lookups that may have to be asked again. `edition` is the one they were last asked of; none: all of the next is to be.
LOOKED = Table(
    "notify_looked",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False, index=True),
    Column("outcome", String(32), nullable=False),
    Column("edition", BigInteger, index=True),
)

# Whoever is to look again. `caller` and `again` are keyed digests: of who asked, and of what a second lookup shares.
ALERTS = Table(
    "notify_alerts",
    metadata,
    Column("alert_id", String(26), primary_key=True),
    Column("number", BigInteger, nullable=False, index=True),
    Column("caller", LargeBinary(DIGEST_BYTES), nullable=False, index=True),
    Column("again", LargeBinary(DIGEST_BYTES), nullable=False, index=True),
    Column("made_at", BigInteger, nullable=False, index=True),
    Column("shown_at", BigInteger),
    Column("closed_at", BigInteger),
    Column("is_withheld", Boolean, nullable=False),
)
