"""Editions in Redis: what stands at which key, and how it is read. What makes one current is in `publication`.

- `flagging:edition:42` sealed manifest, `flagging:edition:42:chunk:7` sealed chunk, `flagging:edition:42:report`
  sealed report of the sync it came from, `flagging:editions` the numbers of kept editions
- `flagging:current` sealed pointer, the only one; `flagging:checked` sealed heartbeat of the worker
- `flagging:erasing` sealed references that kept editions may still hold although they were erased
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson
from redis import Redis
from redis.exceptions import RedisError

from flagging.documents import SealedDocuments, bytes_of
from flagging.errors import EditionUnverified, FormatUnknown, KeyUnknown, PublishConflict, SealBroken
from flagging.register.chunks import chunk_key, manifest_key, report_key
from flagging.register.kept_report import Report
from flagging.register.manifest import Heartbeat, Manifest, Pointer, digest
from flagging.register.sync_log import LAST_SYNC, SyncLog, Told
from flagging.register.transactions import Pipe, Write, redis_errors, write_if_still_so
from flagging.sealing import Keyring, Purpose, Seal

POINTER, HEARTBEAT, ERASING = "flagging:current", "flagging:checked", "flagging:erasing"
EDITIONS = "flagging:editions"
ANNOUNCEMENTS = "flagging:announcements"


@dataclass(frozen=True, slots=True)
class Sighting:
    """What Redis said at one moment; `now` is its own clock (Unix seconds), the one all processes share.

    `erasing` names erased people whom kept editions may still hold: an erasure that was cut short. `altered` names
    what stands there and does not open: it counts as lost, for the worker to write anew.
    """

    pointer: Pointer | None
    heartbeat: Heartbeat | None
    last_sync: dict[str, Any] | None
    now: float
    erasing: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()

    def heartbeat_of(self, fingerprint: str) -> Heartbeat | None:
        """Return the heartbeat if it vouches for this very edition."""
        return self.heartbeat if self.heartbeat and self.heartbeat.fingerprint == fingerprint else None


class EditionStore:
    """The register's part of Redis."""

    def __init__(self, client: Redis, keyring: Keyring) -> None:
        self.client = client
        self.documents = SealedDocuments(client, keyring)
        self.log = SyncLog(client, self.documents)
        self.seal: Seal = keyring.seal_for(Purpose.EDITION)

    # -- reading -----------------------------------------------------------------------------------------------------

    def look(self) -> Sighting:
        """Return pointer, heartbeat and time as they stand together at one moment.

        Raises StoreUnreachable; KeyUnknown when they are another installation's, or this one has the wrong key file;
        EditionUnverified when they are another version's.
        """
        keys = (POINTER, HEARTBEAT, LAST_SYNC, ERASING)
        # MGET sees all keys at one moment; a transaction would too, but is refused while Redis is out of memory.
        with redis_errors(), self.client.pipeline(transaction=False) as pipe:
            pipe.mget(*keys)
            pipe.time()
            sealed, (seconds, microseconds) = pipe.execute()
        found = dict(zip(keys, map(self._opened, keys, sealed), strict=True))
        heartbeat, erasing = found[HEARTBEAT], found[ERASING]
        try:
            return Sighting(
                pointer=_pointer(found[POINTER]),
                heartbeat=None if heartbeat is None else Heartbeat(**heartbeat),
                last_sync=found[LAST_SYNC],
                now=seconds + microseconds / 1e6,
                erasing=tuple(erasing["refs"]) if erasing else (),
                altered=tuple(
                    key for key, held in zip(keys, sealed, strict=True) if held is not None and found[key] is None
                ),
            )
        except (TypeError, KeyError):
            raise EditionUnverified(
                f"{POINTER}: sealed, but not as this version does; is another one at work?"
            ) from None

    def _opened(self, key: str, sealed: bytes | None) -> dict[str, Any] | None:
        try:
            return None if sealed is None else self.documents.opened(key, sealed)
        except (KeyUnknown, FormatUnknown):
            raise
        except SealBroken:
            return None

    def pointed(self, pointer: Pointer) -> Manifest:
        """Return the manifest of the very edition a pointer names; raise EditionUnverified when it is not there."""
        manifest = self.manifest(pointer.edition)
        if manifest.fingerprint != pointer.fingerprint:
            raise EditionUnverified(f"{manifest_key(pointer.edition)}: not the edition that the pointer names")
        return manifest

    def manifest(self, number: int) -> Manifest:
        """Return a manifest; raise EditionUnverified when there is none that opens and reads."""
        key = manifest_key(number)
        with redis_errors():
            sealed = self.client.get(key)
        if sealed is None:
            raise EditionUnverified(f"{key}: missing")
        try:
            manifest = Manifest.from_dict(orjson.loads(self.seal.open(bytes_of(sealed), key)))
        except (KeyError, TypeError, ValueError):
            raise EditionUnverified(f"{key}: sealed, but not a manifest of this format") from None
        if manifest.number != number:
            raise EditionUnverified(f"{key}: the manifest of another edition")
        return manifest

    def chunk(self, number: int, position: int) -> bytes | None:
        with redis_errors():
            found = self.client.get(chunk_key(number, position))
        return None if found is None else bytes_of(found)

    def chunks_of(self, manifest: Manifest) -> Callable[[int], bytes | None]:
        """Return what reads the chunks of one edition by position."""
        return lambda position: self.chunk(manifest.number, position)

    def is_whole(self, manifest: Manifest) -> bool:
        """Tell whether every chunk that the manifest names stands in Redis as it was written."""
        chunks = map(self.chunks_of(manifest), range(len(manifest.chunk_digests)))
        return all(
            chunk is not None and digest(chunk) == named
            for chunk, named in zip(chunks, manifest.chunk_digests, strict=True)
        )

    def kept(self) -> list[int]:
        """Return the numbers of all kept editions, oldest first."""
        with redis_errors():
            return sorted(int(number) for number in self.client.smembers(EDITIONS) if number.isdigit())

    def edition_report(self, number: int) -> Report | None:
        """Return the report an edition came with; None where it cannot be had."""
        try:
            return self.documents.read(report_key(number))
        except SealBroken:
            return None

    # -- writing, unless somebody has moved the pointer meanwhile ----------------------------------------------------

    def beat(self, heartbeat: Heartbeat, seen: Pointer) -> None:
        """Vouch for the edition that `seen` points to. Raises PublishConflict if it is not the current one any more."""

        def look(pipe: Pipe) -> Write:
            self._confirm_pointer(pipe, seen)
            return lambda pipe: pipe.set(HEARTBEAT, self.documents.sealed(HEARTBEAT, as_document(heartbeat)))

        write_if_still_so(self.client, [POINTER], look)

    def tell(self, told: Told, seen: Pointer | None) -> None:
        """Say how a sync ended that found `seen`. Raises PublishConflict if another edition became current since."""
        self.log.tell(told, [POINTER], lambda pipe: self._confirm_pointer(pipe, seen))

    def _confirm_pointer(self, pipe: Pipe, seen: Pointer | None) -> None:
        (sealed,) = pipe.mget(POINTER)
        if _pointer(self._opened(POINTER, sealed)) != seen:
            raise PublishConflict("another worker has made another edition current")

    def announce(self) -> None:
        """Wake every server process; one that misses this learns by polling."""
        with suppress(RedisError):
            self.client.publish(ANNOUNCEMENTS, b"look")


def as_document(value: Pointer | Heartbeat) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}


def _pointer(document: dict[str, Any] | None) -> Pointer | None:
    return None if document is None else Pointer(**document)
