"""A server process follows the pointer: forwards, and back only when an administrator went back."""

import gc
import threading

import pytest
from editions import KEYRING, LIMITS, PEOPLE, build, put
from followed import (
    HELD,
    LOOKS,
    NEXT,
    NEXT_PEOPLE,
    PATIENCE,
    ClockedStore,
    look_in_the_background,
    point_to,
    publish_next,
    standing,
)

from flagging.register.chunks import chunk_key
from flagging.register.live import OBJECTS_BETWEEN_COLLECTIONS, LiveRegister
from flagging.register.sync_log import Told


def test_before_anything_is_found_nothing_is_held(clocked, clock):
    register = LiveRegister(clocked, LIMITS, clock)
    register.look(wait=True)
    assert register.held.edition is None
    assert register.freshness(register.held) is None
    assert register.held.source(clock()) == "replica"
    assert register.held.trouble == "Redis answers, but holds no register"


@LOOKS
def test_a_new_edition_is_taken_over_whole(register, clocked, look):
    publish_next(clocked)
    look(register)
    assert standing(register) == (NEXT, "redis", "current")
    assert register.held.edition.index.records == list(NEXT_PEOPLE)
    assert register.held.pointer.generation == 2000


@LOOKS
def test_records_that_have_not_changed_are_held_once_while_two_editions_are(register, clocked, look):
    before = register.held.edition.index.records
    publish_next(clocked)
    look(register)
    after = register.held.edition.index.records
    assert len(after) > len(before)
    assert all(one is other for one, other in zip(before, after, strict=False))


@LOOKS
def test_an_administrator_who_went_back_is_followed(register, clocked, look):
    publish_next(clocked)
    look(register)
    point_to(clocked, clocked.manifest(HELD), generation=3000, because="rolled back")
    look(register)
    assert standing(register) == (HELD, "redis", "current")


def test_until_the_new_edition_has_loaded_to_the_end_the_old_one_answers(clocked, clock, two_to_a_chunk):
    reached, go_on = threading.Event(), threading.Event()
    loads = []

    class SlowStore(ClockedStore):
        def chunk(self, number, position):
            if (number, position) == (NEXT, 2):
                loads.append(number)
                reached.set()
                assert go_on.wait(PATIENCE)
            return super().chunk(number, position)

    slow = SlowStore(clocked.client, KEYRING)
    held = build(number=HELD)
    put(clocked, held)
    point_to(clocked, held.manifest, generation=1000)
    register = LiveRegister(slow, LIMITS, clock)
    register.look(wait=True)
    publish_next(clocked)
    register.look()
    assert reached.wait(PATIENCE)
    for _ in range(3):
        register.look()
        assert register.held.edition.index.records == list(PEOPLE)
    go_on.set()
    register._loader.join(PATIENCE)
    assert register.held.edition.index.records == list(NEXT_PEOPLE)
    register.look()
    assert standing(register) == (NEXT, "redis", "current")
    assert loads == [NEXT], "it was loaded several times at once"


def test_an_edition_that_is_held_is_not_loaded_again(register, clocked):
    loaded = []
    clocked.pointed = loaded.append
    for _ in range(3):
        look_in_the_background(register)
    assert loaded == []


def test_what_the_last_sync_said_is_passed_on(register, clocked):
    told = Told({"result": "refused"}, lambda _: [{"guard": "count_drop"}])
    clocked.tell(told, register.held.pointer)
    register.look(wait=True)
    assert register.held.last_sync == {"result": "refused"}
    assert register.reports() == [{"guard": "count_drop"}]


@pytest.fixture
def common_collections():
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*before)


@pytest.mark.usefixtures("common_collections")
def test_garbage_collections_are_rare_once_an_edition_is_held(register, clocked):
    publish_next(clocked)
    register.look(wait=True)
    assert gc.get_threshold()[0] == OBJECTS_BETWEEN_COLLECTIONS
    assert gc.isenabled()


def test_garbage_collection_is_on_again_after_loading_and_after_failing_to(register, clocked):
    publish_next(clocked)
    clocked.client.delete(chunk_key(NEXT, 0))
    register.look(wait=True)
    assert gc.isenabled()
