"""Reading the ledger is recorded like any lookup: written to the spool before anything is shown."""

from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from flagging.entries import EntryKind, begin_entry
from flagging.ledger.search import Sought
from flagging.spool import Spool


@dataclass(frozen=True, slots=True)
class Reader:
    """Whoever reads the ledger: the account or token, the person where one was named, and the role."""

    caller: str
    operator: str | None
    role: str | None


def record_consultation(kind: EntryKind, reader: Reader, sought: Sought, reason: str | None, spool: Spool) -> None:
    """Record a search or an export, with what is sought; raise SpoolUnwritable when it cannot be, to show nothing."""
    entry = begin_entry(kind) | {
        "at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "caller": reader.caller,
        "operator": reader.operator,
        "role": reader.role,
        "reason": reason,
        "sought": sought.as_dict(),
    }
    spool.append(orjson.dumps(entry))
