"""A real PostgreSQL for tests, on a private Unix socket; as root it runs as another account, as it refuses to be root."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

ACCOUNTS = ("postgres", "nobody")
PATIENCE = 60.0
QUICK = ("fsync=off", "full_page_writes=off", "shared_buffers=16MB", "max_connections=30", "listen_addresses=")


def missing() -> str | None:
    """Say what is missing to run one; None if nothing is."""
    if _programs() is None:
        return "PostgreSQL is not installed (Debian: apt-get install postgresql)"
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        return "PostgreSQL does not run as root, and there is no setpriv to run it as somebody else"
    return None


@contextmanager
def running() -> Iterator[str]:
    """Run a PostgreSQL in a directory of its own, and give its address."""
    programs = _programs()
    assert programs is not None
    directory = Path(tempfile.mkdtemp(prefix="flagging-pg-"))
    child = None
    try:
        as_account = _as_account(directory)
        data = directory / "data"
        _run([*as_account, programs / "initdb", "-D", data, "-U", "flagging", "-A", "trust", "-E", "UTF8", "--no-sync"])
        options = [word for option in (*QUICK, f"unix_socket_directories={directory}") for word in ("-c", option)]
        with (directory / "log").open("wb") as log:
            child = subprocess.Popen(
                [*as_account, programs / "postgres", "-D", data, *options], stdout=log, stderr=log, cwd="/"
            )
        url = f"postgresql://flagging@/postgres?host={directory}"
        _await(url, child, directory / "log")
        yield url
    finally:
        if child is not None and child.poll() is None:
            child.send_signal(signal.SIGINT)  # ends without waiting for its clients
            child.wait(PATIENCE)
        shutil.rmtree(directory, ignore_errors=True)


def _programs() -> Path | None:
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("postgres")
    places += [Path(on_path).parent] if on_path else []
    return next((place for place in places if (place / "postgres").exists() and (place / "initdb").exists()), None)


def _as_account(directory: Path) -> list[str]:
    if os.geteuid() != 0:
        return []
    for name in ACCOUNTS:
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(directory, account.pw_uid, account.pw_gid)
        return ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
    raise AssertionError(f"none of the accounts {ACCOUNTS} exists")


def _run(argv: list[str | Path]) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE, check=False, cwd="/")
    assert done.returncode == 0, done.stderr


def _await(url: str, child: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError:
            assert child.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        else:
            return
