"""The end of the chain as it was last seen, kept where the database cannot reach it, so that a lost end shows.

Two witnesses: a sealed file in the state directory of each host that drains, and a sealed document in Redis. A chain
that does not contain what a witness has seen was cut short, put back to an older state, or is another one; a witness
is never set back to fit it. The file also says how draining goes, for the servers of its host to tell.
"""

import contextlib
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson
from redis import Redis
from sqlalchemy import Connection

from flagging.documents import SealedDocuments
from flagging.errors import SealBroken, StoreUnreachable
from flagging.ledger.append import link_at
from flagging.sealing import Keyring, Purpose, Seal

HEAD_FILE = "ledger.head"
HEAD_KEYS = "flagging:ledger:head:"


@dataclass(frozen=True, slots=True)
class Seen:
    """The end of a chain: `chain` tells it from others (its link 0, in hex), `link` is that of entry `number`."""

    chain: str
    number: int
    link: str

    def missed_by(self, connection: Connection) -> str | None:
        """Say how the ledger differs from what was seen here; None if it goes on from it."""
        first, same = link_at(connection, 0), link_at(connection, self.number)
        if first is None or first.link.hex() != self.chain:
            return f"is not the ledger whose entry {self.number} was seen here: that one is gone"
        if same is None:
            return f"ends before entry {self.number}, which was seen here: entries after its end are gone"
        if same.link.hex() != self.link:
            return f"has another entry {self.number} than was seen here: it was written anew up to there"
        return None


@dataclass(frozen=True, slots=True)
class Draining:
    """How draining goes: when all was drained last (Unix time), bytes of this host's spool left, what is wrong."""

    at: float | None = None
    waiting: int = 0
    trouble: str | None = None


@dataclass(slots=True)
class HeadWitness:
    """What this host and Redis know of the chain's end. Without a client, this host alone."""

    state_dir: Path
    keyring: Keyring
    client: Redis | None = None
    _seal: Seal = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._seal = self.keyring.seal_for(Purpose.DOCUMENT)

    def known(self) -> dict[str, Seen]:
        """Return what each witness has seen; one that cannot be read has seen nothing."""
        found = {"this host": _seen(self._read_file()), "Redis": _seen(self._read_redis())}
        return {where: seen for where, seen in found.items() if seen is not None}

    def here(self) -> tuple[Seen | None, Draining | None]:
        """Return what this host has seen and how draining goes; None where nothing was ever drained."""
        document = self._read_file()
        if document is None:
            return None, None
        draining = Draining(document.get("at"), document.get("waiting", 0), document.get("trouble"))
        return _seen(document), draining

    def keep(self, seen: Seen | None, draining: Draining) -> None:
        """Write both down. A file that cannot be written is no reason not to drain."""
        document = (asdict(seen) if seen else {}) | asdict(draining)
        sealed = self._seal.seal(orjson.dumps(document), HEAD_FILE)
        part = self.state_dir / f".{HEAD_FILE}.{os.getpid()}.part"
        with contextlib.suppress(OSError):
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(sealed)
            part.replace(self.state_dir / HEAD_FILE)

    def tell_redis(self, seen: Seen) -> None:
        if self.client is not None:
            with contextlib.suppress(StoreUnreachable):
                SealedDocuments(self.client, self.keyring).write(_key_of(seen), asdict(seen))

    def _read_file(self) -> dict[str, Any] | None:
        with contextlib.suppress(OSError, SealBroken, ValueError):
            sealed = (self.state_dir / HEAD_FILE).read_bytes()
            document: dict[str, Any] = orjson.loads(self._seal.open(sealed, HEAD_FILE))
            return document
        return None

    def _read_redis(self) -> dict[str, Any] | None:
        """Return what Redis has seen of the chain that this host drains into."""
        own = _seen(self._read_file())
        if self.client is None or own is None:
            return None
        with contextlib.suppress(StoreUnreachable, SealBroken):
            return SealedDocuments(self.client, self.keyring).read(_key_of(own))
        return None


def _key_of(seen: Seen) -> str:
    return HEAD_KEYS + seen.chain[:16]


def _seen(document: dict[str, Any] | None) -> Seen | None:
    if document is None or "link" not in document:
        return None
    return Seen(document["chain"], document["number"], document["link"])
