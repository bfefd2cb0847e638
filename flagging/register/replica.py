"""The replica file: the last verified edition on this host's disk, sealed as it is in Redis.

A worker that starts after Redis has lost everything builds on it: without it, guards would have nothing to compare a
list with, and people missing from the list would lose their place on the register.
"""

import os
from pathlib import Path

import msgpack
import orjson
import structlog

from flagging.errors import EditionUnverified, StoreUnreachable
from flagging.record import Record
from flagging.register.edition import load_records
from flagging.register.manifest import Manifest
from flagging.register.store import EditionStore

NAME = "register.replica"
CONTEXT = "flagging:replica"

log = structlog.get_logger(__name__)


class ReplicaFile:
    """One file in the state directory. Everything read from it is verified as if it came from Redis."""

    def __init__(self, state_dir: Path, store: EditionStore) -> None:
        self._path = state_dir / NAME
        self._store = store

    def keep(self, manifest: Manifest, generation: int) -> None:
        """Copy the edition that Redis points to, in place of the one kept before.

        A failure is told and changes nothing. `generation` is the pointer's: an earlier one is never gone back to.
        """
        part = self._path.with_name(f".{NAME}.{os.getpid()}.part")
        try:
            chunks = [self._store.chunk(manifest.number, at) for at in range(len(manifest.chunk_digests))]
            load_records(manifest, chunks.__getitem__, self._store.seal)
            head = {"generation": generation, "manifest": manifest.to_dict()}
            sealed = self._store.seal.seal(orjson.dumps(head), CONTEXT)
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(msgpack.packb([sealed, chunks]))
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._path)
        except (OSError, StoreUnreachable, EditionUnverified) as error:
            log.error("replica_not_written", kind=type(error).__name__)  # noqa: TRY400
            part.unlink(missing_ok=True)

    def load(self) -> tuple[Manifest, dict[str, Record], int] | None:
        """Return the edition kept, its records by reference, its generation; None where there is none that verifies."""
        try:
            sealed, chunks = msgpack.unpackb(self._path.read_bytes())
            head = orjson.loads(self._store.seal.open(sealed, CONTEXT))
            manifest = Manifest.from_dict(head["manifest"])
            return manifest, load_records(manifest, chunks.__getitem__, self._store.seal), int(head["generation"])
        except FileNotFoundError:
            return None
        except (OSError, EditionUnverified, ValueError, TypeError, LookupError, msgpack.UnpackException) as error:
            log.error("replica_refused", kind=type(error).__name__)  # noqa: TRY400
            return None
