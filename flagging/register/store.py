"""Editions in Redis: what stands at which key, and the two writes that must be all or nothing.

- `flagging:edition:42` sealed manifest, `flagging:edition:42:chunk:7` sealed chunk, `flagging:edition:42:report`
  sealed sync report, `flagging:editions` the numbers of kept editions
- `flagging:current` sealed pointer, the only one; `flagging:checked` sealed heartbeat of the worker
- `flagging:synced` sealed result of the last sync, `flagging:synced:report` its report; `flagging:lock` fencing
  number of the publisher at work
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import orjson
from redis import Redis
from redis.exceptions import RedisError, WatchError

from flagging.documents import SealedDocuments, bytes_of, unreachable
from flagging.errors import EditionUnverified, KeyUnknown, PublishConflict, SealBroken
from flagging.register.chunks import chunk_key, manifest_key, report_key
from flagging.register.manifest import Heartbeat, Manifest, Pointer, digest
from flagging.sealing import Keyring, Purpose, Seal

POINTER, HEARTBEAT = "flagging:current", "flagging:checked"
LAST_SYNC, LAST_REPORT = "flagging:synced", "flagging:synced:report"
EDITIONS, LOCK, FENCE, LAST_NUMBER = "flagging:editions", "flagging:lock", "flagging:fence", "flagging:number"
ANNOUNCEMENTS = "flagging:announcements"
LOCK_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Sighting:
    """What Redis said at one moment; `now` is its own clock (Unix seconds), the one all processes share.

    `altered` names what stands there and does not open: it counts as lost, for the worker to write anew.
    """

    pointer: Pointer | None
    heartbeat: Heartbeat | None
    last_sync: dict[str, Any] | None
    now: float
    altered: tuple[str, ...] = ()


class EditionStore:
    """The register's part of Redis."""

    def __init__(self, client: Redis, keyring: Keyring) -> None:
        self.client = client
        self.documents = SealedDocuments(client, keyring)
        self.seal: Seal = keyring.seal_for(Purpose.EDITION)

    # -- reading -----------------------------------------------------------------------------------------------------

    def look(self) -> Sighting:
        """Return pointer, heartbeat and time as they stand together at one moment.

        Raises StoreUnreachable; KeyUnknown when they are another installation's, or this one has the wrong key file;
        EditionUnverified when they are another version's.
        """
        keys = (POINTER, HEARTBEAT, LAST_SYNC)
        # MGET sees all keys at one moment; a transaction would too, but is refused while Redis is out of memory.
        with _redis_errors(), self.client.pipeline(transaction=False) as pipe:
            pipe.mget(*keys)
            pipe.time()
            sealed, (seconds, microseconds) = pipe.execute()
        found = dict(zip(keys, map(self._opened, keys, sealed), strict=True))
        pointer, heartbeat = found[POINTER], found[HEARTBEAT]
        try:
            return Sighting(
                pointer=None if pointer is None else Pointer(**pointer),
                heartbeat=None if heartbeat is None else Heartbeat(**heartbeat),
                last_sync=found[LAST_SYNC],
                now=seconds + microseconds / 1e6,
                altered=tuple(
                    key for key, held in zip(keys, sealed, strict=True) if held is not None and found[key] is None
                ),
            )
        except TypeError:
            raise EditionUnverified(f"{POINTER}: sealed, but not a pointer of this version") from None

    def _opened(self, key: str, sealed: bytes | None) -> dict[str, Any] | None:
        try:
            return None if sealed is None else self.documents.opened(key, sealed)
        except KeyUnknown:
            raise
        except SealBroken:
            return None

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

    def is_whole(self, manifest: Manifest) -> bool:
        """Tell whether every chunk that the manifest names stands in Redis as it was written."""
        chunks = (self.chunk(manifest.number, position) for position in range(len(manifest.chunk_digests)))
        return all(
            chunk is not None and digest(chunk) == named
            for chunk, named in zip(chunks, manifest.chunk_digests, strict=True)
        )

    def kept(self) -> list[int]:
        """Return the numbers of all kept editions, oldest first."""
        with _redis_errors():
            return sorted(int(number) for number in self.client.smembers(EDITIONS) if number.isdigit())

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

    def renew(self, fence: int) -> None:
        """Hold the lock a while longer; raises PublishConflict if it is another's by now."""
        with _redis_errors():
            self._if_fenced(fence, lambda pipe: pipe.expire(LOCK, LOCK_SECONDS))

    def write_manifest(self, manifest: Manifest, report: dict[str, Any], fence: int) -> None:
        key, report_at = manifest_key(manifest.number), report_key(manifest.number)

        def write(pipe: Any) -> None:
            pipe.set(report_at, self.documents.sealed(report_at, report))
            pipe.set(key, self.seal.seal(orjson.dumps(manifest.to_dict()), key))

        with _redis_errors():
            self._if_fenced(fence, write)

    def switch(self, pointer: Pointer, heartbeat: Heartbeat, fence: int) -> None:
        """Make an edition current, and one that is kept from now on.

        Raises PublishConflict if the lock was lost: a stalled worker changes nothing.
        """

        def write(pipe: Any) -> None:
            pipe.set(POINTER, self.documents.sealed(POINTER, _as_dict(pointer)))
            pipe.set(HEARTBEAT, self.documents.sealed(HEARTBEAT, _as_dict(heartbeat)))
            pipe.sadd(EDITIONS, pointer.edition)

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

    def retire(self, numbers: Collection[int], fence: int) -> None:
        """Keep these editions no longer; `sweep` deletes what is left of them."""
        if numbers:
            with _redis_errors():
                self._if_fenced(fence, lambda pipe: pipe.srem(EDITIONS, *numbers))

    def sweep(self, kept: Collection[int], fence: int) -> None:
        """Delete what belongs to no kept edition: retired ones, and what unfinished publishers left behind."""
        with _redis_errors():
            found = [bytes_of(key) for key in self.client.scan_iter(match="flagging:edition:*", count=1000)]
            swept = [key for key in found if _number_in(key) not in kept]
            if swept:
                self._if_fenced(fence, lambda pipe: pipe.delete(*swept))

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


def _number_in(key: bytes) -> int | None:
    number = key.split(b":")[2]
    return int(number) if number.isdigit() else None


def _as_dict(value: Pointer | Heartbeat) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}


@contextmanager
def _redis_errors() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        raise unreachable(error) from None
