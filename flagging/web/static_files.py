"""Style, scripts and icon of the web form: read once, compressed once, kept by browsers for as long as they like.

Their address holds a digest of all of them, so that a new version is fetched anew.
"""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

STATIC: Final = Path(__file__).with_name("static")
TYPES: Final = {
    "app.css": "text/css; charset=utf-8",
    "app.js": "text/javascript; charset=utf-8",
    "govuk-frontend.min.js": "text/javascript; charset=utf-8",
    "mark.svg": "image/svg+xml",
}
_DIGEST_LETTERS = 12


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file as it is sent; `compressed` to whoever takes gzip."""

    content_type: str
    content: bytes
    compressed: bytes


@dataclass(frozen=True, slots=True)
class StaticFiles:
    """All of them by name; `digest` changes with any."""

    files: Mapping[str, StaticFile]
    digest: str


def read_static_files(directory: Path = STATIC) -> StaticFiles:
    """Return the files the pages name. Raises OSError where one is missing: half a style is none."""
    digest = sha256()
    files = {}
    for name, content_type in TYPES.items():
        content = (directory / name).read_bytes()
        digest.update(content)
        files[name] = StaticFile(content_type, content, gzip.compress(content, mtime=0))
    return StaticFiles(files, digest.hexdigest()[:_DIGEST_LETTERS])
