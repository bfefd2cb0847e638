"""The replica file: the last verified edition on this host's disk, sealed as it is in Redis.

A worker that starts after Redis has lost everything builds on it: without it, guards would have nothing to compare a
list with, and people missing from the list would lose their place on the register.
"""

import contextlib
import os
import time
from dataclasses import asdict
from pathlib import Path

import msgpack
import orjson
import structlog

from flagging.errors import EditionUnverified, StoreUnreachable
from flagging.record import Record
from flagging.register.edition import load_records
from flagging.register.manifest import Manifest, Pointer
from flagging.register.store import EditionStore

NAME = "register.replica"
CONTEXT = "flagging:replica"
LEFT_BEHIND_SECONDS = 600.0
_UNREADABLE = (OSError, EditionUnverified, ValueError, TypeError, LookupError, msgpack.UnpackException)

log = structlog.get_logger(__name__)


class ReplicaFile:
    """One file in the state directory. Everything read from it is verified as if it came from Redis."""

    def __init__(self, state_dir: Path, store: EditionStore) -> None:
        self._path = state_dir / NAME
        self._store = store

    def keep(self, manifest: Manifest, pointer: Pointer) -> bool:
        """Copy the edition that Redis points to, in place of the one kept before.

        A failure is told, changes nothing and returns False.
        """
        part = self._path.with_name(f".{NAME}.{os.getpid()}.part")
        self._sweep()
        try:
            chunks = list(map(self._store.chunks_of(manifest), range(len(manifest.chunk_digests))))
            load_records(manifest, chunks.__getitem__, self._store.seal)
            head = {"pointer": asdict(pointer), "manifest": manifest.to_dict()}
            sealed = self._store.seal.seal(orjson.dumps(head), CONTEXT)
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(msgpack.packb([sealed, chunks]))
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._path)
        except (OSError, StoreUnreachable, EditionUnverified) as error:
            log.error("replica_not_written", kind=type(error).__name__)  # noqa: TRY400
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            return False
        return True

    def _sweep(self) -> None:
        """Delete what processes that were killed while they wrote left behind: it may hold people erased since."""
        for part in self._path.parent.glob(f".{NAME}.*.part"):
            with contextlib.suppress(OSError):
                if time.time() - part.stat().st_mtime > LEFT_BEHIND_SECONDS:
                    part.unlink()

    def load(self) -> tuple[Manifest, dict[str, Record], Pointer] | None:
        """Return the edition kept, its records by reference, and the pointer that led to it.

        None where there is none that verifies.
        """
        try:
            pointer, manifest, chunks = self._read()
            return manifest, load_records(manifest, chunks.__getitem__, self._store.seal), pointer
        except FileNotFoundError:
            return None
        except _UNREADABLE as error:
            log.error("replica_refused", kind=type(error).__name__)  # noqa: TRY400
            return None

    def generation(self) -> int:
        """Return the generation of the pointer kept, 0 where there is none: Redis must not be behind it."""
        try:
            pointer, _, _ = self._read()
        except _UNREADABLE:
            return 0
        return pointer.generation

    def _read(self) -> tuple[Pointer, Manifest, list[bytes]]:
        sealed, chunks = msgpack.unpackb(self._path.read_bytes())
        head = orjson.loads(self._store.seal.open(sealed, CONTEXT))
        pointer, manifest = Pointer(**head["pointer"]), Manifest.from_dict(head["manifest"])
        if manifest.fingerprint != pointer.fingerprint:
            raise EditionUnverified(f"{NAME}: not the edition that its pointer names")
        return pointer, manifest, chunks
