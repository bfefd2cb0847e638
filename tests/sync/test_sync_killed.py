"""A worker killed, or stalled, before any one of its commands to a real Redis: nothing is ever served by half.

The sync it is at is one in which all happens that can: a new person, somebody whose time is up, the oldest edition
that is no longer kept.
"""

import os
import shutil
import signal
import time
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import unquote

import pytest
from doomed import RECORDS_PER_CHUNK, Doomed, synchroniser
from editions import KEYRING, LIMITS
from listed import DAY, EVERYBODY, Site, row
from published import editions_in
from redis import Redis
from sweeps import first_of

from flagging.errors import PublishConflict
from flagging.register import chunks, live
from flagging.register.edition import load_records
from flagging.register.live import LiveRegister
from flagging.register.publication import LOCK
from flagging.register.store import EditionStore
from flagging.sync.report import Result

FORMER_DAYS, KEEP = 10, 3
PATIENCE = 60.0
PARTS = 4
B00 = row(0, status="removed", removed_on=DAY.isoformat())
WOKEN = {
    "published": "it had switched before it stalled",
    "unchanged": "it had not read anything yet",
    "refused": "what it had read is older by now than the register",
    "PublishConflict": "it had lost the lock, or another edition had become current",
    "EditionUnverified": "what it had written had been swept",
}
OLD = {f"B{number:02}" for number in range(20)} | {"B89"}
NEW = OLD - {"B00"} | {"B90"}
NEWER = NEW | {"B91"}


@dataclass
class Scene:
    """A register before the sync, which `reset` puts back as it was; a server that holds it; and who is to sync."""

    site: Site
    client: Redis
    doomed: Doomed

    def __post_init__(self):
        self.kept = {key: self.client.dump(key) for key in self.client.scan_iter()}
        self.state = self.site.list.parent / "state"
        shutil.copytree(self.state, self.state.with_suffix(".kept"))
        self.site.day = DAY + timedelta(days=FORMER_DAYS + 1)
        self.site.write([*EVERYBODY[1:], row(6, ppo_ref="B89"), row(5, ppo_ref="B90")])

    def reset(self):
        self.client.flushall()
        for key, dumped in self.kept.items():
            self.client.restore(key, 0, dumped)
        shutil.rmtree(self.state)
        shutil.copytree(self.state.with_suffix(".kept"), self.state)
        for place in (self.site.spool_dir, self.site.list.parent / "other"):
            shutil.rmtree(place, ignore_errors=True)
        self.server = LiveRegister(EditionStore(self.client, KEYRING), LIMITS)
        self.server.look(wait=True)
        assert self.held_by(self.server) == OLD

    def start(self, fate, at, **job):
        return self.doomed.start(
            fate=int(fate), at=at, list=str(self.site.list), day=self.site.day.isoformat(), former_days=FORMER_DAYS,
            keep=KEEP, **job,
        )  # fmt: skip

    def another(self):
        """Another worker, on another host: it has its own disk."""
        return synchroniser(self.client, self.site.list.parent / "other", self.site.day.isoformat(), FORMER_DAYS, KEEP)

    def sync(self, worker):
        report = worker.run(str(self.site.list))
        worker.remember()
        worker.recorder.spool.close()
        return report

    def held_by(self, register):
        register.look(wait=True)
        assert register.held.source(register.clock()) == "redis"
        return {record.ppo_ref for record in register.held.edition.index.records}

    def served(self):
        """What the server that has run all along, and one that starts now, hold: the same."""
        starting = LiveRegister(EditionStore(self.client, KEYRING), LIMITS)
        held = self.held_by(starting)
        assert self.held_by(self.server) == held
        return held

    def places_of(self, ref):
        """Where in Redis somebody still stands: in editions by number, and in reports."""
        store = self.site.store
        manifests = [store.manifest(number) for number in store.kept()]
        records = {each.number: load_records(each, store.chunks_of(each), store.seal) for each in manifests}
        told = {f"report {number}": store.edition_report(number) for number in store.kept()}
        return [
            place
            for place, held in {**records, **told, "reports": store.log.reports()}.items()
            if f"'{ref}'" in str(held)
        ]


@pytest.fixture(scope="module")
def scene(tmp_path_factory, redis_server):
    directory = tmp_path_factory.mktemp("killed")
    socket = unquote(redis_server.url.removeprefix("unix://"))
    with pytest.MonkeyPatch.context() as patch, Redis.from_url(redis_server.url) as client:
        patch.setattr(chunks, "RECORDS_PER_CHUNK", RECORDS_PER_CHUNK)
        patch.setattr(live, "REACH_SECONDS", 10 * PATIENCE)  # how long loading takes is not at issue here
        client.flushall()
        site = Site(directory, client)
        site.former_days, site.keep, site.has_disk = FORMER_DAYS, KEEP, True
        site.restart()
        site.write_and_sync(EVERYBODY)
        site.write_and_sync([B00, *EVERYBODY[1:]])
        site.write_and_sync([B00, *EVERYBODY[1:], row(6, ppo_ref="B89")])
        site.synchroniser.remember()
        site.spool.close()
        doomed = Doomed(socket, directory)
        try:
            yield Scene(site, client, doomed)
        finally:
            doomed.stop()


