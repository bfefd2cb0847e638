"""Several publishers: only one ever publishes, and one that lost its lock changes nothing any more."""

import threading

import pytest
from editions import KEYRING, NEWCOMER, PEOPLE, draft, go_back, person, publish, publisher
from published import PATIENCE, before, served

from flagging.errors import PublishConflict
from flagging.register.publication import LOCK, Publication
from flagging.register.store import POINTER, EditionStore


def test_of_two_publishers_at_once_one_publishes_and_the_other_is_turned_away(store):
    reached, go_on = threading.Event(), threading.Event()
    published = []

    def wait(*_args):
        reached.set()
        assert go_on.wait(PATIENCE)

    slow = publisher(EditionStore(store.client, KEYRING))
    thread = threading.Thread(target=lambda: published.append(slow.publish(draft((*PEOPLE, NEWCOMER)))))
    with before(Publication, "write_chunk", wait):
        thread.start()
        try:
            assert reached.wait(PATIENCE)
            with pytest.raises(PublishConflict):
                publish(store)
            with pytest.raises(PublishConflict):
                go_back(store, 1)
        finally:
            go_on.set()
            thread.join(PATIENCE)
    assert [manifest.number for manifest, _ in published] == [1]
    assert served(store).index.records == [*PEOPLE, NEWCOMER]


STEPS = {"chunk": "write_chunk", "manifest": "write_manifest", "reading back": "renew", "switch": "switch"}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
@pytest.mark.parametrize("taken", [False, True], ids=["expired", "taken-over"])
def test_a_publisher_that_loses_the_lock_on_the_way_switches_nothing(store, step, taken):
    old = publish(store)
    lock = b"99" if taken else None

    def lose(publication, *_args):
        store.client.delete(LOCK)
        if taken:
            store.client.set(LOCK, lock)

    pointer = store.client.get(POINTER)
    with before(Publication, step, lose), pytest.raises(PublishConflict):
        publish(store, [*PEOPLE, *(person(f"Z-{each:02}", "sampleton") for each in range(25))])
    assert store.client.get(POINTER) == pointer
    assert store.client.get(LOCK) == lock
    assert served(store).manifest == old


def test_a_publisher_that_wakes_up_after_another_has_published_changes_nothing(store):
    """The first stalls before its switch for so long that the lock expires and a second one publishes."""
    woken = []

    def stall(*_args):
        if not woken:
            woken.append(True)
            store.client.delete(LOCK)
            publish(store, (*PEOPLE, NEWCOMER))

    with before(Publication, "switch", stall), pytest.raises(PublishConflict):
        publish(store, PEOPLE[:2])
    assert served(store).index.records == [*PEOPLE, NEWCOMER]


def test_of_two_who_saw_the_same_edition_only_the_first_to_publish_does(store):
    publish(store)
    seen = store.look().pointer
    publisher(store).publish(draft((*PEOPLE, NEWCOMER), seen=seen))
    with pytest.raises(PublishConflict):
        publisher(store).publish(draft(PEOPLE[:2], seen=seen))
    assert served(store).index.records == [*PEOPLE, NEWCOMER]


def test_going_back_waits_for_publishers_at_work(store):
    """Nobody retires an edition while it is made current."""
    for _ in range(2):
        publish(store, keep=2)

    def try_to_go_back(*_args):
        with pytest.raises(PublishConflict):
            go_back(store, 1)

    with before(Publication, "retire", try_to_go_back):
        publish(store, keep=2)
    assert served(store).manifest.number == 3
    assert store.kept() == [2, 3]
