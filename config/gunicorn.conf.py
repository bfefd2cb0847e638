"""How gunicorn serves: read by `flagging serve`. GUNICORN_CMD_ARGS overrides every value, for instance `--workers 8`.

Processes, not threads, use the processors. No thread ever waits for a client: requests are gathered before one gets
them (`flagging/serving/`). Several are there so that a long batch, or the check of a password, holds nobody else up.
"""

import atexit
import contextlib
import gc
import importlib
import logging
import os
import shutil
import stat
from hashlib import sha256
from pathlib import Path
from typing import Any

from gunicorn.http import errors as gunicorn_errors

from flagging.serving.freed_memory import give_back_what_is_freed
from flagging.serving.open_files import allow_enough_files
from flagging.serving.succession import tell_of_a_stop
from flagging.settings import read_settings

settings = read_settings(os.environ)
give_back_what_is_freed()
worker_connections = allow_enough_files()

ROOM_FOR_METRICS = 16 * 1024 * 1024
"""Bytes that must be free: a process takes half a megabyte."""


def _place_of_metrics() -> Path:
    """In memory where there is some, as long as nobody has given the metrics a file system of their own.

    The files are written through mapped memory, where a full disk ends the process (SIGBUS): what is only counted must
    never end what answers. The directory has to be ours: anybody may make one in shared memory.
    """
    in_state = settings.state_dir / "metrics"
    in_state.mkdir(mode=0o700, parents=True, exist_ok=True)
    if in_state.stat().st_dev != settings.state_dir.stat().st_dev:
        return in_state
    name = sha256(str(settings.state_dir.resolve()).encode()).hexdigest()[:12]
    ours = Path("/dev/shm") / f"flagging-{os.geteuid()}-{name}"  # noqa: S108 - refused unless it is ours # nosec B108
    try:
        ours.mkdir(mode=0o700, exist_ok=True)
        found = ours.lstat()
        has_room = shutil.disk_usage(ours).free > ROOM_FOR_METRICS
    except OSError:
        return in_state
    is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077
    return ours / "metrics" if is_ours and has_room else in_state


# Each master has a directory of its own for the metrics of its processes, so that two servers on one host, or the old
# and the new one of an upgrade, do not add up. Known to prometheus_client by a variable that it reads when imported.
metrics_of_all = _place_of_metrics()
metrics_dir = metrics_of_all / str(os.getpid())
metrics_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(metrics_dir)


def _remove_metrics(master: int) -> None:
    if os.getpid() == master:  # not when one of its processes ends
        shutil.rmtree(metrics_dir, ignore_errors=True)
        for place in (metrics_of_all, metrics_of_all.parent):
            with contextlib.suppress(OSError):  # others may use it still
                place.rmdir()


atexit.register(_remove_metrics, os.getpid())

# What every process needs of other people's packages is read once, by the master: its processes share that memory. Not
# a module of ours is among it, so that a reload (HUP) takes up a changed one, and no metric is counted by the master.
_SHARED = """
    anyascii apispec.ext.marshmallow argon2 cryptography.hazmat.primitives.ciphers.aead cryptography.x509 environs flask
    flask_swagger_ui flask_wtf holidays jellyfish joserfc.jwt marshmallow msgpack nacl.signing nicknames orjson
    rapidfuzz.distance redis sqlalchemy.dialects.sqlite structlog ulid urllib3 werkzeug.middleware.proxy_fix zoneinfo
"""
for _package in _SHARED.split():
    importlib.import_module(_package)

from prometheus_client.multiprocess import mark_process_dead  # noqa: E402 - not before the variable is set

bind = "127.0.0.1:8000"
worker_class = "flagging.serving.patient_worker.PatientWorker"
workers = max(2, os.cpu_count() or 1)
threads = 4
backlog = 2048

timeout = 30  # seconds without a sign of life from a process before it is replaced
graceful_timeout = 20  # seconds for requests under way when stopping
keepalive = 15  # longer than a proxy keeps idle connections would be better still

# Left to itself, gunicorn takes its compiled parser (`gunicorn_h1c`) as soon as somebody installs it. What is said of a
# request that cannot be read has not been tried with that one, whose errors may quote the line into the log.
http_parser = "python"

# A lookup is a POST to a short path: nothing here needs long lines or many header fields.
limit_request_line = 2048
limit_request_fields = 50
limit_request_field_size = 8190

# The sign of life is a file that is touched; on a disk that stalls, processes would be killed for nothing.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - only an unnamed file # nosec B108
control_socket_disable = True  # a socket that commands the server, which nobody here uses

accesslog = None  # who was asked about is the ledger's business; a second log would be a second place to guard
errorlog = "-"
logger_class = "flagging.serving.server_log.ServerLog"
loglevel = logging.getLevelName(max(logging.INFO, settings.log_level)).lower()
proc_name = "flagging"


def _say_the_kind_alone(error: Exception) -> str:
    """What gunicorn tells, in its log and to the caller, of a request it cannot read: not what stood in it.

    Its own words quote the line, which may be a token or part of a question.
    """
    return type(error).__name__


for _kind in vars(gunicorn_errors).values():
    if isinstance(_kind, type) and issubclass(_kind, Exception):
        _kind.__str__ = _say_the_kind_alone  # type: ignore[assignment]


def on_starting(_server: Any) -> None:
    """Remove the metrics of masters that are gone; they would fill the disk, start by start.

    One that had this very id is among them: in a container each start has the same.
    """
    for left in metrics_dir.iterdir():
        left.unlink(missing_ok=True)
    for place in metrics_of_all.iterdir():
        if place != metrics_dir and not _is_running(place.name):
            shutil.rmtree(place, ignore_errors=True)


when_ready = tell_of_a_stop


def pre_fork(_server: Any, _worker: Any) -> None:
    """Keep what is there out of garbage collections: they would write to every page that processes share."""
    gc.freeze()


def child_exit(_server: Any, worker: Any) -> None:
    """Let gauges of a dead process go; its counts stay, as what was counted did happen."""
    mark_process_dead(worker.pid, str(metrics_dir))


def _is_running(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)  # signal 0 only asks
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True
