"""A worker at work on a list on disk and a real Redis, and an onlooker who sees what it publishes."""

import csv
import threading
import time
from contextlib import contextmanager

from editions import KEYRING, LIMITS, configuration, date_file, publisher

from flagging.errors import StoreUnreachable
from flagging.redis_connection import connect
from flagging.register.live import LiveRegister
from flagging.register.store import EditionStore
from flagging.sync.guards import Guards
from flagging.sync.synchronise import Synchroniser
from flagging.sync.worker import Worker

PATIENCE = 60.0
COLUMNS = ["ppo_ref", "status", "family_name", "given_names", "date_of_birth"]


class List:
    """A list of people on disk, dated so that nobody has to wait for it to settle."""

    def __init__(self, path):
        self.path = path
        self._dated = time.time() - 100_000

    def write(self, *refs, **changed):
        rows = [
            {"ppo_ref": ref, "status": changed.get(ref, "active"), "family_name": "Sampleton", "given_names": "Alex",
             "date_of_birth": f"198{ref[-1]}-05-17"} for ref in refs
        ]  # fmt: skip
        part = self.path.with_suffix(".part")
        with part.open("w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        self._dated += 60
        date_file(part, self._dated)
        part.replace(self.path)


def synchroniser(url):
    return Synchroniser(
        publisher=publisher(EditionStore(connect(url), KEYRING)),
        form=configuration().master_list,
        known_ocus=frozenset(),
        guards=Guards(count_drop=0.5, reject_rate=0.5),
        former_days=365,
    )


@contextmanager
def working(url, people, sync_seconds=10 * PATIENCE, upkeep=lambda: None, fitness=None):
    worker = Worker(synchroniser(url), str(people.path), sync_seconds, upkeep, fitness)
    stopping = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stopping,))
    thread.start()
    try:
        yield worker
    finally:
        stopping.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def await_true(is_so):
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)


class Onlooker:
    """What a server that starts now would hold."""

    def __init__(self, url):
        self.store = EditionStore(connect(url), KEYRING)

    def edition(self):
        register = LiveRegister(self.store, LIMITS)
        register.look(wait=True)
        return register.held.edition

    def refs(self):
        edition = self.edition()
        return [record.ppo_ref for record in edition.index.records] if edition else None

    def accepted(self):
        try:
            return (self.store.look().last_sync or {}).get("accepted")
        except StoreUnreachable:
            return None
