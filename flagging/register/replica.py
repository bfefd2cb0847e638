"""The replica file: the last verified edition on this host's disk, sealed as it is in Redis.

A server that starts without Redis answers from it. A worker that starts after Redis has lost everything builds on it:
without it, guards would have nothing to compare a list with, and people missing from the list would lose their place on
the register. Beside it lies a note of what this host has last heard: which edition, and how fresh. An older file
than that is refused, and no file is fresher than the note and the clocks allow.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import msgpack
import orjson
import structlog

from flagging.documents import FORMAT, confirm_format
from flagging.errors import EditionUnverified, StoreUnreachable
from flagging.record import Record
from flagging.register.edition import load_records
from flagging.register.freshness import Vouched
from flagging.register.host_clock import HostTime, host_time, noted, recalled, takes_its_place
from flagging.register.host_file import locked, replace_file, sweep
from flagging.register.manifest import Manifest, Pointer
from flagging.register.store import EditionStore, Sighting

NAME, NOTE_NAME, LOCK_NAME = "register.replica", "register.heard", "register.lock"
CONTEXT, NOTE_CONTEXT = "flagging:replica", "flagging:replica:heard"
_UNREADABLE = (OSError, EditionUnverified, ValueError, TypeError, LookupError, msgpack.UnpackException)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Copy:
    """An edition as it was read from Redis and verified: sealed chunks, and the heartbeat that vouches for it."""

    pointer: Pointer
    manifest: Manifest
    chunks: Sequence[bytes]
    vouched: Vouched


class ReplicaFile:
    """One file in the state directory, shared by all processes of the host, and the note beside it.

    Everything read from them is verified as if it came from Redis.
    """

    def __init__(self, state_dir: Path, store: EditionStore, clock: Callable[[], HostTime] = host_time) -> None:
        self._path = state_dir / NAME
        self._note = state_dir / NOTE_NAME
        self._lock = state_dir / LOCK_NAME
        self._store = store
        self._clock = clock

    # -- writing -----------------------------------------------------------------------------------------------------

    def keep(self, manifest: Manifest, pointer: Pointer) -> bool:
        """Copy an edition from Redis, in place of the one kept before; see `write`."""
        try:
            learned_at, sighting = self._clock().since_boot, self._store.look()
            _confirm_named(manifest, pointer)
            chunks = list(map(self._store.chunks_of(manifest), range(len(manifest.chunk_digests))))
            load_records(manifest, chunks.__getitem__, self._store.seal)
        except (StoreUnreachable, EditionUnverified) as error:
            log.error("replica_not_written", kind=type(error).__name__)  # noqa: TRY400
            return False
        whole = [chunk for chunk in chunks if chunk is not None]
        return self.write(Copy(pointer, manifest, whole, vouched_by(sighting, pointer, manifest, learned_at)))

    def write(self, copy: Copy) -> bool:
        """Put a verified edition in place of the one kept before; return whether the file now holds it, or a later one.

        One process of the host writes at a time; the others are told False and try again. A failure is told, changes
        nothing and returns False.
        """
        try:
            with locked(self._lock) as is_ours:
                if not is_ours:
                    return False
                sweep(self._path)
                if not self._holds(copy):
                    replace_file(self._path, self._parts_of(copy))
                return self._write_note(copy.pointer, copy.vouched)
        except OSError as error:
            log.error("replica_not_written", kind=type(error).__name__, reason=error.strerror)  # noqa: TRY400
            return False

    def note(self, pointer: Pointer, vouched: Vouched) -> bool:
        """Note the last heartbeat heard of the edition kept; return whether this one, or one that stays, is noted.

        Nothing is noted of another edition than the one kept: what was heard last must never make it look fresher.
        """
        try:
            with locked(self._lock) as is_ours:
                return is_ours and self._kept_pointer() == pointer and self._write_note(pointer, vouched)
        except OSError as error:
            log.error("replica_not_noted", kind=type(error).__name__, reason=error.strerror)  # noqa: TRY400
            return False

    def _holds(self, copy: Copy) -> bool:
        """Tell whether the file holds this very edition, whole, or a later one, which another process has written."""
        kept = self._kept_pointer()
        if kept is None or kept != copy.pointer:
            return kept is not None and kept.generation > copy.pointer.generation
        try:
            with self._path.open("rb") as file:
                return self._read(file)[3] == list(copy.chunks)
        except _UNREADABLE:
            return False

    def _write_note(self, pointer: Pointer, vouched: Vouched) -> bool:
        known, now = self._noted(), self._clock()
        if known is not None and known[0].generation >= pointer.generation:
            is_of_later = known[0].generation > pointer.generation
            if is_of_later or not takes_its_place(vouched, Vouched(**known[1]["vouched"]), now):
                return True
        note = {"pointer": asdict(pointer), **noted(vouched, now)}
        replace_file(self._note, [self._store.seal.seal(orjson.dumps(note), NOTE_CONTEXT)])
        return True

    def _parts_of(self, copy: Copy) -> Iterator[bytes]:
        head = {
            "pointer": asdict(copy.pointer),
            "manifest": copy.manifest.to_dict(),
            **noted(copy.vouched, self._clock()),
        }
        packer = msgpack.Packer()
        yield packer.pack_array_header(2)
        yield packer.pack(self._store.seal.seal(orjson.dumps(head), CONTEXT))
        yield packer.pack_array_header(len(copy.chunks))
        yield from map(packer.pack, copy.chunks)

    # -- reading -----------------------------------------------------------------------------------------------------

    def read(self) -> Copy | None:
        """Return what is kept, None where nothing is; its chunks are yet to be verified.

        Raises EditionUnverified with the reason for a file that is foreign, altered, cut short, or older than what
        this host has heard of, and where nobody can say how old it is.
        """
        try:
            with self._path.open("rb") as file:
                pointer, manifest, head, chunks = self._read(file)
            return Copy(pointer, manifest, chunks, recalled(self._latest_note(pointer, head), self._clock()))
        except FileNotFoundError:
            return None
        except EditionUnverified:
            raise
        except _UNREADABLE as error:
            raise EditionUnverified(f"{NAME}: {type(error).__name__} while reading") from None

    def _latest_note(self, pointer: Pointer, head: dict[str, Any]) -> dict[str, Any]:
        """Return what was last noted of an edition; raise EditionUnverified if a later one was."""
        known = self._noted()
        if known and known[0].generation > pointer.generation:
            raise EditionUnverified(f"{NAME}: older than what this host has held")
        return known[1] if known and known[0] == pointer else head

    def load(self) -> tuple[Manifest, dict[str, Record], Pointer] | None:
        """Return the edition kept, its records by reference, and the pointer that led to it, however old they are.

        None where there is none that verifies.
        """
        try:
            with self._path.open("rb") as file:
                pointer, manifest, _, chunks = self._read(file)
            return manifest, load_records(manifest, chunks.__getitem__, self._store.seal), pointer
        except FileNotFoundError:
            return None
        except _UNREADABLE as error:
            log.error("replica_refused", kind=type(error).__name__)  # noqa: TRY400
            return None

    def generation(self) -> int:
        """Return the highest generation this host has held, 0 where none: Redis must not be behind it."""
        kept, known = self._kept_pointer(), self._noted()
        return max(kept.generation if kept else 0, known[0].generation if known else 0)

    def _read(self, file: IO[bytes]) -> tuple[Pointer, Manifest, dict[str, Any], list[bytes]]:
        sealed, chunks = msgpack.unpackb(file.read())
        pointer, manifest, head = self._opened(sealed)
        if len(chunks) != len(manifest.chunk_digests):
            raise EditionUnverified(f"{NAME}: not the chunks that its manifest names")
        return pointer, manifest, head, chunks

    def _opened(self, sealed: bytes) -> tuple[Pointer, Manifest, dict[str, Any]]:
        head = orjson.loads(self._store.seal.open(sealed, CONTEXT))
        confirm_format(NAME, head.get("format", FORMAT), FORMAT)
        pointer, manifest = Pointer(**head["pointer"]), Manifest.from_dict(head["manifest"])
        _confirm_named(manifest, pointer)
        return pointer, manifest, head

    def _kept_pointer(self) -> Pointer | None:
        """Return the pointer of the file, read from its beginning alone; None where there is none that opens."""
        try:
            with self._path.open("rb") as file:
                unpacker = msgpack.Unpacker(file)
                unpacker.read_array_header()
                return self._opened(unpacker.unpack())[0]
        except _UNREADABLE:
            return None

    def _noted(self) -> tuple[Pointer, dict[str, Any]] | None:
        try:
            note = orjson.loads(self._store.seal.open(self._note.read_bytes(), NOTE_CONTEXT))
            confirm_format(NOTE_NAME, note.get("format", FORMAT), FORMAT)
            Vouched(**note["vouched"])
            return Pointer(**note["pointer"]), note
        except FileNotFoundError:
            return None
        except _UNREADABLE as error:
            log.error("replica_note_ignored", kind=type(error).__name__)  # noqa: TRY400
            return None


def _confirm_named(manifest: Manifest, pointer: Pointer) -> None:
    if manifest.fingerprint != pointer.fingerprint:
        raise EditionUnverified(f"{NAME}: not the edition that its pointer names")


def vouched_by(sighting: Sighting, pointer: Pointer, manifest: Manifest, seen_at: float) -> Vouched:
    """Return how fresh an edition is: by the heartbeat that vouches for it, else by when its list was read."""
    return heard(sighting, pointer, seen_at) or Vouched(manifest.checked_at, manifest.list_dated, sighting.now, seen_at)


def heard(sighting: Sighting, pointer: Pointer, seen_at: float) -> Vouched | None:
    """Return what the heartbeat says of the edition pointed to: it vouches only for the one it names."""
    heartbeat = sighting.heartbeat_of(pointer.fingerprint)
    if heartbeat is None:
        return None
    return Vouched(heartbeat.checked_at, heartbeat.list_dated, sighting.now, seen_at)
