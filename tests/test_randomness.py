"""Random bytes drawn from a store: each once only, whoever draws."""

import os
from concurrent.futures import ThreadPoolExecutor

from flagging.randomness import DRAWN_BYTES, draw


def test_no_two_draws_are_alike_in_whichever_thread():
    with ThreadPoolExecutor(8) as threads:
        drawn = list(threads.map(lambda _: draw(), range(5_000)))
    assert len(set(drawn)) == 5_000
    assert {len(each) for each in drawn} == {DRAWN_BYTES}


def test_a_forked_process_draws_others_than_its_parent():
    draw()  # so that there is a store to be shared
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.write(write, b"".join(draw() for _ in range(300)))
        os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        found = pipe.read()
    theirs = {found[at : at + DRAWN_BYTES] for at in range(0, len(found), DRAWN_BYTES)}
    assert len(theirs) == 300
    assert theirs.isdisjoint(draw() for _ in range(300))
