"""How syncs ended: a note of the last one, and the reports of the last few that had news, sealed in Redis.

- `flagging:synced` sealed note of the last sync, which every server process reads
- `flagging:reports` sealed reports, newest first, for administrators

What stands in the note is the business of `sync.note`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from redis import Redis

from flagging.documents import SealedDocuments, bytes_of
from flagging.errors import SealBroken
from flagging.register.kept_report import Report
from flagging.register.transactions import Pipe, Write, redis_errors, write_if_still_so

LAST_SYNC, REPORTS = "flagging:synced", "flagging:reports"


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a sync: the note, and how the kept reports change by it; either is left alone where None."""

    note: dict[str, Any] | None = None
    revise: Callable[[list[Report]], list[Report]] | None = None


class SyncLog:
    """The part of Redis in which workers say how syncs ended."""

    def __init__(self, client: Redis, documents: SealedDocuments) -> None:
        self._client = client
        self._documents = documents

    def reports(self) -> list[Report]:
        """Return the kept reports, newest first; none where what stands there does not open."""
        with redis_errors():
            return self._read(self._client)

    def tell(self, told: Told, watched: Sequence[str], confirm: Callable[[Pipe], None]) -> None:
        """Say how a sync ended, if `confirm` finds that what it was about is still so: see `write_if_still_so`."""

        def look(pipe: Pipe) -> Write:
            confirm(pipe)
            return self.prepare(pipe, told)

        write_if_still_so(self._client, (*watched, REPORTS), look)

    def prepare(self, pipe: Pipe, told: Told) -> Write:
        """Return what writes note and reports, to be carried out together with what they tell of."""
        reports = told.revise(self._read(pipe)) if told.revise else None

        def write(pipe: Pipe) -> None:
            if told.note is not None:
                pipe.set(LAST_SYNC, self._documents.sealed(LAST_SYNC, told.note))
            if reports is not None:
                pipe.set(REPORTS, self._documents.sealed(REPORTS, {"reports": reports}))

        return write

    def _read(self, client: Redis | Pipe) -> list[Report]:
        (sealed,) = client.mget(REPORTS)  # unlike GET, it takes what is no text for nothing
        if sealed is None:
            return []
        try:
            return list(self._documents.opened(REPORTS, bytes_of(sealed)).get("reports", ()))
        except SealBroken:
            return []
