"""A list of twenty people on disk, a Redis, and the synchroniser of a worker that works there."""

import csv
import time
from datetime import date

import orjson
from editions import KEYRING, LIMITS, configuration, date_file, publisher

from flagging.errors import SpoolUnwritable
from flagging.ledger.segments import read_segment
from flagging.register.live import LiveRegister
from flagging.register.replica import ReplicaFile
from flagging.register.store import EditionStore
from flagging.spool import Spool
from flagging.sync.acts import Recorder
from flagging.sync.guards import Guards
from flagging.sync.synchronise import Synchroniser

DAY = date(2026, 3, 2)
NAMES = [
    "Alder",
    "Birch",
    "Cedar",
    "Dogwood",
    "Elder",
    "Fir",
    "Gorse",
    "Hawthorn",
    "Ivy",
    "Juniper",
    "Kerria",
    "Larch",
    "Maple",
    "Nettle",
    "Oak",
    "Pine",
    "Quince",
    "Rowan",
    "Spruce",
    "Thistle",
]
COLUMNS = [
    *("ppo_ref", "status", "family_name", "given_names", "date_of_birth", "police_om_phone", "removed_on"),
    "scheme",
]


def row(number, **changes):
    return {
        "ppo_ref": f"B{number:02}",
        "status": "active",
        "family_name": NAMES[number % 20],
        "given_names": "Alex",
        "date_of_birth": f"19{70 + number % 30}-05-17",
        "police_om_phone": "0121 496 0701",
    } | changes


EVERYBODY = [row(number) for number in range(20)]
MENDED = [row(0, status="?"), *EVERYBODY[2:], row(7, ppo_ref="B91", status="?")]
"""B00 cannot be read, B01 has dropped out of the list, B91 is nobody known."""


def removed(on, **changes):
    return row(0, status="removed", removed_on=on.isoformat(), **changes)


def everybody_but(gone):
    return [gone, *EVERYBODY[1:]]


class FullDisk:
    """In a spool's place: nothing can be written."""

    def append(self, _entry):
        raise SpoolUnwritable("the lookup could not be recorded")

    def close(self):
        pass


class Site:
    """Whatever is changed of it holds for the next worker, which `restart` makes."""

    def __init__(self, directory, client):
        self.client = client
        self.list = directory / "list.csv"
        self.spool_dir = directory / "spool"
        self.day = DAY
        self.dated = time.time() - 100_000
        self.guards = Guards()
        self.former_days = 365
        self.has_disk = False
        self.keep = 5
        self.keep_reports = 20
        self.spool = Spool(self.spool_dir, KEYRING)
        self.restart()

    def restart(self, keyring=KEYRING):
        """Have another worker, which remembers nothing."""
        self.store = EditionStore(self.client, keyring)
        self.recorder = Recorder(self.spool, "worker")
        self.synchroniser = Synchroniser(
            publisher=publisher(self.store, self.keep),
            form=configuration().master_list,
            known_ocus=frozenset(configuration().directory.ocus),
            guards=self.guards,
            former_days=self.former_days,
            today=lambda: self.day,
            replica=ReplicaFile(self.list.parent / "state", self.store) if self.has_disk else None,
            recorder=self.recorder,
            keep_reports=self.keep_reports,
        )

    def write(self, rows, *, later=60):
        with self.list.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys([*COLUMNS, *(name for row in rows for name in row)])))
            writer.writeheader()
            writer.writerows(rows)
        self.date(later)

    def date(self, later):
        self.dated += later
        date_file(self.list, self.dated)

    def sync(self, **options):
        return self.synchroniser.run(str(self.list), **options)

    def write_and_sync(self, rows, **options):
        self.write(rows)
        return self.sync(**options)

    def go_back(self, number):
        return self.synchroniser.publisher.roll_back(number, lambda _: None)

    def records(self):
        """Everybody in what a server that starts now would hold."""
        register = LiveRegister(self.store, LIMITS)
        register.look(wait=True)
        return {record.ppo_ref: record for record in register.held.edition.index.records}

    def pointer(self):
        return self.store.look().pointer

    def manifest(self):
        return self.store.pointed(self.pointer())

    def last_sync(self):
        return self.store.look().last_sync

    def reports(self):
        return self.store.log.reports()

    def entries(self, kind=None):
        """What was recorded in the spool, oldest first."""
        segments = sorted(self.spool_dir.glob("*.spool")) if self.spool_dir.exists() else []
        entries = [orjson.loads(entry) for path in segments for entry in read_segment(path, KEYRING)]
        return [entry for entry in entries if kind in (None, entry["kind"])]


def assert_intact(worn):
    """A register that knows more than its list says has lost nothing of it."""
    records = worn.records()
    assert records.keys() == {f"B{number:02}" for number in range(20)}
    assert records["B00"].identity.personas[0].name.family == ("alder",)
    assert records["B01"].missing_since == DAY
    assert worn.manifest().caveats == ("1 row of the master list could not be read",)
    assert worn.store.is_whole(worn.manifest())
