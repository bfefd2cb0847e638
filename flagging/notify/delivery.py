"""Delivering what is due: each message is claimed, sent, and settled together with the entry that records it.

At least once: whoever dies between sending and settling sends again, under the same idempotency key. Two workers never
send one message at once, as it is claimed first; the claims of a worker that died on this host are let go at the start
of the next one, those of another host after CLAIM_SECONDS.
"""

import math
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Connection, Row, Select, and_, select, update

from flagging.configuration.notify import NotifyPolicy
from flagging.entries import EntryKind
from flagging.errors import DeliveryFailed
from flagging.ledger.append import Appender
from flagging.ledger.contents import entry_of
from flagging.ledger.database import LedgerDatabase
from flagging.ledger.keys import LedgerKeys, read_keys
from flagging.notify.content import Notification, Recipient, Recipients, carried
from flagging.notify.entry import notification_entry
from flagging.notify.escalation import Escalation
from flagging.notify.outbox import EMAIL, RecipientKind, State, now_in_milliseconds
from flagging.notify.tables import MESSAGES
from flagging.record import Record

CLAIM_SECONDS = 120.0
REGISTER_UNKNOWN = "the register is not known yet"
ENTRY_ERASED = "the entry it is about has been erased"


class Sender(Protocol):
    """One way to deliver."""

    def send(self, notification: Notification) -> None:
        """Deliver one message; raise DeliveryFailed."""

    def rest(self) -> None:
        """Nothing is to be sent for now."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of sending one message: told to `recipient` at a time, or failed."""

    row: Row[Any]
    entry: Mapping[str, Any]
    recipient: Recipient | None
    failed: DeliveryFailed | None
    at: int


