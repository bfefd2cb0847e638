"""Keys rotated in a register with everything in it: nobody loses sight of anything, wherever it is cut short."""

import shutil
import signal
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

import orjson
import pytest
import rotating
from doomed import Doomed
from editions import LIMITS, NEWCOMER, PEOPLE, heartbeat_of, publish
from redis import Redis
from rotating import rotation
from sweeps import first_of

from flagging.access.live import LiveAccess
from flagging.errors import EditionUnverified, KeyChangeRefused, KeyFileFault, StoreUnreachable
from flagging.key_file import add_key, create_key_file, load_keyring, supersede_older_keys
from flagging.ledger.segments import read_segment
from flagging.redis_connection import connect
from flagging.register import chunks
from flagging.register.chunks import report_key
from flagging.register.edition import load_records
from flagging.register.live import LiveRegister
from flagging.register.publication import LOCK, publishing
from flagging.register.replica import ReplicaFile
from flagging.register.servers import key_channel
from flagging.register.store import ANNOUNCEMENTS, HEARTBEAT, EditionStore
from flagging.register.sync_log import Told
from flagging.sealing import Keyring, recipients
from flagging.sync import key_rotation
from flagging.sync.key_rotation import Rotation
from flagging.sync.progress import PACKING, SEALING, VERIFYING, ending
from flagging.sync.reseal import RETRY_SECONDS, KeptSealed, Resealer
from flagging.terms import Role

PARTS = 4


@dataclass
class Scene:
    """A register with three editions, reports, a note and an access list; `reset` puts it back as it was."""

    client: Redis
    directory: Path

    def __post_init__(self):
        self.spools = []
        create_key_file(self.key_file)
        store = EditionStore(self.client, self.keyring)
        note, report = {"result": "published"}, {"id": "R-1", "first_at": "2026-03-02", "overlaps": []}
        for records in (PEOPLE[:2], PEOPLE[:3], PEOPLE):
            publish(store, records, told=lambda _: Told(note, lambda _: [report]), hold="digest of another list")
        access = LiveAccess(self.client, self.keyring, self.directory / "issuing")
        access.change(lambda known: known.issue("custody", Role.CUSTODY, datetime.now(UTC), None)[0])
        self.kept = {key: self.client.dump(key) for key in self.client.scan_iter()}
        self.keys_kept = self.key_file.read_bytes()

    @property
    def key_file(self):
        return self.directory / "keys.json"

    @property
    def keyring(self):
        return load_keyring(self.key_file)

    def reset(self):
        """Put everything back as it was, and have a server that will never see another key file."""
        while self.spools:
            self.spools.pop().close()
        self.client.flushall()
        for key, dumped in self.kept.items():
            self.client.restore(key, 0, dumped)
        self.key_file.unlink()
        self.key_file.touch(mode=0o600)
        self.key_file.write_bytes(self.keys_kept)
        for place in ("host", "other", "late"):
            shutil.rmtree(self.directory / place, ignore_errors=True)
        self.old = self.keyring
        self.running = LiveRegister(EditionStore(self.client, self.old), LIMITS)

    def rotation(self) -> Rotation:
        started = rotation(self.client, self.directory)
        self.spools.append(started.recorder.spool)
        return started

    def beat(self, keyring: Keyring):
        """Say that the list was checked just now, as a worker with these keys does."""
        store = EditionStore(self.client, keyring)
        sighting = store.look()
        manifest = store.pointed(sighting.pointer)
        store.beat(heartbeat_of(manifest, sighting.now, manifest.list_dated), sighting.pointer)

    def served(self, *registers):
        """Assert that these servers, and one that starts now, follow Redis and hold everybody."""
        for register in (*registers, LiveRegister(EditionStore(self.client, self.keyring), LIMITS)):
            register.look(wait=True)
            assert register.held.source(register.clock()) == "redis", register.held.trouble
            assert register.held.edition.index.records == list(PEOPLE)
            assert register.held.last_sync == {"result": "published"}
            assert register.held.pointer.hold == "digest of another list"

    def knows_callers(self, keyring: Keyring):
        access = LiveAccess(self.client, keyring, self.directory / "late")
        access.look()
        return access.access_list is not None and [token.name for token in access.access_list.tokens] == ["custody"]

    def recipients(self):
        """For whom the things in Redis are sealed."""
        values = [self.client.get(key) for key in self.client.scan_iter(match="flagging:*", _type="string")]
        return {recipients(value) for value in values if value.startswith(b"FS")}

    def assert_whole(self):
        """Assert that all that is kept can still be read: every edition, its report, and the list of reports."""
        store = EditionStore(self.client, self.keyring)
        assert len(store.kept()) >= 3
        for number in store.kept():
            manifest = store.manifest(number)
            assert load_records(manifest, store.chunks_of(manifest), store.seal)
            assert store.edition_report(number) is not None
        assert [report["id"] for report in store.log.reports()][-1] == "R-1"


