"""The outbox: that somebody is to be told is written in the transaction that puts a lookup into the ledger.

Committed with the entry or not at all, so that no death of the worker loses a message or invents one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select

from flagging.entries import EntryKind
from flagging.ledger.append import Appended
from flagging.ledger.contents import milliseconds
from flagging.ledger.keys import LedgerKeys
from flagging.ledger.terms import ref_term
from flagging.notify.tables import MESSAGES
from flagging.terms import Outcome


class State(StrEnum):
    """How far a message has come."""

    WAITING = "waiting"
    TOLD = "told"
    GIVEN_UP = "given_up"


class RecipientKind(StrEnum):
    """Who a message is for: the offender manager who leads, or the duty desk where nobody could be told."""

    MANAGER = "manager"
    DUTY_DESK = "duty_desk"


EMAIL, WEBHOOK = "email", "webhook"


def now_in_milliseconds() -> int:
    return round(datetime.now(UTC).timestamp() * 1000)


@dataclass(frozen=True, slots=True)
class Outbox:
    """Makes the messages that a lookup calls for, one for each of the `channels` that are set.

    Of the same person, setting and client reference, whoever asks, there is one within `quiet` seconds; without a
    client reference, of the same person, setting and place.
    """

    channels: Sequence[str]
    quiet: float
    now: Callable[[], int] = now_in_milliseconds

    def __call__(self, connection: Connection, appended: Appended) -> None:
        """Write down who is to be told of an entry that has just been put into the ledger."""
        entry = appended.entry
        if not self.channels or entry.get("kind") != EntryKind.LOOKUP or entry.get("outcome") != Outcome.FLAGGED:
            return
        if not entry.get("refs"):
            return
        keys, at = appended.keys, milliseconds(entry.get("at"))
        about = about_term(entry)
        if self._is_told_already(connection, keys.digests([about]), at):
            return
        for channel in self.channels:
            key = message_key(keys, channel, RecipientKind.MANAGER, appended.number)
            row = new_message(key, appended.number, channel, RecipientKind.MANAGER, self.now())
            connection.execute(insert(MESSAGES).values(row | {"about": keys.newest.digest(about), "asked_at": at}))

    def _is_told_already(self, connection: Connection, about: list[bytes], at: int) -> bool:
        quiet = round(self.quiet * 1000)
        same = select(MESSAGES.c.key).where(
            MESSAGES.c.about.in_(about), MESSAGES.c.asked_at > at - quiet, MESSAGES.c.asked_at < at + quiet
        )
        return connection.execute(same.limit(1)).first() is not None


def about_term(entry: Mapping[str, Any]) -> str:
    """Return what two lookups share that call for one message."""
    question: Mapping[str, Any] = entry.get("question") or {}
    reference = "".join(str(question.get("client_reference") or "").split()).casefold()
    at = f"reference:{reference}" if reference else f"place:{question.get('ocu')}:{question.get('prison')}"
    return f"notify:{ref_term(entry['refs'][0])}:{question.get('setting')}:{at}"


def message_key(keys: LedgerKeys, channel: str, recipient: RecipientKind, number: int) -> str:
    """Return the idempotency key: the same for every attempt, and nobody else's."""
    return keys.newest.digest(f"message:{channel}:{recipient}:{number}").hex()


def new_message(key: str, number: int, channel: str, recipient: RecipientKind, now: int) -> dict[str, Any]:
    return {
        "key": key,
        "number": number,
        "channel": channel,
        "recipient": recipient.value,
        "state": State.WAITING.value,
        "made_at": now,
        "due_at": now,
        "attempts": 0,
        "claimed_until": 0,
    }