@dataclass(slots=True)
class Delivery:
    """Delivers by `senders`, by channel. `records` gives the register by reference, None while it is not known."""

    database: LedgerDatabase
    appender: Appender
    senders: Mapping[str, Sender]
    recipients: Recipients
    policy: NotifyPolicy
    records: Callable[[], Mapping[str, Record] | None]
    holder: str
    now: Callable[[], int] = now_in_milliseconds
    jitter: Callable[[float, float], float] = random.uniform
    _pauses: dict[str, tuple[int, int]] = field(default_factory=dict)
    _unsettled: Attempt | None = None
    _escalation: Escalation = field(init=False)

    def __post_init__(self) -> None:
        self._escalation = Escalation(self.appender, tuple(self.senders), self.policy.escalate_after)

    def let_go(self) -> None:
        """Let go of what a worker of this host had claimed when it died."""
        with self.database.writing() as connection:
            connection.execute(update(MESSAGES).where(MESSAGES.c.claimed_by == self.holder).values(claimed_until=0))

    def run(self, should_stop: Callable[[], bool] = lambda: False, seconds: float = math.inf) -> bool:
        """Deliver what is due for so long; return if there may be more. Raises LedgerUnreachable, losing nothing."""
        until, is_over = time.monotonic() + seconds, False
        while not should_stop() and (self._unsettled or self._is_any_due()):
            is_over = time.monotonic() >= until
            with self.database.writing() as connection:
                keys = read_keys(connection, self.appender.keyring)
                if self._unsettled is not None:
                    self._settle(connection, self._unsettled, keys)
                self._escalation.escalate_overdue(connection, keys, self.now())
                row = None if is_over else self._claim(connection)
                entry = row and entry_of(connection, row.number, keys)
            self._unsettled = None
            if row is None:
                break
            self._unsettled = self._attempt(row, entry or {})
        if not is_over:
            for sender in self.senders.values():
                sender.rest()
        return is_over

    def _attempt(self, row: Row[Any], entry: Mapping[str, Any]) -> Attempt:
        recipient = None
        try:
            recipient = self._recipient(row, entry)
            allowed = self.policy.email if row.channel == EMAIL else self.policy.webhook
            told = carried(entry, self.recipients.directory, allowed)
            self.senders[row.channel].send(Notification(row.key, recipient, told))
        except DeliveryFailed as error:
            return Attempt(row, entry, recipient, error, self.now())
        return Attempt(row, entry, recipient, None, self.now())

    def _recipient(self, row: Row[Any], entry: Mapping[str, Any]) -> Recipient:
        if not entry:
            raise DeliveryFailed(ENTRY_ERASED, is_final=True)
        kind, records = RecipientKind(row.recipient), self.records()
        if records is None and kind is RecipientKind.MANAGER:
            raise DeliveryFailed(REGISTER_UNKNOWN)
        record = (records or {}).get(entry["refs"][0])
        return self.recipients.of(record, kind, by_email=row.channel == EMAIL)

    # -- what is written ---------------------------------------------------------------------------------------------

    def _is_any_due(self) -> bool:
        with self.database.reading() as connection:
            waiting = (self._due(), self._escalation.overdue(self.now()))
            return any(connection.execute(query.limit(1)).first() is not None for query in waiting)

    def _due(self) -> Select[Any]:
        now = self.now()
        open_channels = [name for name in self.senders if self._pauses.get(name, (0, 0))[1] <= now]
        is_due = and_(
            MESSAGES.c.state == State.WAITING,
            MESSAGES.c.due_at <= now,
            MESSAGES.c.claimed_until <= now,
            MESSAGES.c.channel.in_(open_channels),
        )
        return select(MESSAGES).where(is_due).order_by(MESSAGES.c.due_at)

    def _claim(self, connection: Connection) -> Row[Any] | None:
        row = connection.execute(self._due().limit(1)).first()
        if row is not None:
            until = self.now() + round(CLAIM_SECONDS * 1000)
            claim = update(MESSAGES).where(MESSAGES.c.key == row.key)
            connection.execute(claim.values(claimed_by=self.holder, claimed_until=until, attempts=row.attempts + 1))
        return row

    def _settle(self, connection: Connection, attempt: Attempt, keys: LedgerKeys) -> None:
        row, failed = attempt.row, attempt.failed
        values: dict[str, Any] = {"claimed_until": 0, "claimed_by": None}
        if failed is None:
            self._pauses.pop(row.channel, None)
            values |= self._end(connection, attempt, State.TOLD, EntryKind.NOTIFIED) | {"failure": None}
        else:
            values |= {"failure": str(failed), "due_at": self.now() + self._wait(row.attempts + 1)}
            if failed.is_of_channel:
                self._pause(row.channel)
            if failed.is_final or self.now() - row.made_at >= self.policy.give_up_after * 1000:
                if row.recipient == RecipientKind.MANAGER and row.escalated_at is None:
                    self._escalation.escalate(connection, row, keys, self.now())
                values |= self._end(connection, attempt, State.GIVEN_UP, EntryKind.NOTIFICATION_GIVEN_UP)
        connection.execute(update(MESSAGES).where(MESSAGES.c.key == row.key).values(values))

    def _end(self, connection: Connection, attempt: Attempt, state: State, kind: EntryKind) -> dict[str, Any]:
        recipient = attempt.recipient and attempt.recipient.as_dict()
        allowed = self.policy.email if attempt.row.channel == EMAIL else self.policy.webhook
        what = {"recipient": recipient, "fields": allowed, "attempts": attempt.row.attempts + 1}
        reason = None if attempt.failed is None else str(attempt.failed)
        entry = notification_entry(kind, attempt.row, attempt.entry, attempt.at, what | {"reason": reason})
        link = self.appender.append(connection, [entry])
        return {"state": state.value, "settled_at": attempt.at, "settled_number": link.number}

    def _wait(self, attempts: int) -> int:
        """Return how long to wait before the next attempt, in milliseconds: twice as long each time, and scattered."""
        longest = min(self.policy.longest_retry, self.policy.first_retry * 2.0 ** min(attempts - 1, 30))
        return round(1000 * longest * self.jitter(0.5, 1.0))

    def _pause(self, channel: str) -> None:
        """Leave a channel by which nobody can be reached alone for a while: one message tries it, not all of them."""
        failures = self._pauses.get(channel, (0, 0))[0] + 1
        self._pauses[channel] = failures, self.now() + self._wait(failures)
