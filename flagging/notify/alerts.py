"""Who is to look again: what GET /v1/alerts and the page of alerts show, to whoever asked and to nobody else.

An alert says which lookup to repeat, not why: the new lookup discloses. It ends when the same caller looks the same
person up again (by client reference or, without one, by what was asked), and with its time.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import select

from flagging.access.caller import Caller
from flagging.entries import EntryKind, begin_entry
from flagging.ledger.contents import entry_of
from flagging.ledger.database import LedgerDatabase
from flagging.ledger.keys import read_keys
from flagging.ledger.terms import caller_term
from flagging.notify.entry import iso
from flagging.notify.tables import ALERTS
from flagging.policy.disclosure import DisclosurePolicy
from flagging.sealing import Keyring
from flagging.spool import Spool
from flagging.terms import Setting

MOST_SHOWN = 200
SAYS = "The register has changed since: look this person up again."


@dataclass(frozen=True, slots=True)
class Alert:
    """One lookup to be repeated; `asked_at` and `alerted_at` are ISO 8601 in UTC."""

    alert_id: str
    lookup_id: str
    asked_at: str
    alerted_at: str
    setting: str
    operator: str | None
    ocu: str | None
    prison: str | None
    client_reference: str | None
    text: str = SAYS

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class AlertBook:
    """The alerts of one ledger."""

    database: LedgerDatabase
    keyring: Keyring
    policy: DisclosurePolicy
    spool: Spool

    def alerts_for(self, caller: Caller) -> list[Alert]:
        """Return the open alerts of a caller, newest first, as far as the caller's role may still ask that.

        That they are shown is recorded first, once. Raises LedgerUnreachable, SpoolUnwritable.
        """
        with self.database.reading() as connection:
            keys = read_keys(connection, self.keyring)
            is_callers = ALERTS.c.caller.in_(keys.digests([caller_term(caller.caller_id)]))
            is_open = (ALERTS.c.closed_at.is_(None), ALERTS.c.is_withheld.is_(False))
            newest = select(ALERTS).where(is_callers, *is_open).order_by(ALERTS.c.made_at.desc()).limit(MOST_SHOWN)
            rows = connection.execute(newest).all()
            found = [(row, entry_of(connection, row.number, keys)) for row in rows]
        alerts = [(row, _alert(row, entry)) for row, entry in found if entry and self._may_ask(caller, entry)]
        news = [alert.alert_id for row, alert in alerts if row.shown_at is None]
        if news:
            self.spool.append(orjson.dumps(_shown(caller, news)))
        return [alert for _, alert in alerts]

    def _may_ask(self, caller: Caller, entry: Mapping[str, Any]) -> bool:
        question = entry["question"]
        permits = self.policy.permits(caller.role, question["purpose"], Setting(question["setting"]))
        return permits and entry.get("role") == caller.role


def _alert(row: Any, entry: Mapping[str, Any]) -> Alert:
    question = entry["question"]
    return Alert(
        alert_id=row.alert_id,
        lookup_id=str(entry.get("lookup_id")),
        asked_at=str(entry.get("at")),
        alerted_at=iso(row.made_at),
        setting=question["setting"],
        operator=question.get("operator"),
        ocu=question.get("ocu"),
        prison=question.get("prison"),
        client_reference=question.get("client_reference"),
    )


def _shown(caller: Caller, alerts: list[str]) -> dict[str, Any]:
    return begin_entry(EntryKind.ALERTS_SHOWN) | {
        "at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "caller": caller.caller_id,
        "operator": None if caller.is_system else caller.name,
        "role": caller.role,
        "alerts": alerts,
    }
