"""Ids of lookups and requests: ULIDs, which sort by the time they were made (https://github.com/ulid/spec).

Our own code, as one is made for every lookup, and the library takes three times as long.
"""

import time
from typing import Final

from flagging.randomness import draw

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)
_SHIFTS = tuple(range(40, -1, -10))
# A letter for the last five bits of each byte: of random bytes all are equally likely.
_LETTERS: Final = bytes(ord(_ALPHABET[byte & 31]) for byte in range(1 << 8))


def new_id() -> str:
    """Return a new one: 48 bits of milliseconds since 1970, 80 random bits, in 26 letters and digits."""
    now = time.time_ns() // 1_000_000
    return "".join([_PAIRS[now >> shift & 1023] for shift in _SHIFTS]) + draw().translate(_LETTERS).decode()
