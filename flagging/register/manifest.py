"""What an edition says of itself: the manifest, the pointer to the current edition, and the worker's heartbeat.

Plain values and their dictionaries; sealing and storing them is the store's work.
"""

from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, Self

FORMAT = 1
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

    Times are Unix seconds. `listed_count` is how many people the list told of. `chunk_digests` are SHA-256 (hex) of
    the sealed chunks in order; `content_digest` is that of all packed records in order. `canaries` are references
    whose own identities must find them once the edition is loaded. `caveats` are sentences every answer carries.
    """

    number: int
    built_at: float
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
    format: int = FORMAT

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> Self:
        """Raises KeyError, TypeError or ValueError for anything that is not a manifest of this format."""
        return cls(
            **{
                **found,
                "counts": Counts(**found["counts"]),
                "chunk_digests": tuple(found["chunk_digests"]),
                "canaries": tuple(found["canaries"]),
                "caveats": tuple(found["caveats"]),
            }
        )


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which edition is current.

    `generation` grows with every switch, rollbacks included, so that a lagging copy of Redis that still points to
    an earlier edition is told from an administrator who went back to one.
    """

    edition: int
    generation: int
    because: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The worker's word that the list was read and `edition` is what it says. Unix seconds, by the clock of Redis."""

    edition: int
    checked_at: float
    list_dated: float


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()
