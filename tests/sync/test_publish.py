"""Publishing: at every moment Redis points to a whole edition, whatever fails."""

import threading
from dataclasses import replace

import pytest
from editions import (
    FORMER,
    KEYRING,
    LIMITS,
    MISSING,
    NEWCOMER,
    OTHER_KEYRING,
    PEOPLE,
    SAMPLE,
    build,
    content_of,
    draft,
    fake_redis,
    flip,
    person,
    publisher,
    put,
)

from flagging.errors import EditionUnverified, PublishConflict, StoreUnreachable
from flagging.identity.person import BirthDate, Identity, Persona, PersonName
from flagging.matching.search import SearchResult
from flagging.record import Record
from flagging.register import chunks as chunks_module
from flagging.register.chunks import chunk_key, manifest_key, report_key
from flagging.register.live import LiveRegister
from flagging.register.manifest import Counts, Heartbeat
from flagging.register.store import EDITIONS, LOCK, POINTER, EditionStore
from flagging.sync import publish as publish_module
from flagging.sync.publish import MOST_CANARIES, PUBLISHED, ROLLED_BACK, choose_canaries
from flagging.terms import Status

PATIENCE = 20.0


@pytest.fixture(params=["fake", "real"])
def client(request):
    return fake_redis() if request.param == "fake" else request.getfixturevalue("redis_client")


@pytest.fixture
def store(client, monkeypatch):
    monkeypatch.setattr(chunks_module, "RECORDS_PER_CHUNK", 2)
    return EditionStore(client, KEYRING)


def served(store):
    """The edition a server that starts now would answer from; None if there is none."""
    register = LiveRegister(EditionStore(store.client, KEYRING), LIMITS)
    register.look(wait=True)
    return register.held.edition


def editions_in(client):
    """The numbers of the editions of which anything stands in Redis."""
    return sorted({int(key.split(b":")[2]) for key in client.keys("flagging:edition:*")})


# -- a new edition ---------------------------------------------------------------------------------------------------


def test_a_published_edition_is_what_a_server_then_holds(store):
    manifest = publisher(store).publish(draft(PEOPLE, caveats=("1 row …",)))
    edition = served(store)
    assert edition.manifest == manifest
    assert edition.index.records == list(PEOPLE)
    assert (manifest.number, manifest.counts, manifest.caveats) == (1, Counts(3, 1, 1), ("1 row …",))
    assert (manifest.list_name, manifest.list_digest, manifest.listed_count) == ("list.csv", "digest", 4)
    assert manifest.key_id == KEYRING.key_id
    assert store.documents.read(report_key(1)) == {"edition": 1}


def test_its_heartbeat_is_the_moment_it_was_built_by_the_clock_of_redis(store):
    before = store.look().now
    manifest = publisher(store).publish(draft())
    sighting = store.look()
    assert sighting.heartbeat == Heartbeat(1, manifest.built_at, manifest.list_dated)
    assert before <= manifest.built_at <= sighting.now
    assert (sighting.pointer.edition, sighting.pointer.because) == (1, PUBLISHED)


def test_a_list_dated_in_the_future_is_dated_now(store):
    manifest = publisher(store).publish(draft(list_dated=store.look().now + 3600))
    assert manifest.list_dated == manifest.built_at


def test_numbers_and_generations_grow_from_edition_to_edition(store):
    seen = []
    for _ in range(3):
        publisher(store).publish(draft())
        pointer = store.look().pointer
        seen.append((pointer.edition, pointer.generation))
    assert [number for number, _ in seen] == [1, 2, 3]
    assert seen == sorted(set(seen))


def test_generation_and_number_grow_on_after_redis_has_forgotten_everything(store):
    number = publisher(store).publish(draft()).number
    generation = store.look().pointer.generation
    register = LiveRegister(store, LIMITS)
    register.look(wait=True)
    store.client.flushall()
    manifest = publisher(store).publish(draft((*PEOPLE, NEWCOMER), follows=number))
    assert manifest.number > number
    assert store.look().pointer.generation > generation
    register.look(wait=True)
    assert register.held.edition.manifest == manifest


def test_the_generation_grows_even_where_the_clock_of_redis_was_set_back(store):
    class Lagging(EditionStore):
        def look(self):
            return replace(super().look(), now=1.0)

    publisher(store).publish(draft())
    generation = store.look().pointer.generation
    publisher(Lagging(store.client, KEYRING)).publish(draft())
    assert store.look().pointer.generation == generation + 1


# -- what may go wrong -----------------------------------------------------------------------------------------------


