"""One machine with the server processes that start on it, by clocks that a test sets."""

from editions import KEYRING, LIMITS, heartbeat_of
from followed import HELD, NOW, Clock, ClockedStore

from flagging.register.host_clock import HostTime
from flagging.register.live import LiveRegister
from flagging.register.replica import NAME, NOTE_NAME, ReplicaFile
from flagging.register.replica_keeper import ReplicaKeeper

HOUR = 3600.0


class Host:
    """One machine: its disk, its clocks, and the server processes that start on it."""

    def __init__(self, store, directory):
        self.store = store
        self.directory = directory
        self.clock = Clock()
        self.boot, self.wall = "first boot", NOW

    def time(self):
        return HostTime(self.boot, self.clock.now, self.wall)

    def pass_time(self, seconds):
        self.clock.now += seconds
        self.wall += seconds
        self.store.redis_now += seconds

    def restart(self, off_for, up_for=20.0):
        """Start the machine again; its wall clock tells the truth."""
        self.boot, self.clock.now = "second boot", up_for
        self.wall += off_for + up_for
        self.store.redis_now += off_for + up_for

    def start(self, keyring=KEYRING, rehearse=lambda _: None):
        """Start a process, which has looked once and written what it has to."""
        store = self.store if keyring is KEYRING else ClockedStore(self.store.client, keyring)
        file = ReplicaFile(self.directory, store, self.time)
        process = LiveRegister(store, LIMITS, self.clock, file, rehearse)
        process.keeper = ReplicaKeeper(file, process)
        look(process)
        return process

    @property
    def file(self):
        return self.directory / NAME

    @property
    def note(self):
        return self.directory / NOTE_NAME


def look(process):
    process.look(wait=True)
    process.keeper.write()


def beat(host):
    """The worker has checked the list, and each process hears of it."""
    host.store.beat(heartbeat_of(host.store.manifest(HELD), host.store.redis_now, NOW - 60), host.store.look().pointer)


def age_of(process):
    return process.freshness(process.held).age_seconds
