"""Going back to a kept edition and forward again, and what that says of how fresh the register is."""

import pytest
from editions import (
    KEYRING,
    NEWCOMER,
    OTHER_KEYRING,
    PEOPLE,
    build,
    content_of,
    go_back,
    heartbeat_of,
    publish,
    publisher,
    put,
)
from published import served

from flagging.errors import EditionUnverified, RegisterChangeRefused
from flagging.register.chunks import chunk_key, manifest_key
from flagging.register.store import HEARTBEAT, EditionStore
from flagging.register.sync_log import LAST_SYNC, Told
from flagging.sync.publish import ROLLED_BACK


def accepted_by(digest):
    """What the worker notes of a list that became an edition."""

    def told(manifest):
        accepted = {
            "digest": digest, "edition": manifest.number, "fingerprint": manifest.fingerprint, "day": "2026-03-02",
            "counts": {}, "report": "1",
        }  # fmt: skip
        return Told({"result": "published", "accepted": accepted})

    return {"list_digest": digest, "told": told}


@pytest.fixture
def two(store):
    """A store with two editions: the first of list L1, the second of list L2."""
    publish(store, **accepted_by("L1"))
    publish(store, (*PEOPLE, NEWCOMER), **accepted_by("L2"))
    return store


def test_an_administrator_can_go_back_to_a_kept_edition(two):
    old, generation = two.manifest(1), two.look().pointer.generation
    assert go_back(two, 1) == old
    pointer = two.look().pointer
    assert (pointer.edition, pointer.fingerprint, pointer.because) == (1, old.fingerprint, ROLLED_BACK)
    assert pointer.generation > generation
    assert served(two).manifest == old
    assert two.kept() == [1, 2]


def test_it_holds_off_the_list_that_was_accepted_last(two):
    assert two.look().pointer.hold is None
    go_back(two, 1)
    assert two.look().pointer.hold == "L2"


def test_going_forward_again_to_what_that_list_says_holds_nothing_off(two):
    go_back(two, 1)
    go_back(two, 2)
    assert (two.look().pointer.edition, two.look().pointer.hold) == (2, None)
    assert served(two).index.records == [*PEOPLE, NEWCOMER]


def test_going_back_further_goes_on_holding_the_same_list_off(two):
    publish(two, PEOPLE[:1], **accepted_by("L3"))
    go_back(two, 2)
    go_back(two, 1)
    assert two.look().pointer.hold == "L3"


@pytest.mark.parametrize("lose", [lambda client: client.delete(LAST_SYNC), lambda client: client.set(LAST_SYNC, b"x")])
def test_without_a_note_the_list_of_the_edition_gone_back_from_is_held_off(two, lose):
    lose(two.client)
    go_back(two, 1)
    assert two.look().pointer.hold == "L2"
    go_back(two, 1)
    assert two.look().pointer.hold == "L2"


def test_it_is_the_way_out_of_a_damaged_edition_too(two):
    two.client.delete(LAST_SYNC, manifest_key(2))
    go_back(two, 1)
    assert served(two).manifest.number == 1


def test_going_back_makes_the_register_neither_fresher_nor_staler_and_dates_it_by_its_own_list(store):
    old = publish(store, list_dated=1_000_000.0)
    new = publish(store, list_dated=2_000_000.0)
    checked_at = store.look().now - 600
    store.beat(heartbeat_of(new, checked_at, 2_000_000.0), store.look().pointer)
    go_back(store, old.number)
    assert store.look().heartbeat == heartbeat_of(old, checked_at, 1_000_000.0)


def test_going_back_without_any_heartbeat_is_dated_by_when_the_editions_list_was_read(store):
    old = publish(store, checked_at=1_500_000_000.0)
    publish(store)
    store.client.delete(HEARTBEAT)
    go_back(store, old.number)
    assert store.look().heartbeat == heartbeat_of(old, 1_500_000_000.0, old.list_dated)


def test_it_is_recorded_of_a_verified_edition_before_it_is_current(two):
    seen = []
    publisher(two).roll_back(1, lambda manifest: seen.append((manifest.number, two.look().pointer.edition)))
    assert seen == [(1, 2)]


def test_what_cannot_be_recorded_is_not_gone_back_to(two):
    def fail(_manifest):
        raise RegisterChangeRefused("this cannot be recorded")

    before = two.look()
    with pytest.raises(RegisterChangeRefused):
        publisher(two).roll_back(1, fail)
    assert (two.look().pointer, two.look().heartbeat) == (before.pointer, before.heartbeat)


def test_nobody_can_go_back_to_an_edition_that_is_not_kept_or_does_not_verify(store):
    for _ in range(3):
        publish(store, keep=2)
    put(store, build(number=9))
    store.client.delete(chunk_key(2, 1))
    before = content_of(store.client)
    for number in (1, 2, 9, 77):
        with pytest.raises(EditionUnverified):
            go_back(store, number, keep=2)
    after = content_of(store.client)
    assert {key for key in before | after if before.get(key) != after.get(key)} == {b"flagging:fence"}


def test_in_an_old_copy_of_redis_there_is_no_going_back(two):
    """Made current in it, an edition would take the place of what servers hold and it has lost."""
    seen = two.look().pointer.generation
    publisher(two).roll_back(1, lambda _: None, seen=seen)
    with pytest.raises(EditionUnverified, match="old copy"):
        publisher(two).roll_back(2, lambda _: None, seen=two.look().pointer.generation + 1)
    assert two.look().pointer.edition == 1


def test_nobody_without_the_key_can_go_back(store):
    publish(store)
    with pytest.raises(EditionUnverified):
        go_back(EditionStore(store.client, OTHER_KEYRING), 1)
    assert store.seal.key_id == KEYRING.key_id
