"""A rotation of keys: in a process of its own that is killed before its n-th command to Redis, or in the tests'."""

import sys
from pathlib import Path

import doomed
from doomed import Counted
from editions import publisher
from redis import Redis
from redis.connection import ConnectionPool

from flagging.access.live import LiveAccess
from flagging.errors import FlaggingError
from flagging.key_file import FollowedKeys
from flagging.register.store import EditionStore
from flagging.spool import Spool
from flagging.sync.acts import Recorder
from flagging.sync.key_rotation import Rotation
from flagging.sync.note import Notes
from flagging.sync.reseal import Resealer

KEEP, KEEP_REPORTS = 9, 5


def rotation(client, directory, host="host"):
    """A rotation of the keys in a directory, by a command on one of the hosts."""
    keys = FollowedKeys(directory / "keys.json")
    store = EditionStore(client, keys.keyring)
    access = LiveAccess(client, keys.keyring, directory / host)
    resealer = Resealer(publisher(store, KEEP), Notes(store, KEEP_REPORTS), access, keys.keyring)
    spool_dir = directory / host / "spool"
    return Rotation(keys, resealer, Recorder(Spool(spool_dir, keys.keyring), "shell:tester"), spool_dir)


def work(job, socket, directory):
    """Begin or end a rotation as the job says; return what came of it."""
    Counted.fate, Counted.at = job["fate"], job["at"]
    try:
        rotating = rotation(Redis(connection_pool=ConnectionPool(connection_class=Counted, path=socket)), directory)
        getattr(rotating, job["step"])(None)
    except FlaggingError as error:
        return {"ended": f"{type(error).__name__}: {error}", "sent": Counted.sent}
    return {"ended": "done", "sent": Counted.sent}


if __name__ == "__main__":
    doomed.work = work
    doomed.main(sys.argv[1], Path(sys.argv[2]))
