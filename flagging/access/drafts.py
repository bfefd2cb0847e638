"""What is kept for a person between two sessions: half-filled forms for hours, and what they usually enter for longer.

It belongs to the person, not to the session, so that whoever is signed out in the middle finds the form again after
signing in, and nobody else does. Sealed in Redis; gone with it, which costs somebody some typing.
"""

from typing import Any, Final

import orjson
import structlog
from redis import Redis

from flagging.access.reach import Reach
from flagging.documents import SealedDocuments, bytes_of
from flagging.errors import SealBroken, StoreUnreachable
from flagging.sealing import Keyring

DRAFT: Final = "flagging:web:draft:"
REMEMBERED: Final = "flagging:web:remembered:"
MOST_BYTES: Final = 64 * 1024
MOST_REMEMBERED: Final = 1024
DRAFT_SECONDS: Final = 8 * 3600
REMEMBER_SECONDS: Final = 90 * 86400

log = structlog.get_logger(__name__)


class Drafts:
    """Never raises for a fault of Redis: a draft that cannot be kept or found is none.

    `person` is the digest that stands for somebody (`Sessions.digest_of`), `form` the name of a form of ours.
    """

    def __init__(self, client: Redis, keyring: Keyring, reach: Reach | None = None) -> None:
        self._client = client
        self._reach = reach or Reach()
        self._documents = SealedDocuments(client, keyring)

    def keep(self, person: str, form: str, fields: dict[str, Any]) -> bool:
        """Keep the fields of a half-filled form for DRAFT_SECONDS; tell whether they were kept.

        More than MOST_BYTES as JSON is not.
        """
        return self._write(f"{DRAFT}{person}:{form}", fields, MOST_BYTES, DRAFT_SECONDS)

    def find(self, person: str, form: str) -> dict[str, Any]:
        """Return the fields kept of a form; none if there is no draft of it."""
        return self._read(f"{DRAFT}{person}:{form}")

    def drop(self, person: str, *forms: str) -> None:
        """Forget drafts: the form was sent, or the person signed out."""
        try:
            with self._reach.asking():
                self._client.delete(*(f"{DRAFT}{person}:{form}" for form in forms))
        except StoreUnreachable as error:
            log.warning("draft_not_dropped", reason=str(error))

    def remember(self, person: str, values: dict[str, Any]) -> bool:
        """Remember what a person usually enters, such as the OCU, for REMEMBER_SECONDS; nothing about anybody else."""
        return self._write(f"{REMEMBERED}{person}", values, MOST_REMEMBERED, REMEMBER_SECONDS)

    def remembered(self, person: str) -> dict[str, Any]:
        return self._read(f"{REMEMBERED}{person}")

    def _write(self, key: str, document: dict[str, Any], most: int, seconds: int) -> bool:
        if len(orjson.dumps(document)) > most:
            return False
        try:
            with self._reach.asking():
                self._client.set(key, self._documents.sealed(key, document), ex=seconds)
        except StoreUnreachable as error:
            log.warning("draft_not_kept", reason=str(error))
            return False
        return True

    def _read(self, key: str) -> dict[str, Any]:
        try:
            with self._reach.asking():
                sealed = self._client.get(key)
            return {} if sealed is None else self._documents.opened(key, bytes_of(sealed))
        except StoreUnreachable as error:
            log.warning("draft_not_found", reason=str(error))
        except SealBroken:
            log.warning("draft_not_found", reason="seal broken")
        return {}