@pytest.fixture(scope="module")
def kept_scene(tmp_path_factory, redis_server):
    directory = tmp_path_factory.mktemp("rotated")
    with pytest.MonkeyPatch.context() as patch, Redis.from_url(redis_server.url) as client:
        patch.setattr(chunks, "RECORDS_PER_CHUNK", 2)
        client.flushall()
        yield Scene(client, directory)


@pytest.fixture
def scene(kept_scene):
    kept_scene.reset()
    return kept_scene


@pytest.fixture
def begun(scene):
    """Half way: there is a new key, everything is sealed for both, and the worker has synced since."""
    assert scene.rotation().begin("a test")
    scene.beat(scene.keyring)
    return scene


def acts(scene):
    segments = sorted((scene.directory / "host" / "spool").glob("*.spool"))
    return [orjson.loads(entry)["kind"] for path in segments for entry in read_segment(path, scene.keyring)]


# -- begun -----------------------------------------------------------------------------------------------------------


def test_a_rotation_seals_everything_for_the_new_key_and_the_one_before(scene):
    assert scene.rotation().begin(None)
    new, old = scene.keyring.key_ids
    assert old == scene.old.key_id
    assert scene.recipients() == {(new, old)}
    scene.assert_whole()
    assert acts(scene) == ["keys_rotated"]


def test_servers_with_and_without_the_new_key_hold_the_same(begun):
    begun.served(begun.running)
    assert begun.knows_callers(begun.old)
    assert begun.knows_callers(begun.keyring)
    (newest, _) = begun.keyring.in_use
    begun.served(LiveRegister(EditionStore(begun.client, Keyring((newest,))), LIMITS))


def test_a_worker_without_the_new_key_goes_on_vouching_and_publishing(begun):
    begun.beat(begun.old)
    begun.served(begun.running)
    publish(EditionStore(begun.client, begun.old), (*PEOPLE, NEWCOMER))
    register = LiveRegister(EditionStore(begun.client, begun.keyring), LIMITS)
    register.look(wait=True)
    assert register.held.edition.index.records == [*PEOPLE, NEWCOMER]


def test_copies_of_the_access_list_are_replaced_on_every_host(scene):
    host = LiveAccess(scene.client, scene.old, scene.directory / "late")
    host.look()
    scene.rotation().begin(None)
    host.look()
    assert recipients((scene.directory / "late" / "access.sealed").read_bytes()) == scene.keyring.key_ids


def test_a_rotation_under_way_is_finished_and_no_other_key_is_made(begun):
    keys = begun.keyring.key_ids
    begun.beat(begun.old)
    assert not begun.rotation().begin("again")
    assert begun.keyring.key_ids == keys
    assert begun.recipients() == {keys}
    assert acts(begun) == ["keys_rotated"]


def test_where_there_is_nothing_yet_there_is_a_new_key_all_the_same(scene):
    scene.client.flushall()
    assert scene.rotation().begin(None)
    assert len(scene.keyring.in_use) == 2


