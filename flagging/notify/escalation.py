"""Escalation: where an offender manager could not be told in time, the duty desk of the home OCU is told of it.

The manager is tried on. The desk is told by e-mail where there is a server for it, else by the webhook.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, insert, select, update

from flagging.entries import EntryKind
from flagging.ledger.append import Appender
from flagging.ledger.contents import entry_of
from flagging.ledger.keys import LedgerKeys
from flagging.notify.entry import notification_entry
from flagging.notify.outbox import EMAIL, RecipientKind, State, message_key, new_message
from flagging.notify.tables import MESSAGES

MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Escalation:
    """Escalates what has waited for `after` seconds, by one of `channels`."""

    appender: Appender
    channels: Sequence[str]
    after: float

    def overdue(self, now: int) -> Select[Any]:
        """Return what finds the messages that should have been told by now."""
        is_overdue = and_(
            MESSAGES.c.state == State.WAITING,
            MESSAGES.c.recipient == RecipientKind.MANAGER,
            MESSAGES.c.escalated_at.is_(None),
            MESSAGES.c.made_at <= now - round(self.after * 1000),
        )
        return select(MESSAGES).where(is_overdue).order_by(MESSAGES.c.made_at).limit(MOST_AT_ONCE)

    def escalate_overdue(self, connection: Connection, keys: LedgerKeys, now: int) -> None:
        for row in connection.execute(self.overdue(now)).all():
            self.escalate(connection, row, keys, now)

    def escalate(self, connection: Connection, row: Row[Any], keys: LedgerKeys, now: int) -> None:
        """Let the duty desk be told, once for each lookup, and record that it is."""
        channel = EMAIL if EMAIL in self.channels else next(iter(self.channels), row.channel)
        key = message_key(keys, channel, RecipientKind.DUTY_DESK, row.number)
        if connection.execute(select(MESSAGES.c.key).where(MESSAGES.c.key == key)).first() is None:
            fresh = new_message(key, row.number, channel, RecipientKind.DUTY_DESK, now)
            connection.execute(insert(MESSAGES).values(fresh | {"about": row.about, "asked_at": row.asked_at}))
            entry = entry_of(connection, row.number, keys) or {}
            told = {"reason": row.failure or "not told in time", "escalated_as": key}
            said = notification_entry(EntryKind.NOTIFICATION_ESCALATED, row, entry, now, told)
            self.appender.append(connection, [said])
        connection.execute(update(MESSAGES).where(MESSAGES.c.key == row.key).values(escalated_at=now))
