"""Erasing what is too old: the content and key of an entry go, its place in the chain stays.

What was erased is an entry itself, written in the same transaction: a content that is missing without one was removed
by somebody else. Such entries name nobody and are kept for good.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
import structlog
from sqlalchemy import and_, delete, select

from flagging.entries import EntryKind, begin_entry
from flagging.ledger.append import Appender
from flagging.ledger.database import LedgerDatabase
from flagging.ledger.tables import CONTENTS, DIGESTS

MOST_AT_ONCE = 1000

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Eraser:
    """Erases contents by age."""

    database: LedgerDatabase
    appender: Appender

    def erase_before(self, moment: datetime, should_stop: Callable[[], bool] = lambda: False) -> int:
        """Erase the contents of all entries from before a moment, or until told to stop; return how many."""
        erased = 0
        while not should_stop() and (number := self._erase_some(moment)):
            erased += number
        if erased:
            self.database.forget_erased()
            log.info("ledger_erased", entries=erased)
        return erased

    def _erase_some(self, moment: datetime) -> int:
        is_due = and_(CONTENTS.c.at < round(moment.timestamp() * 1000), CONTENTS.c.kind != EntryKind.LEDGER_ERASED)
        due = select(CONTENTS.c.number).where(is_due).order_by(CONTENTS.c.number).limit(MOST_AT_ONCE)
        with self.database.writing() as connection:
            numbers = list(connection.scalars(due))
            if numbers:
                for table in (DIGESTS, CONTENTS):
                    connection.execute(delete(table).where(table.c.number.in_(numbers)))
                self.appender.append(connection, [_entry(numbers, moment)])
        return len(numbers)


def ranges_of(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield numbers, in order, as the first and last of each run."""
    first = last = None
    for number in numbers:
        if last is not None and number == last + 1:
            last = number
            continue
        if first is not None and last is not None:
            yield first, last
        first = last = number
    if first is not None and last is not None:
        yield first, last


def _entry(numbers: list[int], moment: datetime) -> bytes:
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return orjson.dumps(
        begin_entry(EntryKind.LEDGER_ERASED)
        | {
            "at": at,
            "caller": "worker",
            "reason": "kept for as long as entries are",
            "before": moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "entries": list(ranges_of(numbers)),
        }
    )