def test_a_rotation_waits_for_a_sync_under_way(scene):
    waiting = []

    def sync_ends(_seconds):
        waiting.append(None)
        stack.__exit__(None, None, None)

    started = scene.rotation()
    started = replace(started, wait=sync_ends)
    stack = publishing(EditionStore(scene.client, scene.old))
    stack.__enter__()
    started.begin(None)
    assert waiting == [None]
    assert scene.recipients() == {scene.keyring.key_ids}


def test_without_redis_nothing_is_changed(scene):
    started = rotation(connect("unix:///nonexistent/redis.sock"), scene.directory)
    scene.spools.append(started.recorder.spool)
    before = scene.key_file.read_bytes()
    for step in (started.begin, started.end):
        with pytest.raises(StoreUnreachable):
            step(None)
    assert scene.key_file.read_bytes() == before


def test_a_key_file_that_cannot_be_written_changes_nothing(scene, monkeypatch):
    def fail(*_, **__):
        raise OSError(30, "Read-only file system")

    before = scene.recipients()
    monkeypatch.setattr("flagging.key_file.tempfile.mkstemp", fail)
    with pytest.raises(KeyFileFault, match="Read-only file system"):
        scene.rotation().begin(None)
    assert scene.recipients() == before


def test_what_opens_with_no_key_is_left_to_be_written_anew(scene):
    scene.client.set(report_key(1), b"FS1\x05other" + bytes(60))
    scene.rotation().begin(None)
    assert scene.recipients() == {scene.keyring.key_ids, ("other",)}


def test_a_kept_edition_that_does_not_verify_is_deleted(scene):
    scene.client.delete("flagging:edition:1:chunk:0")
    scene.rotation().begin(None)
    assert EditionStore(scene.client, scene.keyring).kept() == [2, 3, 4]
    assert scene.recipients() == {scene.keyring.key_ids}


def test_an_edition_that_became_current_meanwhile_is_not_touched(scene):
    """An administrator goes back to it just before it would have been replaced."""
    started = scene.rotation()
    store = EditionStore(scene.client, scene.old)
    rotating.publisher(store).roll_back(1, lambda _: None)
    started.resealer._replace_kept(1)
    assert store.pointed(store.look().pointer).number == 1


def test_nothing_is_built_on_an_old_copy_of_redis(scene):
    started = scene.rotation()
    pointer = EditionStore(scene.client, scene.old).look().pointer
    started = replace(started, resealer=replace(started.resealer, seen=lambda: pointer.generation + 1))
    with pytest.raises(EditionUnverified, match="old copy"):
        started.begin(None)
    assert EditionStore(scene.client, scene.keyring).look().pointer == pointer


# -- ended -----------------------------------------------------------------------------------------------------------


def test_once_it_has_ended_everything_is_sealed_for_the_new_key_alone(begun):
    new, old = begun.keyring.key_ids
    assert begun.rotation().end("all have it") == (old,)
    assert begun.recipients() == {(new,)}
    begun.served()
    begun.assert_whole()
    assert begun.knows_callers(begun.keyring)
    assert [key.key_id for key in begun.keyring.in_use] == [new]
    assert acts(begun) == ["keys_rotated", "keys_superseded"]


def test_what_somebody_seals_with_the_old_key_after_that_is_not_believed(begun):
    begun.rotation().end(None)
    stolen = EditionStore(begun.client, begun.old)
    begun.client.set(HEARTBEAT, stolen.documents.sealed(HEARTBEAT, {"edition": 1}))
    register = LiveRegister(EditionStore(begun.client, begun.keyring), LIMITS)
    register.look(wait=True)
    assert register.held.edition is None
    assert "not in use any more" in register.held.trouble


