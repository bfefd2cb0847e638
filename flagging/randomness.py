"""Random bytes for ids and salts, had from the operating system many at a time.

A call for each would cost every lookup three: a thread that calls the system gives way to the others, and has to wait
for its turn again. Not for keys, passwords and tokens, which are asked for where they are made.
"""

import os
from typing import Final

DRAWN_BYTES: Final = 16
_DRAWS_AT_ONCE: Final = 256
# Taken from and added to by one step each: whichever thread takes one, nobody else has it.
_DRAWS: list[bytes] = []


def draw() -> bytes:
    """Return DRAWN_BYTES random bytes that nobody else gets, in this process or in one forked from it."""
    while True:
        try:
            return _DRAWS.pop()
        except IndexError:
            many = os.urandom(DRAWN_BYTES * _DRAWS_AT_ONCE)
            _DRAWS.extend([many[at : at + DRAWN_BYTES] for at in range(0, len(many), DRAWN_BYTES)])


os.register_at_fork(after_in_child=_DRAWS.clear)
