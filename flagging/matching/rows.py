"""Sets of rows as whole numbers: bit n stands for row n.

The rows of a register are few and dense, and all that retrieval does with sets of them is to unite and to intersect:
on whole numbers that costs a fraction of a microsecond, however many people bear a name.
"""

from collections.abc import Collection, Iterable

# So many rows are quicker set one by one than by filling a buffer as long as the register.
_FEW = 16
# Sets fuller than one row in so many are gone through byte by byte.
_SPARSE = 8
# The rows that a byte stands for.
_IN_BYTE = tuple(tuple(bit for bit in range(8) if byte >> bit & 1) for byte in range(256))


def bits_of(postings: Iterable[Collection[int]], size: int) -> int:
    """Return the set of all these rows of a register of `size`; a row may come more than once."""
    postings = list(postings)
    if sum(map(len, postings)) <= _FEW:
        bits = 0
        for rows in postings:
            for row in rows:
                bits |= 1 << row
        return bits
    filled = bytearray((size >> 3) + 1)
    for rows in postings:
        for row in rows:
            filled[row >> 3] |= 1 << (row & 7)
    return int.from_bytes(filled, "little")


def rows_of(bits: int) -> list[int]:
    """Return the rows of a set, in no promised order."""
    if bits.bit_count() * _SPARSE > bits.bit_length():
        filled = bits.to_bytes((bits.bit_length() >> 3) + 1, "little")
        return [(place << 3) + bit for place, byte in enumerate(filled) if byte for bit in _IN_BYTE[byte]]
    rows = []
    while bits:
        row = bits.bit_length() - 1
        rows.append(row)
        bits ^= 1 << row
    return rows
