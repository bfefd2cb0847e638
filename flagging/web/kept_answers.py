"""Answers as they were given, kept for whoever asked for as long as the session lasts: sealed, in Redis.

An answer stands under the session in which it was given, so that nobody else finds it, whatever address they type,
and all of them go with the session. Losing them costs another look-up; keeping them is never waited for by an answer.
"""

import time
from collections.abc import Sequence
from typing import Any, Final

import structlog
from redis import Redis

from flagging.access.reach import Reach
from flagging.access.sessions import SignedIn
from flagging.documents import SealedDocuments, bytes_of
from flagging.errors import SealBroken, StoreUnreachable
from flagging.sealing import Keyring

ANSWERS: Final = "flagging:web:answers:"
MOST_KEPT: Final = 300
"""Of one session; the oldest go first. What one person can have kept must not fill a Redis that evicts nothing."""

log = structlog.get_logger(__name__)


class KeptAnswers:
    """Never raises for a fault of Redis: an answer that cannot be kept is shown at once, one not found is none."""

    def __init__(self, client: Redis, keyring: Keyring, reach: Reach | None = None) -> None:
        self._client = client
        self._reach = reach or Reach()
        self._documents = SealedDocuments(client, keyring)

    def keep(self, session: SignedIn, documents: dict[str, dict[str, Any]]) -> bool:
        """Keep documents by the ids of their answers, for as long as the session can last; tell whether they were."""
        key = ANSWERS + session.reference
        sealed: dict[Any, Any] = {
            each: self._documents.sealed(f"{key}:{each}", document) for each, document in documents.items()
        }
        try:
            with self._reach.asking(), self._client.pipeline(transaction=False) as pipe:
                pipe.hset(key, mapping=sealed)
                pipe.expire(key, max(1, int(session.until - time.time())))
                pipe.hlen(key)
                *_, number = pipe.execute()
                if number > MOST_KEPT:
                    oldest = sorted(map(bytes_of, self._client.hkeys(key)))[: number - MOST_KEPT]
                    self._client.hdel(key, *oldest)
        except StoreUnreachable as error:
            log.warning("answers_not_kept", reason=str(error))
            return False
        return True

    def find(self, session: SignedIn, answer_id: str) -> dict[str, Any] | None:
        """Return what was kept of one answer given in this session."""
        return self.find_each(session, [answer_id]).get(answer_id)

    def find_each(self, session: SignedIn, answer_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return what was kept of these answers, by id, of those that were given in this session."""
        key = ANSWERS + session.reference
        try:
            with self._reach.asking(), self._client.pipeline(transaction=False) as pipe:
                for each in answer_ids:
                    pipe.hget(key, each)
                sealed = pipe.execute()
        except StoreUnreachable as error:
            log.warning("answer_not_found", reason=str(error))
            return {}
        found = {}
        for each, kept in zip(answer_ids, sealed, strict=True):
            try:
                if kept is not None:
                    found[each] = self._documents.opened(f"{key}:{each}", bytes_of(kept))
            except SealBroken:
                log.warning("answer_not_found", reason="seal broken")
        return found

    def forget(self, session: SignedIn) -> None:
        """Forget all answers of a session that ends."""
        try:
            with self._reach.asking():
                self._client.delete(ANSWERS + session.reference)
        except StoreUnreachable as error:
            log.warning("answers_not_forgotten", reason=str(error))
