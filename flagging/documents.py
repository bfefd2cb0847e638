"""Small sealed documents in Redis: the pointer, the heartbeat, the last sync, the access list.

Each is JSON, sealed under the key it stands at, so that one can neither be forged nor be put in another's place by
somebody who can write to Redis but has no key. One without a `format` is of format 1; a version that changes what a
document means writes the next one into it, and whoever does not know that refuses the document.
"""

from typing import Any, Final

import orjson
from redis import Redis
from redis.exceptions import OutOfMemoryError, ReadOnlyError, RedisError

from flagging.errors import FormatUnknown, SealBroken, StoreTakesNoWrites, StoreUnreachable
from flagging.sealing import Keyring, Purpose

FORMAT: Final = 1
_NO_WRITES: Final = ("MISCONF", "NOREPLICAS")
"""What Redis says that cannot write its files, or has fewer replicas than it is told to write to."""


class SealedDocuments:
    """Reads and writes sealed documents; errors of Redis come out as StoreUnreachable."""

    def __init__(self, client: Redis, keyring: Keyring) -> None:
        self._client = client
        self._seal = keyring.seal_for(Purpose.DOCUMENT)

    def sealed(self, key: str, document: dict[str, Any]) -> bytes:
        """Return the bytes to be stored at `key`; it has no `format` of its own: that tells of later versions."""
        return self._seal.seal(orjson.dumps(document), key)

    def opened(self, key: str, sealed: bytes) -> dict[str, Any]:
        """Return the document; raise SealBroken unless it was sealed for `key` by this service.

        Raises FormatUnknown for one of a later version.
        """
        try:
            document = orjson.loads(self._seal.open(sealed, key))
        except orjson.JSONDecodeError:
            document = None
        if not isinstance(document, dict):
            raise SealBroken(f"{key}: sealed, but not a document")
        confirm_format(key, document.pop("format", FORMAT), FORMAT)
        return document

    def read(self, key: str) -> dict[str, Any] | None:
        try:
            sealed = self._client.get(key)
        except RedisError as error:
            raise unreachable(error) from None
        return None if sealed is None else self.opened(key, bytes_of(sealed))

    def write(self, key: str, document: dict[str, Any]) -> None:
        try:
            self._client.set(key, self.sealed(key, document))
        except RedisError as error:
            raise unreachable(error) from None


def confirm_format(what: str, found: object, known: int) -> None:
    """Raise FormatUnknown, in words for an operator, for anything that is not of a format up to the one known."""
    if not isinstance(found, int) or found > known:
        raise FormatUnknown(f"{what}: of format {found}, a later version's; this version reads {known}")


def unreachable(error: RedisError) -> StoreUnreachable:
    """Name the kind of failure alone: the text of a Redis error may carry the URL with its password."""
    kind = StoreTakesNoWrites if _refuses_writes(error) else StoreUnreachable
    return kind(f"Redis: {type(error).__name__}")


def _refuses_writes(error: RedisError) -> bool:
    """Tell whether Redis answered, and took no writes; for two of its reasons the client has no error of their own."""
    return isinstance(error, ReadOnlyError | OutOfMemoryError) or any(code in str(error) for code in _NO_WRITES)


def bytes_of(value: bytes | str) -> bytes:
    """Narrow what the client's types call `bytes | str`: this service never asks Redis to decode."""
    if isinstance(value, str):
        raise TypeError("the Redis client must not decode responses")
    return value
