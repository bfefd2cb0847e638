"""What it takes to exchange an edition under load: no request is to wait for it, before, during or after.

A process has one interpreter lock. Whoever computes for long, or frees a hundred thousand objects at once, holds up
every request meanwhile; so loading is done in slices, and an edition that has been replaced is let go of in slices.
"""

import gc
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flagging.register.edition import Edition

SLICE_PAUSE = 0.002
YIELD_SECONDS = 0.0005
"""How long a thread that loads may keep the interpreter while a request waits for it; Python's own default is 5 ms."""
LINGER_SECONDS = 2.5
"""How long an edition that was replaced is left whole: longer than any lookup that may still be searching it."""
PARTS_PER_SLICE = 200
LARGE = 500

_loading = threading.Lock()


def take_a_break() -> None:
    """Let requests have their turn between two slices of work."""
    time.sleep(SLICE_PAUSE)


@contextmanager
def considerately() -> Iterator[None]:
    """Work beside requests: they get the interpreter soon, and no collection walks what is being built again and again.

    What has been built is kept out of later collections too. One at a time.
    """
    with _loading:
        interval = sys.getswitchinterval()
        gc.disable()
        sys.setswitchinterval(min(interval, YIELD_SECONDS))
        try:
            yield
        finally:
            sys.setswitchinterval(interval)
            gc.enable()


def let_go_later(replaced: Edition) -> None:
    """Free an edition that nobody is given any more, in a thread of its own, once the last lookups are done with it."""
    replaced_ones = [replaced]

    def let_go() -> None:
        time.sleep(LINGER_SECONDS)
        let_go_of(replaced_ones)

    threading.Thread(target=let_go, name="edition-release", daemon=True).start()


def let_go_of(replaced: list[Edition]) -> None:
    """Free editions a few records at a time; the list is emptied, so that it may hold the last reference to them.

    Not a record is changed: a lookup that still searches one searches all of it. The parts are only held by one more
    hand, so that the containers can go without them, and are then let go of one by one.
    """
    parts: list[Any] = []
    while replaced:
        edition = replaced.pop()
        edition.index.forget_kept()
        parts += _parts_of([edition.by_row, *_held_by(edition.index)])
        del edition
    while parts:
        del parts[-PARTS_PER_SLICE:]
        take_a_break()


def _held_by(thing: Any) -> list[Any]:
    """Return what an object of ours holds; one of a compiled class has no `__dict__`."""
    return [*gc.get_referents(thing), *getattr(thing, "__dict__", {}).values()]


def _parts_of(things: Any) -> list[Any]:
    """Return everything that large containers among things hold, and large containers among that."""
    parts, unopened = [], [each for each in things if _is_large(each)]
    while unopened:
        inside = gc.get_referents(unopened.pop())
        parts += inside
        unopened += filter(_is_large, inside)
    return parts


def _is_large(thing: Any) -> bool:
    return isinstance(thing, dict | list | set | tuple) and len(thing) > LARGE
