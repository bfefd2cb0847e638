"""Editions in Redis: what stands at which key, and the two writes that must be all or nothing.

- `flagging:edition:42` sealed manifest, `flagging:edition:42:chunk:7` sealed chunk, `flagging:edition:42:report`
  sealed sync report, `flagging:editions` the numbers of kept editions
- `flagging:current` sealed pointer, the only one; `flagging:checked` sealed heartbeat of the worker
- `flagging:synced` sealed result of the last sync, `flagging:synced:report` its report; `flagging:lock` fencing
  number of the publisher at work
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import orjson
from redis import Redis
from redis.exceptions import RedisError, WatchError

from flagging.documents import SealedDocuments, bytes_of, unreachable
from flagging.errors import EditionUnverified, PublishConflict
from flagging.register.chunks import chunk_key, manifest_key, report_key
from flagging.register.manifest import Heartbeat, Manifest, Pointer
from flagging.sealing import Keyring, Purpose, Seal

POINTER, HEARTBEAT = "flagging:current", "flagging:checked"
LAST_SYNC, LAST_REPORT = "flagging:synced", "flagging:synced:report"
EDITIONS, LOCK, FENCE, LAST_NUMBER = "flagging:editions", "flagging:lock", "flagging:fence", "flagging:number"
ANNOUNCEMENTS = "flagging:announcements"
LOCK_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Sighting:
    """What Redis said at one moment; `now` is its own clock (Unix seconds), the one all processes share."""

    pointer: Pointer | None
    heartbeat: Heartbeat | None
    last_sync: dict[str, Any] | None
    now: float


class EditionStore:
    """The register's part of Redis."""

    def __init__(self, client: Redis, keyring: Keyring) -> None:
        self.client = client
        self.documents = SealedDocuments(client, keyring)
        self.seal: Seal = keyring.seal_for(Purpose.EDITION)

    # -- reading -----------------------------------------------------------------------------------------------------

    def look(self) -> Sighting:
        """Return pointer, heartbeat and time as they stand together at one moment.

        Raises StoreUnreachable, or SealBroken when either was not written by this service.
        """
        # MGET sees all keys at one moment; a transaction would too, but is refused while Redis is out of memory.
        with _redis_errors(), self.client.pipeline(transaction=False) as pipe:
            pipe.mget(POINTER, HEARTBEAT, LAST_SYNC)
            pipe.time()
            (pointer, heartbeat, last_sync), (seconds, microseconds) = pipe.execute()
        return Sighting(
            pointer=None if pointer is None else Pointer(**self.documents.opened(POINTER, pointer)),
            heartbeat=None if heartbeat is None else Heartbeat(**self.documents.opened(HEARTBEAT, heartbeat)),
            last_sync=None if last_sync is None else self.documents.opened(LAST_SYNC, last_sync),
            now=seconds + microseconds / 1e6,
        )

    def manifest(self, number: int) -> Manifest:
        """Return a manifest; raise EditionUnverified when there is none that opens and reads."""
        key = manifest_key(number)
        with _redis_errors():
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
        with _redis_errors():
            found = self.client.get(chunk_key(number, position))
        return None if found is None else bytes_of(found)

    def kept(self) -> list[int]:
        """Return the numbers of all kept editions, oldest first."""
        with _redis_errors():
            return sorted(int(number) for number in self.client.smembers(EDITIONS))

    # -- writing -----------------------------------------------------------------------------------------------------

    @contextmanager
    def publishing(self) -> Iterator[int]:
        """Hold the publishing lock; yield its fencing number. Raises PublishConflict when another holds it."""
        with _redis_errors():
            fence = int(self.client.incr(FENCE))
            if not self.client.set(LOCK, fence, nx=True, ex=LOCK_SECONDS):
                raise PublishConflict("another worker is publishing")
        try:
            yield fence
        finally:
            with suppress(RedisError, PublishConflict):
                self._if_fenced(fence, lambda pipe: pipe.delete(LOCK))

    def next_number(self, above: int) -> int:
        """Return an edition number never used before, even if Redis has forgotten those up to `above`."""
        with _redis_errors():
            number = int(self.client.incr(LAST_NUMBER))
            if number <= above:
                number = above + 1
                self.client.set(LAST_NUMBER, number)
        return number

    def write_chunk(self, number: int, position: int, sealed: bytes, fence: int) -> None:
        def write(pipe: Any) -> None:
            pipe.set(chunk_key(number, position), sealed)
            pipe.expire(LOCK, LOCK_SECONDS)

        with _redis_errors():
            self._if_fenced(fence, write)

    def write_manifest(self, manifest: Manifest, report: dict[str, Any], fence: int) -> None:
        key, report_at = manifest_key(manifest.number), report_key(manifest.number)

        def write(pipe: Any) -> None:
            pipe.set(report_at, self.documents.sealed(report_at, report))
            pipe.set(key, self.seal.seal(orjson.dumps(manifest.to_dict()), key))
            pipe.sadd(EDITIONS, manifest.number)

        with _redis_errors():
            self._if_fenced(fence, write)

    def switch(self, pointer: Pointer, heartbeat: Heartbeat, fence: int) -> None:
        """Make an edition current. Raises PublishConflict if the lock was lost: a stalled worker changes nothing."""

        def write(pipe: Any) -> None:
            pipe.set(POINTER, self.documents.sealed(POINTER, _as_dict(pointer)))
            pipe.set(HEARTBEAT, self.documents.sealed(HEARTBEAT, _as_dict(heartbeat)))

        with _redis_errors():
            self._if_fenced(fence, write)
        self.announce()

    def announce(self) -> None:
        """Wake every server process; one that misses this learns by polling."""
        with suppress(RedisError):
            self.client.publish(ANNOUNCEMENTS, b"look")

    def beat(self, heartbeat: Heartbeat) -> None:
        self.documents.write(HEARTBEAT, _as_dict(heartbeat))

    def note_sync(self, result: dict[str, Any], report: dict[str, Any] | None) -> None:
        """Say how the last sync ended; a sync that found nothing new leaves the last report where it is."""
        self.documents.write(LAST_SYNC, result)
        if report is not None:
            self.documents.write(LAST_REPORT, report)

    def last_report(self) -> dict[str, Any] | None:
        return self.documents.read(LAST_REPORT)

    def drop(self, number: int) -> None:
        """Forget an edition: its manifest first, so that no reader finds a manifest whose chunks are going."""
        with _redis_errors():
            self.client.delete(manifest_key(number), report_key(number))
            self.client.srem(EDITIONS, number)
        self._delete(f"{manifest_key(number)}:chunk:*")

    def sweep(self, current: int) -> None:
        """Delete the chunks that publishers which never finished left behind."""
        kept = {*self.kept(), current}
        with _redis_errors():
            for key in list(self.client.scan_iter(match="flagging:edition:*:chunk:*", count=1000)):
                number = int(bytes_of(key).split(b":")[2])
                if number not in kept and number < current:
                    self.client.delete(key)

    def _delete(self, pattern: str) -> None:
        with _redis_errors():
            keys = list(self.client.scan_iter(match=pattern, count=1000))
            if keys:
                self.client.delete(*keys)

    def _if_fenced(self, fence: int, write: Any) -> None:
        """Carry out `write` in one transaction, on condition that the lock is still this publisher's."""
        with self.client.pipeline(transaction=True) as pipe:
            try:
                pipe.watch(LOCK)  # type: ignore[no-untyped-call]
                if pipe.get(LOCK) != str(fence).encode():
                    raise PublishConflict("the publishing lock was lost")
                pipe.multi()
                write(pipe)
                pipe.execute()
            except WatchError:
                raise PublishConflict("the publishing lock was lost") from None


def _as_dict(value: Pointer | Heartbeat) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}


@contextmanager
def _redis_errors() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        raise unreachable(error) from None
