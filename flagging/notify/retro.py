"""Retro-alerts: earlier lookups asked again of what an edition adds or changes.

Somebody added at 14:00 and booked in at 13:55 is not missed, nor one who was asked about while the register was down.
Whoever asked is told to look again, and that alone; so are those to whom somebody was told as a PPO who is none now.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog
from sqlalchemy import Connection, Row, insert, or_, select, update
from ulid import ULID

from flagging.entries import EntryKind, begin_entry
from flagging.errors import QuestionInvalid
from flagging.ledger.append import Appender
from flagging.ledger.contents import entries_of
from flagging.ledger.database import LedgerDatabase
from flagging.ledger.keys import LedgerKeys, read_keys
from flagging.ledger.terms import caller_term
from flagging.lookup.finding import Finder
from flagging.lookup.question import AskedAlias, AskedPerson, canonicalise
from flagging.notify.editions import Editions
from flagging.notify.entry import WORKER, iso
from flagging.notify.looked import again_term
from flagging.notify.outbox import now_in_milliseconds
from flagging.notify.tables import ALERTS, LOOKED
from flagging.register.edition import Edition
from flagging.register.freshness import Freshness
from flagging.register.held import Held
from flagging.terms import Outcome, Status

AT_ONCE = 500
_CURRENT = Freshness(0.0, "current", is_refused=False)
_RANKS = {Outcome.FLAGGED: 3, Outcome.POSSIBLE_MATCH: 2, Outcome.FORMER: 1}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Changed:
    """A lookup that is answered otherwise now, with its entry."""

    row: Row[Any]
    entry: Mapping[str, Any]
    outcome: Outcome


@dataclass(slots=True)
class Retro:
    """Asks again. `may_ask` tells whether a caller (id and role) may still look somebody up."""

    database: LedgerDatabase
    appender: Appender
    editions: Editions
    finder: Finder
    may_ask: Callable[[str, str], bool]

    def run(self, should_stop: Callable[[], bool] = lambda: False, seconds: float = math.inf) -> bool:
        """Ask lookups again that have not been asked of the current edition, the newest first, for so long.

        Return whether there may be more of them.
        """
        until, number = time.monotonic() + seconds, self.editions.current()
        while number is not None and not should_stop():
            if not self._ask_some(number):
                return False
            if time.monotonic() >= until:
                return True
        return False

    def _ask_some(self, number: int) -> bool:
        """Ask some lookups of edition `number`; tell whether there were any."""
        with self.database.reading() as connection:
            waiting = or_(LOOKED.c.edition.is_(None), LOOKED.c.edition != number)
            newest = select(LOOKED).where(waiting).order_by(LOOKED.c.number.desc()).limit(AT_ONCE)
            rows = connection.execute(newest).all()
            asked = [row.number for row in rows]
            entries = entries_of(connection, asked, read_keys(connection, self.appender.keyring)) if rows else {}
        if not rows:
            return False
        changed = self._ask_again(rows, entries)
        with self.database.writing() as connection:
            connection.execute(update(LOOKED).where(LOOKED.c.number.in_(asked)).values(edition=number))
            for each in changed:
                self._alert(connection, each, number)
        return True

    def _ask_again(self, rows: Sequence[Row[Any]], entries: Mapping[int, Mapping[str, Any]]) -> list[Changed]:
        since: dict[int | None, Edition | None] = {}
        found = []
        for row in rows:
            entry = entries.get(row.number)
            if not entry:
                continue
            if row.edition not in since:
                since[row.edition] = self.editions.changed_since(row.edition)
            try:
                outcome = self._now(row, entry, since[row.edition])
            except QuestionInvalid:  # it could be asked then, and a date has gone by since
                continue
            if outcome is not None:
                found.append(Changed(row, entry, outcome))
        return found

    def _now(self, row: Row[Any], entry: Mapping[str, Any], changed: Edition | None) -> Outcome | None:
        """Return what a lookup would be answered now, if whoever asked has to know; None if not."""
        if row.outcome == Outcome.FLAGGED:
            if self._is_flagged(entry):
                return None
            outcome = self._find(entry, self.editions.whole())
            return None if outcome is Outcome.FLAGGED else outcome
        if changed is None:
            return None
        before = _RANKS.get(row.outcome, 0)
        if _RANKS.get(self._find(entry, changed), 0) <= before:
            return None
        # The few records that changed make a name rarer than it is: what counts is what the whole register says.
        outcome = self._find(entry, self.editions.whole())
        return outcome if _RANKS.get(outcome, 0) > before else None

    def _find(self, entry: Mapping[str, Any], edition: Edition) -> Outcome:
        at = datetime.fromisoformat(entry["at"]).astimezone(UTC).date()
        sought = canonicalise(_person(entry["question"]["person"]), at)
        return self.finder.find(sought.identity, Held(edition=edition), _CURRENT, lambda: False).outcome

    def _is_flagged(self, entry: Mapping[str, Any]) -> bool:
        record = self.editions.records().get(next(iter(entry.get("refs") or ()), ""))
        return record is not None and record.status is Status.ACTIVE and record.scheme in self.finder.flag_schemes

    def _alert(self, connection: Connection, changed: Changed, edition: int) -> None:
        row, entry = changed.row, changed.entry
        keys: LedgerKeys = read_keys(connection, self.appender.keyring)
        caller, question = str(entry.get("caller")), entry["question"]
        is_withheld = not self.may_ask(caller, str(entry.get("role")))
        now, alert_id = now_in_milliseconds(), str(ULID())
        values = {
            "alert_id": alert_id,
            "number": row.number,
            "caller": keys.newest.digest(caller_term(caller)),
            "again": keys.newest.digest(again_term(entry)),
            "made_at": now,
            "is_withheld": is_withheld,
        }
        connection.execute(insert(ALERTS).values(values))
        connection.execute(update(LOOKED).where(LOOKED.c.number == row.number).values(outcome=changed.outcome.value))
        said = begin_entry(EntryKind.ALERTED) | {
            "at": iso(now),
            "caller": WORKER,
            "alert": alert_id,
            "lookup_id": entry.get("lookup_id"),
            "lookup_number": row.number,
            "edition": edition,
            "alerted": caller,
            "operator": question.get("operator"),
            "was": row.outcome,
            "now": changed.outcome.value,
            "reason": "whoever asked may not ask any more" if is_withheld else "to look again",
        }
        self.appender.append(connection, [orjson.dumps(said)])
        log.info("alerted", edition=edition, withheld=is_withheld)


def _person(said: Mapping[str, Any]) -> AskedPerson:
    aliases = tuple(AskedAlias(**alias) for alias in said.get("aliases") or ())
    return AskedPerson(**{**said, "aliases": aliases})