@pytest.fixture(scope="module")
def commands(scene):
    """How many commands the whole sync takes."""
    scene.reset()
    answer = scene.start(signal.SIGKILL, at=0)
    assert answer["ended"] == "published"
    assert scene.served() == NEW
    assert scene.places_of("B00") == []
    return answer["sent"]


@pytest.mark.parametrize("part", first_of(range(PARTS)))
def test_a_worker_killed_before_any_command_leaves_the_old_edition_or_the_new_and_the_next_one_finishes(
    scene, commands, part
):
    served = set()
    for at in range(1 + part, commands + 1, PARTS):
        scene.reset()
        assert scene.start(signal.SIGKILL, at) == {"killed": signal.SIGKILL}, at
        held = scene.served()
        assert held in (OLD, NEW), at
        served.add("old" if held == OLD else "new")
        if scene.client.exists(LOCK):
            assert 0 < scene.client.ttl(LOCK) <= 30, "it would never be let go"
            scene.client.delete(LOCK)
        report = scene.sync(scene.another())
        assert report.result in (Result.PUBLISHED, Result.UNCHANGED), at
        assert_finished(scene, NEW)
        assert scene.site.entries("erasure") or (scene.site.list.parent / "other" / "spool").exists(), at
    assert served == {"old", "new"}


def assert_finished(scene, expected):
    assert scene.served() == expected
    assert scene.places_of("B00") == []
    store = scene.site.store
    sighting = store.look()
    assert (sighting.erasing, sighting.altered) == ((), ())
    assert editions_in(scene.client) == store.kept()
    assert len(store.kept()) in (KEEP, KEEP + 1)  # the oldest goes with the next edition at the latest
    assert sighting.heartbeat.fingerprint == sighting.pointer.fingerprint
    assert scene.sync(scene.another()).result is Result.UNCHANGED


@pytest.mark.parametrize("part", first_of(range(PARTS)))
def test_a_worker_that_stalls_before_any_command_and_wakes_up_overwrites_nothing(scene, commands, part):
    """While it holds the lock nobody else publishes; once that has run out, another does, of a newer list."""
    was_locked = False
    before = scene.site.list.read_bytes()
    for at in range(1 + part, commands + 1, PARTS):
        scene.reset()
        stopped = scene.start(signal.SIGSTOP, at)["stopped"]
        scene.site.write([*EVERYBODY[1:], row(6, ppo_ref="B89"), row(5, ppo_ref="B90"), row(7, ppo_ref="B91")])
        if scene.client.exists(LOCK):
            was_locked = True
            with pytest.raises(PublishConflict):
                scene.sync(scene.another())
            scene.client.delete(LOCK)  # as it is by itself after a while: see below
        assert scene.sync(scene.another()).result is Result.PUBLISHED
        assert scene.served() == NEWER
        current = scene.site.store.look()
        os.kill(stopped, signal.SIGCONT)
        ended = scene.doomed.listen()
        assert ended["ended"] in WOKEN, at
        woken = scene.site.store.look()
        assert woken.pointer == current.pointer, at
        assert woken.heartbeat.fingerprint == current.heartbeat.fingerprint, at
        assert woken.heartbeat.checked_at >= current.heartbeat.checked_at, at
        assert woken.last_sync["accepted"]["digest"] == current.last_sync["accepted"]["digest"], at
        assert_finished(scene, NEWER)
        scene.site.list.write_bytes(before)
        scene.site.date(later=60)
    assert was_locked


def test_the_lock_of_a_stalled_worker_runs_out_by_itself(scene, commands):
    scene.reset()
    at = next(at for at in range(commands // 4, commands) if stops_with_lock(scene, at))
    scene.reset()
    stopped = scene.start(signal.SIGSTOP, at, lock_seconds=1)["stopped"]
    deadline = time.monotonic() + PATIENCE
    while scene.client.exists(LOCK):
        assert time.monotonic() < deadline, "it never ran out"
        time.sleep(0.05)
    assert scene.sync(scene.another()).result is Result.PUBLISHED
    pointer = scene.site.pointer()
    os.kill(stopped, signal.SIGCONT)
    assert scene.doomed.listen()["ended"] == "PublishConflict"
    assert scene.site.pointer() == pointer
    assert_finished(scene, NEW)


def stops_with_lock(scene, at):
    """Tell whether a worker that has got so far holds the lock and has not switched yet."""
    scene.reset()
    stopped = scene.start(signal.SIGSTOP, at)["stopped"]
    is_so = bool(scene.client.exists(LOCK)) and scene.served() == OLD
    os.kill(stopped, signal.SIGKILL)
    scene.doomed.listen()
    return is_so