def test_the_old_key_goes_for_good_once_no_segment_of_the_spool_needs_it_and_its_receipts_still_verify(begun):
    key_id, signature = begun.old.sign(b"receipt")
    started = begun.rotation()
    assert started.end(None) == (begun.old.key_id,)
    shutil.rmtree(started.spool_dir)
    assert started.end(None) == ()
    assert begun.keyring.key_ids == (started.newest,)
    assert begun.keyring.is_signed(key_id, signature, b"receipt")


def test_while_a_server_lacks_the_new_key_it_does_not_end(begun):
    before = begun.key_file.read_bytes()
    with begun.client.pubsub() as with_key, begun.client.pubsub() as without:
        with_key.subscribe(ANNOUNCEMENTS, key_channel(begun.keyring.key_id))
        without.subscribe(ANNOUNCEMENTS, key_channel(begun.old.key_id))
        for subscription in (with_key, with_key, without, without):
            assert subscription.get_message(timeout=5)["type"] == "subscribe"
        with pytest.raises(KeyChangeRefused, match="1 of 2 server processes"):
            begun.rotation().end(None)
    assert begun.key_file.read_bytes() == before


@pytest.mark.parametrize("lacking", ["never", "by an older key"])
def test_while_no_list_was_checked_with_the_new_key_it_does_not_end(scene, lacking):
    scene.rotation().begin(None)
    if lacking == "by an older key":
        scene.beat(scene.old)
    with pytest.raises(KeyChangeRefused, match="no list has been checked with key"):
        scene.rotation().end(None)
    assert len(scene.keyring.in_use) == 2


def test_before_a_key_goes_out_of_use_whatever_was_sealed_for_it_alone_is_sealed_anew(begun, monkeypatch):
    """Somebody with the old key file published in between; a rotation killed just after would leave it unreadable."""
    publish(EditionStore(begun.client, begun.old), PEOPLE)
    begun.beat(begun.keyring)
    assert (begun.old.key_id,) in begun.recipients()
    seen = []
    monkeypatch.setattr(key_rotation, "supersede_older_keys", lambda *_: seen.append(begun.recipients()))
    begun.rotation().end(None)
    assert seen == [{begun.keyring.key_ids}]


def test_without_a_rotation_there_is_nothing_to_end(scene):
    before = scene.recipients()
    assert scene.rotation().end(None) == ()
    assert scene.recipients() == before
    assert acts(scene) == []


def test_one_rotation_after_another(begun):
    begun.rotation().end(None)
    first = begun.keyring.key_id
    begun.rotation().begin(None)
    begun.beat(begun.keyring)
    begun.rotation().end(None)
    assert begun.keyring.key_id != first
    assert begun.recipients() == {(begun.keyring.key_id,)}
    begun.assert_whole()


def test_a_worker_that_starts_after_redis_was_lost_builds_on_what_it_kept(begun):
    store = EditionStore(begun.client, begun.keyring)
    sighting = store.look()
    replica = ReplicaFile(begun.directory / "late", store)
    assert replica.keep(store.pointed(sighting.pointer), sighting.pointer)
    begun.rotation().end(None)
    assert ReplicaFile(begun.directory / "late", EditionStore(begun.client, begun.keyring)).load() is not None


# -- by the worker ---------------------------------------------------------------------------------------------------


def kept_sealed(scene, done):
    started = scene.rotation()
    return KeptSealed(started.keys, started.resealer, lambda: done.append(None))


def test_a_worker_finishes_what_a_rotation_cut_short_has_left(scene):
    done = []
    worker = kept_sealed(scene, done)
    worker.look()
    add_key(scene.key_file, datetime.now(UTC))
    worker.look()
    assert scene.recipients() == {scene.keyring.key_ids}
    supersede_older_keys(scene.key_file, datetime.now(UTC))
    worker.look()
    assert scene.recipients() == {(scene.keyring.key_id,)}
    assert len(done) == 2


