"""One entry as the ledger keeps it: taken apart for finding, sealed for reading, and put together again.

What is sealed is the entry, byte for byte as its receipt commits to it, and the digests it is found by.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgpack
import orjson
import structlog
from sqlalchemy import Connection, select

from flagging.entries import EntryKind
from flagging.errors import LedgerBroken
from flagging.ledger.keys import LedgerKeys, SealedContent
from flagging.ledger.tables import CONTENTS
from flagging.ledger.terms import terms_of

UNKNOWN = "unknown"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Content:
    """An entry's bytes, what they say, and the digests it is found by."""

    raw: bytes
    digests: tuple[bytes, ...]

    @property
    def entry(self) -> dict[str, Any]:
        return read_entry(self.raw)


@dataclass(frozen=True, slots=True)
class Indexed:
    """What of an entry stands readable in the ledger: `at` in milliseconds since 1970, UTC."""

    at: int
    kind: str
    lookup_id: str | None


def read_entry(raw: bytes) -> dict[str, Any]:
    """Return what an entry says; nothing if it is not one of ours."""
    try:
        entry = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return {}
    return entry if isinstance(entry, dict) else {}


def indexed(entry: Mapping[str, Any]) -> Indexed:
    """Return what an entry is sorted and found by, besides digests."""
    lookup_id = entry.get("lookup_id") if entry.get("kind") == EntryKind.LOOKUP else None
    return Indexed(milliseconds(entry.get("at")), str(entry.get("kind", UNKNOWN))[:64], lookup_id and str(lookup_id))


def milliseconds(at: Any) -> int:
    """Return an ISO 8601 time as milliseconds since 1970; 0 for what is none."""
    try:
        moment = datetime.fromisoformat(str(at))
    except ValueError:
        return 0
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def seal_content(raw: bytes, entry: Mapping[str, Any], number: int, keys: LedgerKeys) -> tuple[SealedContent, Content]:
    try:
        terms = terms_of(entry)
    except Exception:  # an entry that cannot be taken apart is kept all the same
        log.exception("ledger_entry_not_indexed", number=number)
        terms = set()
    digests = tuple(sorted(map(keys.newest.digest, terms)))
    content = Content(raw, digests)
    return keys.seal(msgpack.packb([raw, b"".join(digests)]), number), content


def open_content(sealed: SealedContent, number: int, keys: LedgerKeys) -> Content:
    """Return an entry's content; raise LedgerBroken if it is not as it was sealed."""
    try:
        raw, joined = msgpack.unpackb(keys.open(sealed, number))
        return Content(raw, tuple(joined[place : place + 16] for place in range(0, len(joined), 16)))
    except (ValueError, TypeError):
        raise LedgerBroken("its content is malformed") from None


def entries_of(connection: Connection, numbers: Sequence[int], keys: LedgerKeys) -> dict[int, dict[str, Any]]:
    """Return what entries say, by number, without those whose content was erased or does not open any more.

    One that does not open is told in the log; it is for the verification of the ledger to raise the alarm.
    """
    found = {}
    for row in connection.execute(select(CONTENTS).where(CONTENTS.c.number.in_(numbers))):
        try:
            content = open_content(SealedContent(row.epoch, row.entry_key, row.sealed), row.number, keys)
        except LedgerBroken as error:
            log.error("ledger_entry_does_not_open", number=row.number, reason=str(error))  # noqa: TRY400
            continue
        found[row.number] = content.entry
    return found


def entry_of(connection: Connection, number: int, keys: LedgerKeys) -> dict[str, Any] | None:
    """Return what entry `number` says; None where its content was erased. Raises LedgerBroken as `open_content`."""
    row = connection.execute(select(CONTENTS).where(CONTENTS.c.number == number)).one_or_none()
    return (
        None if row is None else open_content(SealedContent(row.epoch, row.entry_key, row.sealed), number, keys).entry
    )
