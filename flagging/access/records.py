"""What the ledger is told about access: who signed in and out, and what was refused to whom. Never more than fits.

Anybody can be refused, as often as they like, so refusals are limited: each process records so many a minute one by
one, and of the rest, once the minute is over, how many there were of each kind. A flood fills no disk. Names typed at
the sign-in page may be anything, a password included: they are kept only where an account of that name exists.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import orjson
import structlog

from flagging import metrics
from flagging.access.caller import Caller
from flagging.entries import EntryKind, begin_entry
from flagging.errors import SpoolUnwritable
from flagging.spool import Spool

MOST_A_MINUTE: Final = 120
MINUTE: Final = 60.0

log = structlog.get_logger(__name__)


class AccessRecords:
    """Writes entries of access into the spool. Never raises: refusing or signing out does not fail for want of disk."""

    def __init__(self, spool: Spool, clock: Callable[[], float] = time.monotonic) -> None:
        self._spool = spool
        self._clock = clock
        self._lock = threading.Lock()
        self._began_at = clock()
        self._written = 0
        self._left_out: Counter[tuple[EntryKind, str]] = Counter()

    def signed_in(self, caller: Caller, address: str) -> bool:
        """Record a sign-in; tell whether it was recorded. Nobody may be signed in who is not on record."""
        return self._write(EntryKind.SIGNED_IN, _who(caller) | {"address": address})

    def signed_out(self, caller: Caller, address: str, *, everywhere: bool) -> None:
        self._write(EntryKind.SIGNED_OUT, _who(caller) | {"address": address, "everywhere": everywhere})

    def sign_in_refused(self, reason: str, address: str, username: str | None = None) -> None:
        self._refused(EntryKind.SIGN_IN_REFUSED, reason, {"address": address, "username": username})

    def request_refused(self, reason: str, endpoint: str, address: str, caller: Caller | None = None) -> None:
        """Record a request that was refused for who asked, not for how: unauthenticated, forbidden, too many."""
        who = {} if caller is None else _who(caller)
        self._refused(EntryKind.REQUEST_REFUSED, reason, who | {"endpoint": endpoint, "address": address})

    def settle(self) -> None:
        """Record how many were left out, if their minute is over: called now and then, whether or not anybody asks."""
        with self._lock:
            left_out = self._begin_minute() if self._clock() - self._began_at >= MINUTE else Counter()
        for (kind, reason), number in left_out.items():
            self._write(kind, {"reason": reason, "count": number})

    def _refused(self, kind: EntryKind, reason: str, what: dict[str, Any]) -> None:
        self.settle()
        with self._lock:
            self._written += 1
            is_too_many = self._written > MOST_A_MINUTE
            if is_too_many:
                self._left_out[kind, reason] += 1
        metrics.ACCESS_REFUSED.labels(kind.value, reason).inc()
        if not is_too_many:
            self._write(kind, {"reason": reason, "count": 1} | what)

    def _begin_minute(self) -> Counter[tuple[EntryKind, str]]:
        left_out, self._left_out = self._left_out, Counter()
        self._began_at, self._written = self._clock(), 0
        return left_out

    def _write(self, kind: EntryKind, what: dict[str, Any]) -> bool:
        entry = begin_entry(kind) | {"at": datetime.now(UTC).isoformat(timespec="milliseconds")} | what
        try:
            self._spool.append(orjson.dumps(entry))
        except SpoolUnwritable:
            log.error("access_not_recorded", kind=kind.value)  # noqa: TRY400
            return False
        return True


def _who(caller: Caller) -> dict[str, Any]:
    return {
        "caller": caller.caller_id,
        "operator": None if caller.is_system else caller.name,
        "role": caller.role,
        "session": caller.session,
    }
