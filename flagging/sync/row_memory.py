"""What the rows of the last list came to: a row that has not changed is not worked through again.

Owns when that may be: the same row, read under the same configuration on the same day.
"""

from collections.abc import Callable, Hashable
from dataclasses import replace
from hashlib import blake2b

from flagging.sync.raw_row import RawRow
from flagging.sync.rows import Accepted, Rejected

Parsed = Accepted | Rejected


class RowMemory:
    """Holds the rows of one list. Between `begin` and `end`, rows are read; what the list lacks is then forgotten."""

    def __init__(self) -> None:
        self._how: Hashable = None
        self._last: dict[bytes, Parsed] = {}
        self._next: dict[bytes, Parsed] = {}

    def is_for(self, how: Hashable) -> bool:
        """Tell whether a list has been begun with all besides the row itself being as it is now."""
        return how == self._how

    def begin(self, how: Hashable) -> None:
        """Begin a list; `how` is all besides the row itself that its reading depends on."""
        if how != self._how:
            self._how, self._last = how, {}
        self._next = {}

    def read(self, row: RawRow, parse: Callable[[RawRow], Parsed]) -> Parsed:
        """Return what a row comes to, as it did the last time or by parsing it."""
        key = _key_of(row)
        known = self._last.get(key)
        parsed = parse(row) if known is None else _at_line(known, row.line)
        self._next[key] = parsed
        return parsed

    def end(self) -> None:
        """End a list that was read to its end."""
        self._last, self._next = self._next, {}


def _key_of(row: RawRow) -> bytes:
    said = repr((row.file, row.fault, row.note, sorted(row.values.items(), key=lambda item: item[0])))
    return blake2b(said.encode("utf-8", "backslashreplace"), digest_size=16).digest()


def _at_line(parsed: Parsed, line: int) -> Parsed:
    if parsed.line == line:
        return parsed
    if isinstance(parsed, Rejected):
        return replace(parsed, line=line)
    return replace(parsed, line=line, warnings=tuple(replace(each, line=line) for each in parsed.warnings))
