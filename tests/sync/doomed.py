"""A worker process that is killed, or stalls, before its n-th command to Redis: run as a program by the tests.

It reads a line of JSON for each worker it is to fork and says on a line how that one went. Forked from a process that
has everything imported and no thread, a worker costs some ten milliseconds.
"""

import json
import os
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

from editions import KEYRING, configuration, publisher
from redis import Redis
from redis.connection import ConnectionPool, UnixDomainSocketConnection

from flagging.errors import FlaggingError
from flagging.register import chunks, publication
from flagging.register.replica import ReplicaFile
from flagging.register.store import EditionStore
from flagging.spool import Spool
from flagging.sync.acts import Recorder
from flagging.sync.guards import Guards
from flagging.sync.synchronise import Synchroniser

RECORDS_PER_CHUNK = 8


def synchroniser(client, directory, day, former_days, keep):
    store = EditionStore(client, KEYRING)
    return Synchroniser(
        publisher=publisher(store, keep),
        form=configuration().master_list,
        known_ocus=frozenset(configuration().directory.ocus),
        guards=Guards(),
        former_days=former_days,
        today=lambda: date.fromisoformat(day),
        replica=ReplicaFile(directory / "state", store),
        recorder=Recorder(Spool(directory / "spool", KEYRING), "worker"),
    )


class Counted(UnixDomainSocketConnection):
    """Meets its fate, sent to itself as a signal, before it sends so many commands."""

    fate, at, sent = None, 0, 0

    def send_packed_command(self, command, check_health=True):
        Counted.sent += 1
        if Counted.sent == Counted.at:
            os.kill(os.getpid(), Counted.fate)
        super().send_packed_command(command, check_health)


def work(job, socket, directory):
    """Sync once as the job says; return what came of it."""
    Counted.fate, Counted.at = signal.Signals(job["fate"]), job["at"]
    publication.LOCK_SECONDS = job.get("lock_seconds", publication.LOCK_SECONDS)
    client = Redis(connection_pool=ConnectionPool(connection_class=Counted, path=socket))
    try:
        worker = synchroniser(client, directory, job["day"], job["former_days"], job["keep"])
        report = worker.run(job["list"])
        worker.remember()
    except FlaggingError as error:
        return {"ended": type(error).__name__, "sent": Counted.sent}
    return {"ended": report.result.value, "sent": Counted.sent}


def main(socket, directory):
    chunks.RECORDS_PER_CHUNK = RECORDS_PER_CHUNK
    configuration()
    for line in sys.stdin:
        job = json.loads(line)
        told, telling = os.pipe()
        child = os.fork()
        if child == 0:
            sys.stdout = sys.stderr  # logs are not answers
            os.write(telling, json.dumps(work(job, socket, Path(directory))).encode())
            os._exit(0)
        os.close(telling)
        _, status = os.waitpid(child, os.WUNTRACED)
        while os.WIFSTOPPED(status):
            say({"stopped": child})
            _, status = os.waitpid(child, os.WUNTRACED)
        answer = os.read(told, 1 << 16)
        os.close(told)
        say(json.loads(answer) if answer else {"killed": os.WTERMSIG(status)})


def say(what):
    print(json.dumps(what), file=sys.__stdout__, flush=True)


class Doomed:
    """The program, from the tests' side."""

    def __init__(self, socket, directory, program=__file__):
        argv = [sys.executable, program, str(socket), str(directory)]
        paths = os.pathsep.join([str(Path(__file__).parents[1]), str(Path(__file__).parents[2])])
        log = (directory / "doomed.log").open("wb")
        self.child = subprocess.Popen(
            argv, env=os.environ | {"PYTHONPATH": paths}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
        )
        log.close()

    def start(self, **job):
        """Have a worker forked; return what is said of it first."""
        self.child.stdin.write(json.dumps(job).encode() + b"\n")
        self.child.stdin.flush()
        return self.listen()

    def listen(self):
        line = self.child.stdout.readline()
        assert line, "the program ended; see doomed.log"
        return json.loads(line)

    def stop(self):
        self.child.stdin.close()
        self.child.wait(20)
        self.child.stdout.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
