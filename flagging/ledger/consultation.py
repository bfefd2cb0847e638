"""Reading the ledger is recorded like any lookup: written to the spool before anything is shown.

What is refused is no reading: a ledger that cannot be opened is not on record as searched or exported.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from flagging.entries import EntryKind, begin_entry
from flagging.ledger.search import LedgerSearch, OpenedLedger, Sought
from flagging.spool import Spool


@dataclass(frozen=True, slots=True)
class Reader:
    """Whoever reads the ledger: the account or token, the person where one was named, and the role."""

    caller: str
    operator: str | None
    role: str | None


@dataclass(frozen=True, slots=True)
class Consultation:
    """What is recorded of somebody who reads the ledger: a search or an export, by whom, for what and why."""

    kind: EntryKind
    reader: Reader
    sought: Sought
    reason: str | None

    @contextmanager
    def opened(self, ledger: LedgerSearch, spool: Spool) -> Iterator[OpenedLedger]:
        """Open the ledger, record that it is read, and hold it open. An export is read at length.

        Raises SpoolUnwritable, so that nothing is shown, and what `LedgerSearch.opened` does.
        """
        with ledger.opened(self.sought, at_length=self.kind is EntryKind.LEDGER_EXPORTED) as opened:
            self.record(spool)
            yield opened

    def record(self, spool: Spool) -> None:
        """Record a ledger that is open, before anything of it is read; raise SpoolUnwritable where that cannot be."""
        entry = begin_entry(self.kind) | {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "caller": self.reader.caller,
            "operator": self.reader.operator,
            "role": self.reader.role,
            "reason": self.reason,
            "sought": self.sought.as_dict(),
        }
        spool.append(orjson.dumps(entry))
