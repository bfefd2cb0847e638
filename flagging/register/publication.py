"""The writes of a publisher at work, under a lock with a fencing number: none succeeds once the lock is lost.

- `flagging:lock` who publishes now, gone by itself after LOCK_SECONDS; `flagging:fence` counts those who did
- `flagging:number` the last number given to an edition
"""

import secrets
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import orjson

from flagging.documents import bytes_of
from flagging.errors import PublishConflict, StoreUnreachable
from flagging.register.chunks import chunk_key, manifest_key, report_key
from flagging.register.kept_report import Report
from flagging.register.manifest import Heartbeat, Manifest, Pointer
from flagging.register.store import EDITIONS, ERASING, HEARTBEAT, POINTER, EditionStore, as_document
from flagging.register.sync_log import Told
from flagging.register.transactions import Pipe, Write, redis_errors, write_if_still_so

LOCK, FENCE, LAST_NUMBER = "flagging:lock", "flagging:fence", "flagging:number"
LOCK_SECONDS = 30


@contextmanager
def publishing(store: EditionStore) -> Iterator["Publication"]:
    """Hold the publishing lock. Raises PublishConflict when another holds it."""
    with redis_errors():
        # The number alone would come back after a flush, and with it a stalled publisher of before.
        fence = f"{int(store.client.incr(FENCE))}:{secrets.token_hex(8)}"
        if not store.client.set(LOCK, fence, nx=True, ex=LOCK_SECONDS):
            raise PublishConflict("another worker is publishing")
    publication = Publication(store, fence)
    try:
        yield publication
    finally:
        with suppress(StoreUnreachable, PublishConflict):
            publication.write(lambda pipe: pipe.delete(LOCK))


class Publication:
    """What a publisher may write while the lock is its own; every write raises PublishConflict once it is not."""

    def __init__(self, store: EditionStore, fence: str) -> None:
        self._store = store
        self._fence = fence.encode()

    def next_number(self, above: int) -> int:
        """Return an edition number never used before, even if Redis has forgotten those up to `above`."""
        with redis_errors():
            number = int(self._store.client.incr(LAST_NUMBER))
            if number <= above:
                number = above + 1
                self._store.client.set(LAST_NUMBER, number)
        return number

    def write_chunk(self, number: int, position: int, sealed: bytes) -> None:
        def write(pipe: Pipe) -> None:
            pipe.set(chunk_key(number, position), sealed)
            pipe.expire(LOCK, LOCK_SECONDS)

        self.write(write)

    def renew(self) -> None:
        """Hold the lock a while longer."""
        self.write(lambda pipe: pipe.expire(LOCK, LOCK_SECONDS))

    def write_manifest(self, manifest: Manifest, report: Report) -> None:
        def write(pipe: Pipe) -> None:
            self._queue_report(pipe, manifest.number, report)
            self._queue_manifest(pipe, manifest)

        self.write(write)

    def switch(
        self,
        pointer: Pointer,
        heartbeat: Heartbeat,
        told: Told,
        *,
        erased: Sequence[str] = (),
        is_afresh: bool = False,
    ) -> None:
        """Make an edition current and one that is kept from now on (the only one if `is_afresh`), all in one write.

        `erased` are people whom it no longer holds and other kept editions may; they are written down until
        `finish_erasing`, so that an erasure cut short is finished by the next publisher.
        """

        def look(pipe: Pipe) -> Write:
            self._confirm_fence(pipe)
            tell = self._store.log.prepare(pipe, told)

            def write(pipe: Pipe) -> None:
                pipe.set(POINTER, self._sealed(POINTER, as_document(pointer)))
                pipe.set(HEARTBEAT, self._sealed(HEARTBEAT, as_document(heartbeat)))
                if is_afresh:
                    pipe.delete(EDITIONS)
                pipe.sadd(EDITIONS, pointer.edition)
                if erased:
                    pipe.set(ERASING, self._sealed(ERASING, {"refs": list(erased)}))
                tell(pipe)

            return write

        write_if_still_so(self._store.client, [LOCK], look)
        self._store.announce()

    def replace_edition(self, manifest: Manifest, chunks: Sequence[bytes], former_chunks: int) -> None:
        """Put another edition in the place of a kept one that is not current, at once."""

        def write(pipe: Pipe) -> None:
            pipe.delete(*(chunk_key(manifest.number, position) for position in range(former_chunks)))
            for position, sealed in enumerate(chunks):
                pipe.set(chunk_key(manifest.number, position), sealed)
            self._queue_manifest(pipe, manifest)
            pipe.expire(LOCK, LOCK_SECONDS)

        self.write(write)

    def replace_report(self, number: int, report: Report) -> None:
        self.write(lambda pipe: self._queue_report(pipe, number, report))

    def revise_reports(self, revise: Callable[[list[Report]], list[Report]]) -> None:
        self._store.log.tell(Told(revise=revise), [LOCK], self._confirm_fence)

    def finish_erasing(self) -> None:
        """Forget whom kept editions had to be cleared of."""
        self.write(lambda pipe: pipe.delete(ERASING))

    def retire(self, numbers: Collection[int]) -> None:
        """Keep these editions no longer; `sweep` deletes what is left of them."""
        if numbers:
            self.write(lambda pipe: pipe.srem(EDITIONS, *numbers))

    def sweep(self, kept: Collection[int]) -> None:
        """Delete what belongs to no kept edition: retired ones, and what unfinished publishers left behind."""
        with redis_errors():
            found = [bytes_of(key) for key in self._store.client.scan_iter(match="flagging:edition:*", count=1000)]
        swept = [key for key in found if _number_in(key) not in kept]
        if swept:
            self.write(lambda pipe: pipe.delete(*swept))

    def write(self, write: Write) -> None:
        """Carry out a write on condition that the lock is still this publisher's."""

        def look(pipe: Pipe) -> Write:
            self._confirm_fence(pipe)
            return write

        write_if_still_so(self._store.client, [LOCK], look)

    def _confirm_fence(self, pipe: Pipe) -> None:
        if pipe.get(LOCK) != self._fence:
            raise PublishConflict("the publishing lock was lost")

    def _queue_manifest(self, pipe: Pipe, manifest: Manifest) -> None:
        key = manifest_key(manifest.number)
        pipe.set(key, self._store.seal.seal(orjson.dumps(manifest.to_dict()), key))

    def _queue_report(self, pipe: Pipe, number: int, report: Report) -> None:
        key = report_key(number)
        pipe.set(key, self._sealed(key, report))

    def _sealed(self, key: str, document: dict[str, Any]) -> bytes:
        return self._store.documents.sealed(key, document)


def _number_in(key: bytes) -> int | None:
    number = key.split(b":")[2]
    return int(number) if number.isdigit() else None
