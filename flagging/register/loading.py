"""What it takes to exchange an edition under load: no request is to wait for it, before, during or after.

A process has one interpreter lock. Whoever computes for long, or frees a hundred thousand objects at once, holds up
every request meanwhile; so loading is done in slices, and an edition that has been replaced is let go of in slices.
"""

import contextlib
import gc
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any

from flagging.register.edition import Edition

SLICE_PAUSE = 0.0008
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
        containers = _gather(edition, parts)
        del edition
        while containers:
            del containers[-1]
            take_a_break()
    while parts:
        del parts[-PARTS_PER_SLICE:]
        take_a_break()


def _gather(whole: Any, parts: list[Any]) -> list[Any]:
    """Return the large containers that belong to something, and what holds them; add all else they hold to parts.

    One by one: copying a large container, or freeing it with all it holds, keeps the interpreter for milliseconds.
    """
    containers, opened, known = [whole], 0, {id(whole)}
    while opened < len(containers):
        with contextlib.suppress(RuntimeError):  # a lookup was still adding to it: the rest of it is freed at once
            for each in _inside(containers[opened]):
                if not _is_container(each):
                    parts.append(each)
                elif id(each) not in known:
                    known.add(id(each))
                    containers.append(each)
                if len(parts) % PARTS_PER_SLICE == 0:
                    take_a_break()
        opened += 1
    return containers


def _inside(thing: Any) -> Iterable[Any]:
    """Return what something holds; an object of a compiled class has no `__dict__`."""
    if isinstance(thing, dict):
        return chain(thing, thing.values())
    if isinstance(thing, list | set | tuple):
        return thing
    return [*gc.get_referents(thing), *getattr(thing, "__dict__", {}).values()]


def _is_container(thing: Any) -> bool:
    """True for what is large, and for the parts that an index is made of, such as its sets of rows."""
    if isinstance(thing, dict | list | set | tuple):
        return len(thing) > LARGE
    return type(thing).__module__.startswith("flagging.matching.")
