"""What the ledger records of a notification: to whom what was told of whom, when, or why it was not."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Row

from flagging.entries import EntryKind, begin_entry

WORKER = "worker"


def notification_entry(
    kind: EntryKind, row: Row[Any], entry: Mapping[str, Any], at: int, told: dict[str, Any]
) -> bytes:
    """Return the entry; `entry` is that of the lookup, `told` what is to be said besides, `at` in milliseconds."""
    question = entry.get("question") or {}
    return orjson.dumps(
        begin_entry(kind)
        | {
            "at": iso(at),
            "caller": WORKER,
            "key": row.key,
            "channel": row.channel,
            "lookup_id": entry.get("lookup_id"),
            "lookup_number": row.number,
            "asked_at": entry.get("at"),
            "setting": question.get("setting"),
            "refs": list(entry.get("refs") or ())[:1],
        }
        | told
    )


def iso(milliseconds: int) -> str:
    """Write milliseconds since 1970 as ISO 8601 in UTC."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
