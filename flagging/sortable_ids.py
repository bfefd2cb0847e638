"""Ids of lookups and requests: ULIDs, which sort by the time they were made (https://github.com/ulid/spec).

Our own code, as one is made for every lookup, and the library takes three times as long.
"""

import os
import time

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)
_SHIFTS = tuple(range(120, -1, -10))
RANDOM_BYTES = 10


def new_id() -> str:
    """Return a new one: 48 bits of milliseconds since 1970, 80 random bits, in 26 letters and digits."""
    number = time.time_ns() // 1_000_000 << 8 * RANDOM_BYTES | int.from_bytes(os.urandom(RANDOM_BYTES))
    return "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])