class FailingStore(EditionStore):
    """A store at one step of which Redis is out of reach, or what it holds is altered behind the publisher's back."""

    fails_at = ""

    def _step(self, name):
        if self.fails_at == name:
            raise StoreUnreachable(f"Redis: {name}")

    def next_number(self, above):
        self._step("number")
        return super().next_number(above)

    def write_chunk(self, number, position, sealed, fence):
        self._step(f"chunk {position}")
        super().write_chunk(number, position, sealed, fence)
        if self.fails_at == f"chunk {position} is lost":
            self.client.delete(chunk_key(number, position))
        if self.fails_at == f"chunk {position} is altered":
            self.client.set(chunk_key(number, position), flip(sealed, 60))

    def write_manifest(self, manifest, report, fence):
        self._step("manifest")
        super().write_manifest(manifest, report, fence)
        if self.fails_at == "manifest is lost":
            self.client.delete(manifest_key(manifest.number))

    def chunk(self, number, position):
        self._step(f"reading chunk {position}")
        return super().chunk(number, position)

    def manifest(self, number):
        self._step("reading the manifest")
        return super().manifest(number)

    def switch(self, pointer, heartbeat, fence):
        self._step("switch")
        super().switch(pointer, heartbeat, fence)


UNREACHABLE_AT = ("number", "chunk 0", "chunk 2", "manifest", "reading the manifest", "reading chunk 1", "switch")
UNVERIFIED_AT = ("chunk 1 is lost", "chunk 2 is altered", "manifest is lost")


@pytest.mark.parametrize(
    ("step", "error"),
    [(step, StoreUnreachable) for step in UNREACHABLE_AT] + [(step, EditionUnverified) for step in UNVERIFIED_AT],
)
def test_a_failure_at_any_step_leaves_the_old_edition_current(store, step, error):
    old = publisher(store).publish(draft())
    seen = store.look()
    failing = FailingStore(store.client, KEYRING)
    failing.fails_at = step
    with pytest.raises(error):
        publisher(failing).publish(draft((*PEOPLE, NEWCOMER)))
    assert store.look().pointer == seen.pointer
    assert store.look().heartbeat == seen.heartbeat
    assert served(store).manifest == old
    assert store.kept() == [old.number]
    assert store.client.get(LOCK) is None


@pytest.mark.parametrize("step", [step for step in (*UNREACHABLE_AT, *UNVERIFIED_AT) if step != "number"])
def test_however_often_publishing_fails_nothing_piles_up_and_no_kept_edition_is_lost(store, step):
    old = publisher(store, keep=2).publish(draft())
    failing = FailingStore(store.client, KEYRING)
    failing.fails_at = step
    for _ in range(4):
        with pytest.raises((StoreUnreachable, EditionUnverified)):
            publisher(failing, keep=2).publish(draft((*PEOPLE, NEWCOMER)))
        assert len(editions_in(store.client)) <= 2
    new = publisher(store, keep=2).publish(draft((*PEOPLE, NEWCOMER)))
    assert editions_in(store.client) == store.kept() == [old.number, new.number]


def test_an_edition_whose_canaries_are_not_recognised_is_never_current(store, monkeypatch):
    old = publisher(store).publish(draft())
    monkeypatch.setattr(publish_module, "search", lambda *_: SearchResult(()))
    with pytest.raises(EditionUnverified, match="canary"):
        publisher(store).publish(draft((*PEOPLE, NEWCOMER)))
    assert served(store).manifest == old


def test_people_too_alike_to_be_told_all_at_once_are_still_published(store):
    twins = [person(f"T-{number:02}", "sampleton") for number in range(40)]
    publisher(store).publish(draft(twins))
    assert len(served(store).index) == 40


def test_a_switch_that_was_made_although_its_answer_was_lost_leaves_a_whole_edition(store):
    class Cut(EditionStore):
        def switch(self, pointer, heartbeat, fence):
            super().switch(pointer, heartbeat, fence)
            raise StoreUnreachable("Redis: TimeoutError")

    publisher(store).publish(draft())
    with pytest.raises(StoreUnreachable):
        publisher(Cut(store.client, KEYRING)).publish(draft((*PEOPLE, NEWCOMER)))
    assert served(store).index.records == [*PEOPLE, NEWCOMER]
    assert store.kept() == [1, 2]


