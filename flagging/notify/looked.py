"""Lookups whose answer may change: remembered together with their entry, and forgotten after a set time.

The question itself stays in the ledger, sealed; here stand its number and what it came to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, update

from flagging.entries import EntryKind
from flagging.ledger.append import Appended
from flagging.ledger.contents import milliseconds
from flagging.ledger.database import LedgerDatabase
from flagging.ledger.terms import caller_term
from flagging.notify.outbox import now_in_milliseconds
from flagging.notify.tables import ALERTS, LOOKED
from flagging.terms import Outcome

HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class Looked:
    """Remembers lookups of the last `hours`, and ends the alerts of whoever has looked again."""

    hours: int

    def __call__(self, connection: Connection, appended: Appended) -> None:
        """Remember an entry that has just been put into the ledger, if it is a lookup."""
        entry = appended.entry
        if entry.get("kind") == EntryKind.ALERTS_SHOWN:
            _note_shown(connection, entry)
        at = milliseconds(entry.get("at"))
        if entry.get("kind") != EntryKind.LOOKUP or at < now_in_milliseconds() - self.hours * HOUR:
            return
        again = appended.keys.digests([again_term(entry)])
        is_same = (ALERTS.c.again.in_(again), ALERTS.c.closed_at.is_(None), ALERTS.c.made_at < at)
        connection.execute(update(ALERTS).where(*is_same).values(closed_at=at))
        outcome, register = entry.get("outcome"), entry.get("register") or {}
        is_unanswered = outcome == Outcome.CANNOT_CONFIRM
        row = {"number": appended.number, "at": at, "outcome": outcome}
        connection.execute(insert(LOOKED).values(row | {"edition": None if is_unanswered else register.get("edition")}))


def forget_looked(database: LedgerDatabase, hours: int) -> None:
    """Forget lookups, and alerts, of longer ago."""
    before = now_in_milliseconds() - hours * HOUR
    with database.writing() as connection:
        connection.execute(delete(LOOKED).where(LOOKED.c.at < before))
        connection.execute(delete(ALERTS).where(ALERTS.c.made_at < before))


def again_term(entry: Mapping[str, Any]) -> str:
    """Return what a lookup shares with one by which the same caller looks again."""
    question: Mapping[str, Any] = entry.get("question") or {}
    reference = "".join(str(question.get("client_reference") or "").split()).casefold()
    person: Mapping[str, Any] = question.get("person") or {}
    said = reference or "|".join(f"{name}={person[name]}".casefold() for name in sorted(person) if person[name])
    return f"again:{caller_term(str(entry.get('caller')))}:{question.get('setting')}:{said}"


def _note_shown(connection: Connection, entry: Mapping[str, Any]) -> None:
    is_new = (ALERTS.c.alert_id.in_(entry.get("alerts") or []), ALERTS.c.shown_at.is_(None))
    connection.execute(update(ALERTS).where(*is_new).values(shown_at=milliseconds(entry.get("at"))))
