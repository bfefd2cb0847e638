"""Sets of rows as whole numbers: bit n stands for row n.

The rows of a register are few and dense, and all that retrieval does with sets of them is to unite and to intersect:
on whole numbers that costs a fraction of a microsecond, however many people bear a name.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

# So many rows are quicker set one by one than by filling a buffer as long as the register.
_FEW: Final = 16
# Larger sets are gone through so many bytes at once: the larger a number, the dearer every step.
_AT_ONCE: Final = 64
# A set of more rows than these is worth remembering as a number: there are only so many common names and dates.
_COMMON: Final = 8


class RowSets:
    """The rows filed under each key: built one by one, then only read, so that readers need no lock."""

    def __init__(self) -> None:
        self._rows: dict[int, Sequence[int]] = {}
        # Remembered while searching; one lost to another thread is only worked out again.
        self._bits: dict[int, int] = {}

    def __contains__(self, key: int) -> bool:
        return key in self._rows

    def file(self, keys: Iterable[int], row: tuple[int, ...]) -> None:
        """File one row under each key; not to be called once the sets are asked for."""
        file_under(self._rows, keys, row)

    def count(self, key: int) -> int:
        """Return how many rows stand behind a key."""
        rows = self._rows.get(key)
        return 0 if rows is None else len(rows)

    def each(self, keys: Iterable[int]) -> Iterator[int]:
        """Yield the rows behind the keys; one that stands behind several comes several times."""
        for rows in filter(None, map(self._rows.get, keys)):
            yield from rows

    def united(self, keys: Iterable[int]) -> int:
        """Return the set of the rows behind any of the keys."""
        bits = 0
        few: list[int] = []
        for key in keys:
            known = self._bits.get(key)
            if known is not None:
                bits |= known
                continue
            rows = self._rows.get(key)
            if rows is None:
                continue
            if len(rows) <= _COMMON:
                few += rows
            else:
                bits |= self._remember(key, rows)
        return bits | bits_of(few) if few else bits

    def _remember(self, key: int, rows: Sequence[int]) -> int:
        bits = self._bits[key] = bits_of(rows)
        return bits


def file_under(shelf: dict[int, Sequence[int]], keys: Iterable[int], item: tuple[int, ...]) -> None:
    """File one item under each key. Where it stands alone the very tuple is kept, shared by all its keys: most do.

    The tuple is of any length by its type alone: one of a known length has no identity where this is compiled.
    """
    for key in keys:
        filed = shelf.setdefault(key, item)
        if isinstance(filed, list):
            filed.append(item[0])
        elif filed is not item:
            shelf[key] = [*filed, *item]


def bits_of(rows: Collection[int]) -> int:
    """Return the set of these rows; a row may come more than once."""
    if len(rows) <= _FEW:
        bits = 0
        for row in rows:
            bits |= 1 << row
        return bits
    filled = bytearray((max(rows) >> 3) + 1)
    for row in rows:
        filled[row >> 3] |= 1 << (row & 7)
    return int.from_bytes(filled, "little")


def union(one: int, other: int) -> int:
    """Return the rows of either set: mostly one of them is empty, and a set as long as the register costs to copy."""
    return one | other if one and other else one or other


def rows_of(bits: int) -> list[int]:
    """Return the rows of a set, in no promised order."""
    rows, left = _first_rows(bits)
    if left:
        filled = left.to_bytes((left.bit_length() >> 3) + 1, "little")
        for place in range(0, len(filled), _AT_ONCE):
            rows += _rows_in(int.from_bytes(filled[place : place + _AT_ONCE], "little"), place << 3)
    return rows


def few_rows_of(bits: int) -> list[int] | None:
    """Return the rows of a set where they are few, to be gone through one by one; None where they are many.

    Quicker than to count them first: counting goes through a number as long as the register, however few they are.
    """
    rows, left = _first_rows(bits)
    return None if left else rows


def _first_rows(bits: int) -> tuple[list[int], int]:
    """Return a few rows of a set, and the set of the others."""
    rows: list[int] = []
    while bits and len(rows) < _FEW:
        row = bits.bit_length() - 1
        rows.append(row)
        bits ^= 1 << row
    return rows, bits


def _rows_in(bits: int, first: int) -> list[int]:
    rows = []
    while bits:
        row = bits.bit_length() - 1
        rows.append(first + row)
        bits ^= 1 << row
    return rows