def test_tidying_up_that_fails_does_not_make_a_published_edition_a_failure(store):
    class Cut(EditionStore):
        def retire(self, numbers, fence):
            raise StoreUnreachable("Redis: TimeoutError")

    assert publisher(Cut(store.client, KEYRING), keep=1).publish(draft()).number == 1
    assert publisher(Cut(store.client, KEYRING), keep=1).publish(draft()).number == 2
    assert served(store).manifest.number == 2
    assert publisher(store, keep=1).publish(draft()).number == 3
    assert editions_in(store.client) == [3]


def test_without_redis_nothing_is_published(store):
    class Gone(EditionStore):
        def publishing(self):
            raise StoreUnreachable("Redis: ConnectionError")

    with pytest.raises(StoreUnreachable):
        publisher(Gone(store.client, KEYRING)).publish(draft())
    assert store.client.keys() == []


# -- several publishers ----------------------------------------------------------------------------------------------


def test_of_two_publishers_at_once_one_publishes_and_the_other_is_turned_away(store):
    reached, go_on = threading.Event(), threading.Event()

    class Slow(EditionStore):
        def write_chunk(self, number, position, sealed, fence):
            reached.set()
            assert go_on.wait(PATIENCE)
            super().write_chunk(number, position, sealed, fence)

    published = []
    slow = publisher(Slow(store.client, KEYRING))
    thread = threading.Thread(target=lambda: published.append(slow.publish(draft((*PEOPLE, NEWCOMER)))))
    thread.start()
    try:
        assert reached.wait(PATIENCE)
        with pytest.raises(PublishConflict):
            publisher(store).publish(draft())
        with pytest.raises(PublishConflict):
            publisher(store).roll_back(1)
    finally:
        go_on.set()
        thread.join(PATIENCE)
    assert [manifest.number for manifest in published] == [1]
    assert served(store).index.records == [*PEOPLE, NEWCOMER]


@pytest.mark.parametrize("step", ["chunk", "manifest", "switch"])
@pytest.mark.parametrize("taken", [False, True], ids=["expired", "taken-over"])
def test_a_publisher_that_loses_the_lock_on_the_way_switches_nothing(store, step, taken):
    old = publisher(store).publish(draft())

    class Stalled(EditionStore):
        def _stall(self, name):
            if name == step:
                self.client.delete(LOCK)
                if taken:
                    self.client.set(LOCK, 99)

        def write_chunk(self, number, position, sealed, fence):
            if position == 1:
                self._stall("chunk")
            super().write_chunk(number, position, sealed, fence)

        def write_manifest(self, manifest, report, fence):
            self._stall("manifest")
            super().write_manifest(manifest, report, fence)

        def switch(self, pointer, heartbeat, fence):
            self._stall("switch")
            super().switch(pointer, heartbeat, fence)

    before = store.client.get(POINTER)
    with pytest.raises(PublishConflict):
        publisher(Stalled(store.client, KEYRING)).publish(draft((*PEOPLE, NEWCOMER)))
    assert store.client.get(POINTER) == before
    assert store.client.get(LOCK) == (b"99" if taken else None)
    assert served(store).manifest == old


def test_a_publisher_that_wakes_up_after_another_has_published_changes_nothing(store):
    """The first stalls before its switch for so long that the lock expires and a second one publishes."""

    class Stalled(EditionStore):
        def switch(self, pointer, heartbeat, fence):
            self.client.delete(LOCK)
            publisher(store).publish(draft((*PEOPLE, NEWCOMER)))
            super().switch(pointer, heartbeat, fence)

    with pytest.raises(PublishConflict):
        publisher(Stalled(store.client, KEYRING)).publish(draft(PEOPLE[:2]))
    assert served(store).index.records == [*PEOPLE, NEWCOMER]


# -- what is kept ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keep", [1, 2, 5])
def test_so_many_editions_are_kept_whole_and_no_trace_of_older_ones(store, keep):
    for _ in range(7):
        publisher(store, keep).publish(draft())
    expected = list(range(8 - keep, 8))
    assert store.kept() == editions_in(store.client) == expected
    for number in expected:
        assert store.is_whole(store.manifest(number))


def test_what_an_unfinished_publisher_left_is_swept_by_the_next(store):
    publisher(store).publish(draft())
    store.client.set(chunk_key(9, 0), b"orphan")
    store.client.set(chunk_key(100, 3), b"orphan")
    put(store, build(number=12))
    publisher(store).publish(draft())
    assert editions_in(store.client) == [1, 2]


