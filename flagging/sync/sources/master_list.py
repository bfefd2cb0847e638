"""One complete copy of the master list: its bytes, its date, and a digest by which an unchanged list is recognised."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from flagging.configuration.master_list import MasterListFormat


@dataclass(frozen=True, slots=True)
class ListFile:
    """The bytes of one file; `name` is None for the only one there is.

    `defaults` stand in for fields that a row leaves blank.
    """

    content: bytes
    name: str | None = None
    defaults: Mapping[str, str] = field(default_factory=dict)

    def tell(self, text: str) -> str:
        """Return a text about this file, with its name where there are others."""
        return f"{self.name}: {text}" if self.name else text


@dataclass(frozen=True, slots=True)
class MasterList:
    """`name` says where the list came from, for reports.

    `dated` (UTC) is never in the future; it is None for a list that nothing says the date of.
    """

    name: str
    files: tuple[ListFile, ...]
    dated: datetime | None
    digest: str

    @property
    def file_names(self) -> tuple[str, ...]:
        """The names of the files of a directory; none for any other list."""
        return tuple(file.name for file in self.files if file.name)


def digest_of(files: Iterable[ListFile], form: MasterListFormat, known_ocus: frozenset[str]) -> str:
    """Return SHA-256 over the files and over what decides how they are read: a change of either makes a new list."""
    digest = hashlib.sha256(form.fingerprint())
    digest.update("\n".join(sorted(known_ocus)).encode())
    for file in files:
        digest.update(f"\0{file.name or ''}\0{len(file.content)}\0".encode())
        digest.update(file.content)
    return digest.hexdigest()