@pytest.mark.parametrize("step", [PACKING, VERIFYING, SEALING])
def test_a_worker_told_to_end_seals_no_more_and_the_next_one_does_the_rest(step, scene):
    told, done = [], []
    add_key(scene.key_file, datetime.now(UTC))
    started = scene.rotation()
    progress = ending(lambda: step in told, lambda at, *_: told.append(at))
    KeptSealed(started.keys, replace(started.resealer, progress=progress), lambda: done.append(None)).look()
    assert (told.count(step), told[-1], done) == (1, step, [])
    kept_sealed(scene, done).look()
    assert scene.recipients() == {scene.keyring.key_ids}
    assert len(done) == 1


def test_a_worker_that_starts_does_so_too(scene):
    add_key(scene.key_file, datetime.now(UTC))
    kept_sealed(scene, []).look()
    assert scene.recipients() == {scene.keyring.key_ids}


def test_a_worker_looks_through_redis_once_and_again_only_when_keys_change(scene, monkeypatch):
    worker = kept_sealed(scene, [])
    worker.look()
    monkeypatch.setattr(Resealer, "run", lambda _: pytest.fail("it looked again"))
    worker.look()


def test_a_worker_that_cannot_do_it_now_tries_again_later(scene):
    worker = kept_sealed(scene, [])
    add_key(scene.key_file, datetime.now(UTC))
    with publishing(EditionStore(scene.client, scene.old)):
        worker.look()
        assert scene.recipients() != {scene.keyring.key_ids}
    worker._due = worker._due - RETRY_SECONDS
    worker.look()
    assert scene.recipients() == {scene.keyring.key_ids}


# -- killed ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def program(kept_scene, redis_server):
    program = Doomed(unquote(redis_server.url.removeprefix("unix://")), kept_scene.directory, rotating.__file__)
    yield program
    program.stop()


def resume(scene, step):
    """Do it again where it was killed; the lock it held runs out by itself."""
    scene.client.delete(LOCK)
    getattr(scene.rotation(), step)(None)


@pytest.mark.parametrize("part", first_of(range(PARTS)))
def test_a_rotation_killed_before_any_command_costs_nobody_anything_and_is_finished_by_the_next(scene, program, part):
    commands = program.start(step="begin", fate=signal.SIGKILL, at=0)
    assert commands["ended"] == "done"
    for at in range(1 + part, commands["sent"] + 1, PARTS):
        scene.reset()
        assert program.start(step="begin", fate=signal.SIGKILL, at=at) == {"killed": signal.SIGKILL}, at
        scene.served(scene.running)
        assert scene.knows_callers(scene.old), at
        assert scene.knows_callers(scene.keyring), at
        resume(scene, "begin")
        new, old = scene.keyring.key_ids
        assert (old, scene.recipients()) == (scene.old.key_id, {(new, old)}), at
        scene.assert_whole()


@pytest.mark.parametrize("part", first_of(range(PARTS)))
def test_the_end_of_one_killed_before_any_command_costs_nobody_anything_and_is_finished_by_the_next(
    begun, program, part
):
    half_way, keys = {key: begun.client.dump(key) for key in begun.client.scan_iter()}, begun.key_file.read_bytes()
    commands = program.start(step="end", fate=signal.SIGKILL, at=0)
    assert commands["ended"] == "done"
    for at in range(1 + part, commands["sent"] + 1, PARTS):
        begun.reset()
        begun.client.flushall()
        for key, dumped in half_way.items():
            begun.client.restore(key, 0, dumped)
        begun.key_file.write_bytes(keys)
        (newest, _) = begun.keyring.in_use
        running = LiveRegister(EditionStore(begun.client, Keyring((newest,))), LIMITS)
        assert program.start(step="end", fate=signal.SIGKILL, at=at) == {"killed": signal.SIGKILL}, at
        begun.served(running)
        assert begun.knows_callers(begun.keyring), at
        resume(begun, "end")
        assert begun.recipients() == {(newest.key_id,)}, at
        begun.assert_whole()
