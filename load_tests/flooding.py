"""A caller who floods: a process of its own, which gives way to others, as it would be on another machine."""

import multiprocessing
import os
from contextlib import contextmanager

import asking


@contextmanager
def flooding(port, token, make_bodies, connections):
    """Ask whatever `make_bodies` yields, as fast as it is answered; yield statuses, which are there afterwards.

    Raises EOFError if the flood ended by a fault.
    """
    context = multiprocessing.get_context("fork")
    is_over, (ours, theirs) = context.Event(), context.Pipe(duplex=False)
    flooder = context.Process(target=_flood, args=(port, token, make_bodies, connections, is_over, theirs))
    flooder.start()
    theirs.close()
    statuses = {}
    try:
        yield statuses
    finally:
        is_over.set()
        if ours.poll(60):
            statuses |= ours.recv()
        flooder.join()


def _flood(port, token, make_bodies, connections, is_over, told):
    os.nice(19)
    asker = asking.Asker(port, [("Authorization", f"Bearer {token}")])
    told.send(asker.without_end(make_bodies(), connections, is_over.is_set))