def test_the_current_edition_is_never_swept_even_if_redis_forgot_that_it_is_kept(store):
    publisher(store).publish(draft())
    store.client.delete(EDITIONS)
    failing = FailingStore(store.client, KEYRING)
    failing.fails_at = "switch"
    with pytest.raises(StoreUnreachable):
        publisher(failing).publish(draft())
    assert served(store).manifest.number == 1


def test_an_edition_an_administrator_went_back_to_survives_publishers_at_work(store):
    """Going back waits for the lock: nobody retires an edition while it is made current."""
    for _ in range(2):
        publisher(store, keep=2).publish(draft())

    class WentBack(EditionStore):
        def retire(self, numbers, fence):
            with pytest.raises(PublishConflict):
                publisher(store, keep=2).roll_back(1)
            super().retire(numbers, fence)

    publisher(WentBack(store.client, KEYRING), keep=2).publish(draft())
    assert served(store).manifest.number == 3
    assert store.kept() == [2, 3]


# -- going back ------------------------------------------------------------------------------------------------------


def test_an_administrator_can_go_back_to_a_kept_edition(store):
    old = publisher(store).publish(draft())
    publisher(store).publish(draft((*PEOPLE, NEWCOMER)))
    generation = store.look().pointer.generation
    assert publisher(store).roll_back(old.number) == old
    pointer = store.look().pointer
    assert (pointer.edition, pointer.because) == (old.number, ROLLED_BACK)
    assert pointer.generation > generation
    assert served(store).manifest == old
    assert store.kept() == [1, 2]


def test_going_back_makes_the_register_neither_fresher_nor_staler_and_dates_it_by_its_own_list(store):
    old = publisher(store).publish(draft(list_dated=1_000_000.0))
    publisher(store).publish(draft(list_dated=2_000_000.0))
    checked_at = store.look().now - 600
    store.beat(Heartbeat(2, checked_at, 2_000_000.0))
    publisher(store).roll_back(old.number)
    assert store.look().heartbeat == Heartbeat(1, checked_at, 1_000_000.0)


def test_going_back_without_any_heartbeat_is_dated_by_the_edition(store):
    old = publisher(store).publish(draft())
    store.client.delete("flagging:checked")
    publisher(store).roll_back(old.number)
    assert store.look().heartbeat == Heartbeat(1, old.built_at, old.list_dated)


def test_nobody_can_go_back_to_an_edition_that_is_not_kept_or_does_not_verify(store):
    for _ in range(3):
        publisher(store, keep=2).publish(draft())
    put(store, build(number=9))
    store.client.delete(chunk_key(2, 1))
    before = content_of(store.client)
    for number in (1, 2, 9, 77):
        with pytest.raises(EditionUnverified):
            publisher(store, keep=2).roll_back(number)
    after = content_of(store.client)
    assert {key for key in before | after if before.get(key) != after.get(key)} == {b"flagging:fence"}


def test_nobody_without_the_key_can_go_back(store):
    publisher(store).publish(draft())
    with pytest.raises(EditionUnverified):
        publisher(EditionStore(store.client, OTHER_KEYRING)).roll_back(1)


# -- canaries --------------------------------------------------------------------------------------------------------


def nameless(ref):
    return Record(ref, Status.ACTIVE, Identity((Persona(None, BirthDate(1980, 1, 1)),)))


def test_canaries_are_spread_over_the_edition():
    people = tuple(person(f"T-{number:03}", "sampleton") for number in range(100))
    assert choose_canaries(people) == ("T-000", "T-020", "T-040", "T-060", "T-080")


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ((), ()),
        (PEOPLE, ("T-1", "T-2", "T-3", "T-4")),
        ((SAMPLE, nameless("N-1"), FORMER, MISSING), ("T-1", "T-3", "T-4")),
        ((nameless("N-1"), Record("N-2", Status.ACTIVE, Identity(()))), ()),
        ((person("N-3", "sampleton", BirthDate(1980)), person("N-4", "sampleton", BirthDate(1980, 2))), ()),
        ((Record("N-5", Status.ACTIVE, Identity((Persona(PersonName((), ("x",)), BirthDate(1980, 1, 2)),))),), ()),
    ],
    ids=["nobody", "all-fit", "one-nameless", "none-fit", "dates-incomplete", "one-name"],
)
def test_canaries_have_a_name_and_a_whole_date_of_birth(people, expected):
    assert choose_canaries(people) == expected


@pytest.mark.parametrize("number", range(1, 30))
def test_there_are_never_more_canaries_than_asked_for(number):
    chosen = choose_canaries(tuple(person(f"T-{each}", "sampleton") for each in range(number)))
    assert len(chosen) == min(number, MOST_CANARIES)
