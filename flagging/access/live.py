"""The access list in Redis, followed by every process, with a sealed copy on each host.

The copy lets a process that starts without Redis know its callers, and lets the worker put the list back after Redis
has lost it. A list older than the one known is never taken.
"""

import contextlib
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog
from redis import Redis
from redis.exceptions import RedisError, WatchError

from flagging.access.access_list import AccessList, TokenBook
from flagging.access.caller import Caller
from flagging.documents import SealedDocuments, bytes_of, unreachable
from flagging.errors import FlaggingError, SealBroken
from flagging.sealing import Keyring

ACCESS: Final = "flagging:access"
COPY_NAME: Final = "access.sealed"
CHANGE_ATTEMPTS: Final = 20

log = structlog.get_logger(__name__)


class LiveAccess:
    """The newest access list this process knows; `book` is None until it knows any."""

    def __init__(self, client: Redis, keyring: Keyring, state_dir: Path) -> None:
        self._client = client
        self._documents = SealedDocuments(client, keyring)
        self._copy = state_dir / COPY_NAME
        self._seen: bytes | None = None
        self.access_list: AccessList | None = None
        self.book: TokenBook | None = None
        self._start_from_copy()

    def caller(self, presented: str) -> Caller | None:
        return None if self.book is None else self.book.caller(presented, datetime.now(UTC))

    def look(self) -> None:
        """Take over what Redis holds if it is newer. Never raises for a fault of Redis or of the document."""
        try:
            sealed = self._client.get(ACCESS)
        except RedisError:
            return
        if sealed is not None and sealed != self._seen:
            try:
                is_news = self._take(bytes_of(sealed))
            except (SealBroken, KeyError, TypeError, ValueError) as error:
                reason = str(error) if isinstance(error, SealBroken) else "malformed"
                log.error("access_list_refused", reason=reason)  # noqa: TRY400
            else:
                self._seen = bytes_of(sealed)
                if is_news:
                    self._write_copy(self._seen)

    def restore(self) -> None:
        """Put the known list back if Redis has lost it or holds an older one: the worker's duty, servers may not write.

        An older list would let revoked tokens in wherever the newer one is not known.
        """
        if self.access_list is None:
            return
        with contextlib.suppress(RedisError), self._client.pipeline(transaction=True) as pipe:
            pipe.watch(ACCESS)  # type: ignore[no-untyped-call]
            sealed = pipe.get(ACCESS)
            if sealed is not None and not self._is_outdated(bytes_of(sealed)):
                return
            pipe.multi()
            pipe.set(ACCESS, self._documents.sealed(ACCESS, self.access_list.to_dict()))
            pipe.execute()
            log.warning("access_list_restored", version=self.access_list.version)

    def _is_outdated(self, sealed: bytes) -> bool:
        """Tell whether a list is older than the one known; one that does not open is left for an operator to see."""
        try:
            return self.access_list is not None and self._opened(sealed).version < self.access_list.version
        except (SealBroken, KeyError, TypeError, ValueError):
            return False

    def change(self, alter: Callable[[AccessList], AccessList]) -> AccessList:
        """Apply one change to the newest list known, all or nothing, whoever else is changing it; return the new one.

        Redis may have fallen behind the copy of this host: a revocation it has lost stays one.
        """
        for _ in range(CHANGE_ATTEMPTS):
            try:
                with self._client.pipeline(transaction=True) as pipe:
                    pipe.watch(ACCESS)  # type: ignore[no-untyped-call]
                    sealed = pipe.get(ACCESS)
                    found = self._newest(self._opened(bytes_of(sealed)) if sealed else AccessList())
                    seconds, microseconds = self._client.time()
                    changed = alter(found)
                    version = max(found.version + 1, int(seconds) * 1000 + int(microseconds) // 1000)
                    changed = AccessList(version, changed.tokens, changed.accounts)
                    pipe.multi()
                    pipe.set(ACCESS, self._documents.sealed(ACCESS, changed.to_dict()))
                    pipe.execute()
            except WatchError:
                continue
            except RedisError as error:
                raise unreachable(error) from None
            self.look()
            return changed
        raise FlaggingError("the access list is being changed by others all the time; try again")

    def _opened(self, sealed: bytes) -> AccessList:
        return AccessList.from_dict(self._documents.opened(ACCESS, sealed))

    def _newest(self, found: AccessList) -> AccessList:
        known = self.access_list
        return found if known is None or found.version > known.version else known

    def _take(self, sealed: bytes) -> bool:
        """Take over a list that is newer than the one known; tell whether it was."""
        found = self._opened(sealed)
        is_news = self._newest(found) is found
        if is_news:
            self.access_list, self.book = found, TokenBook(found)
        return is_news

    def _start_from_copy(self) -> None:
        try:
            self._take(self._copy.read_bytes())
        except FileNotFoundError:
            return
        except (OSError, SealBroken, KeyError, TypeError, ValueError):
            log.warning("access_copy_ignored", reason="not readable, or not sealed with a key of the key file")

    def _write_copy(self, sealed: bytes) -> None:
        part = self._copy.with_name(f".{COPY_NAME}.{os.getpid()}.part")
        try:
            self._copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(sealed)
            part.replace(self._copy)
        except OSError as error:
            log.warning("access_copy_not_written", reason=error.strerror)
