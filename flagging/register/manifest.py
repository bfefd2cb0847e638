"""What an edition says of itself: the manifest, the pointer to the current edition, and the worker's heartbeat.

Plain values and their dictionaries; sealing and storing them is the store's work.
"""

from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, Self

import orjson

from flagging.documents import confirm_format

FORMAT = 2
"""Version of everything an edition is written in: manifest keys, chunk layout, record wire form."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many records an edition holds: active ones, former ones, and active ones missing from the list."""

    active: int
    former: int
    missing: int

    @property
    def records(self) -> int:
        return self.active + self.former


@dataclass(frozen=True, slots=True)
class Manifest:
    """An edition's table of contents.

    Times are Unix seconds; `checked_at` is when the list behind it was last read, which is before `built_at` where
    an administrator changed the edition since. `listed_count` is how many people the list told of, `list_files` what
    files it had if it was a directory. `chunk_digests` are SHA-256 (hex) of the sealed chunks in order;
    `content_digest` is that of all packed records in order. `canaries` are references whose own identities must find
    them once the edition is loaded. `caveats` are sentences every answer carries. `overlaps` are pairs of references,
    each of one person held twice.
    """

    number: int
    built_at: float
    checked_at: float
    list_name: str
    list_digest: str
    list_dated: float
    listed_count: int
    counts: Counts
    content_digest: str
    chunk_digests: tuple[str, ...]
    canaries: tuple[str, ...]
    caveats: tuple[str, ...]
    matching_version: int
    key_id: str
    list_files: tuple[str, ...] = ()
    overlaps: tuple[tuple[str, str], ...] = ()
    format: int = FORMAT

    @property
    def fingerprint(self) -> str:
        """The edition's own name, SHA-256 of all it says of itself: a number may come back, this never does."""
        return digest(orjson.dumps(self.to_dict(), option=orjson.OPT_SORT_KEYS))

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> Self:
        """Raises KeyError, TypeError or ValueError for what is no manifest, FormatUnknown for a later version's."""
        confirm_format("manifest", found["format"], FORMAT)
        return cls(
            **{
                **found,
                "counts": Counts(**found["counts"]),
                "chunk_digests": tuple(found["chunk_digests"]),
                "canaries": tuple(found["canaries"]),
                "caveats": tuple(found["caveats"]),
                "list_files": tuple(found["list_files"]),
                "overlaps": tuple((one, other) for one, other in found["overlaps"]),
            }
        )


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which edition is current.

    `fingerprint` is that of its manifest: a number alone could be given twice. `generation` grows with every switch,
    rollbacks included, so that a lagging copy of Redis that still points to an earlier edition is told from an
    administrator who went back to one. `hold` is set while an edition gone back to holds: the digest of the list
    that must not replace it.
    """

    edition: int
    fingerprint: str
    generation: int
    because: str
    hold: str | None = None


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The worker's word that the list was read and this very edition is what it says. Unix seconds, clock of Redis."""

    edition: int
    fingerprint: str
    checked_at: float
    list_dated: float


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()
