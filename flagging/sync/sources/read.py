"""Reading the master list from wherever it lies: chosen by what the setting or the command names."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from flagging.configuration.master_list import MasterListFormat
from flagging.sync.sources.address import is_address, name_of_address
from flagging.sync.sources.dating import date_of
from flagging.sync.sources.files import read_directory, read_file
from flagging.sync.sources.master_list import MasterList, digest_of
from flagging.sync.sources.web import Fetcher


def read_source(
    where: str,
    form: MasterListFormat,
    known_ocus: frozenset[str] = frozenset(),
    *,
    fetcher: Fetcher | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> MasterList:
    """Return the list that lies at a path or an https address, once it is whole.

    It is dated by what the configuration names in it (`dating`), or else by the time its file was last changed, of a
    directory the oldest of its files, or by the address's Last-Modified. A `fetcher` that is used again asks the
    server only for what has changed. Raises SourceUnreadable, which repeats nothing of the list and no secret.
    """
    if is_address(where):
        files, dated = (fetcher or Fetcher()).fetch(where, form.size_limit_mib << 20)
    elif Path(where).is_dir():
        files, dated = read_directory(Path(where), form, known_ocus, pause)
    else:
        files, dated = read_file(Path(where), form, pause)
    now = datetime.now(UTC)
    dated = date_of(files, dated, form, now)
    return MasterList(
        source_name(where), tuple(files), min(dated, now) if dated else None, digest_of(files, form, known_ocus)
    )


def source_name(where: str) -> str:
    """Return what a source is called in reports and logs: the last part of a path or address, without any query."""
    return name_of_address(where) if is_address(where) else Path(where).absolute().name or where
