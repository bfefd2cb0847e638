"""Runs the demo: the real commands (`flagging sync`, `worker`, `serve`) as children, with settings of its own.

It does nothing that they could not do alone. What it started, and nothing else, it stops.
"""

import fcntl
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from http import HTTPStatus
from pathlib import Path
from types import FrameType
from typing import BinaryIO, NoReturn

from flagging.access.live import LiveAccess
from flagging.children import KeptChild, start_child, stop_child
from flagging.demo.address import Address, find_address
from flagging.demo.credentials import ensure_credentials
from flagging.demo.master_list import (
    date_as_of_now,
    ensure_synthetic_list,
    question_about_nobody,
    question_about_somebody,
)
from flagging.demo.welcome import welcome
from flagging.embedded_redis import EmbeddedRedis
from flagging.errors import FlaggingError, StoreUnreachable
from flagging.key_file import create_key_file, load_keyring
from flagging.redis_connection import connect
from flagging.settings import DEMO_ENV, DEMO_LOCK, PREFIX, TEST_PREFIX, Settings, variable_of

READY_WITHIN = 60.0
READY_IN_A_ROW = 20  # each answer is one server process's, and all of them must have loaded the register
STOP_WITHIN = 25.0  # longer than the grace that gunicorn gives to requests under way
RESTART_AFTER = 5.0
DATE_EVERY = 3600.0
LOOK_EVERY = 0.2
LOCK_WITHIN = 0.5  # other commands hold the lock for an instant, to see whether a demo runs


class _Stopped(BaseException):
    """Somebody asked the demo to stop; not an error, and nothing but `run_demo` may catch it."""


def run_demo(settings: Settings, master_list: Path | None, port: int, state_dir: Path) -> int:
    """Run until SIGINT, SIGTERM or SIGHUP; return the exit status, 0.

    `master_list` is somebody's own list, read and never written; without it and FLAGGING_MASTER_LIST, a synthetic
    list is made once and kept current. Raises FlaggingError when something needed cannot
    be had; whatever was started by then is stopped.
    """
    state_dir = state_dir.absolute()
    try:
        with ExitStack() as stack:
            _stop_on_signals()
            stack.enter_context(_sole_demo_in(state_dir))
            address = find_address(os.environ.get("GUNICORN_CMD_ARGS", ""), port)
            synthetic = None if master_list or settings.master_list else ensure_synthetic_list(state_dir, _today())
            source = str(master_list.absolute()) if master_list else settings.master_list or str(synthetic)
            _run(stack, replace(settings, master_list=source, state_dir=state_dir), address, synthetic)
    except _Stopped:
        return 0


def _run(stack: ExitStack, settings: Settings, address: Address, synthetic: Path | None) -> NoReturn:
    """Start everything in order, and stack what stops it, so that it stops in the reverse order."""
    state_dir, kept, redis_url = settings.state_dir, [], settings.redis_url
    if redis_url is None:
        redis = EmbeddedRedis(state_dir / "redis")
        stack.callback(redis.stop)
        kept.append(KeptChild("Redis", redis.start))
        redis_url = redis.url
    key_file = settings.key_file or state_dir / "demo.keys"
    create_key_file(key_file)
    environ = _environment(replace(settings, redis_url=redis_url, key_file=key_file), address)
    stack.enter_context(_findable(state_dir / DEMO_ENV, environ))
    _sync_once(environ)
    credentials = state_dir / "demo-credentials.json"
    ensure_credentials(credentials, LiveAccess(connect(redis_url), load_keyring(key_file), state_dir), address.base_url)
    kept.append(_start_command(stack, "worker", environ, state_dir))
    kept.append(server := _start_command(stack, "serve", environ, state_dir))
    _await_ready(address.base_url, server, state_dir)
    question = question_about_somebody(synthetic, _today()) if synthetic else question_about_nobody()
    print(welcome(address.base_url, credentials, question))
    print(f"ready: {address.base_url}", flush=True)
    _keep_running(kept, synthetic)


def _today() -> date:
    return datetime.now(UTC).date()


def _environment(settings: Settings, address: Address) -> dict[str, str]:
    """Return the environment in which the real commands find what is the demo's own; the rest is as it was given."""
    own = ("redis_url", "master_list", "config_dir", "state_dir", "key_file")
    ours = {variable_of(name): str(getattr(settings, name)) for name in own}
    return {**os.environ, **ours, "GUNICORN_CMD_ARGS": address.gunicorn_args}


def _stop_on_signals() -> None:
    """Have the first signal to stop unwind everything; further ones must not cut the unwinding short."""
    stopping = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # under nohup a closed terminal is no reason
        stopping.append(signal.SIGHUP)

    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        for each in stopping:
            signal.signal(each, signal.SIG_IGN)
        raise _Stopped

    for each in stopping:
        signal.signal(each, stop)


@contextmanager
def _sole_demo_in(state_dir: Path) -> Iterator[None]:
    """Hold the lock by which the state directory is one demo's, and by which other commands find it running."""
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (state_dir / DEMO_LOCK).open("wb") as lock:
        deadline = time.monotonic() + LOCK_WITHIN
        while not _is_locked(lock):
            if time.monotonic() > deadline:
                raise FlaggingError(f"another demo uses {state_dir}: stop it, or choose another --state-dir")
            time.sleep(LOOK_EVERY / 4)
        yield


def _is_locked(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _findable(path: Path, environ: Mapping[str, str]) -> Iterator[None]:
    """Write down the settings for `read_settings` of other commands for as long as the demo runs."""
    ours = {
        name: value for name, value in environ.items() if name.startswith(PREFIX) and not name.startswith(TEST_PREFIX)
    }
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    quoted = {name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in ours.items()}
    path.write_text("".join(f"{name}='{value}'\n" for name, value in quoted.items()), encoding="utf-8")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _sync_once(environ: Mapping[str, str]) -> None:
    child = start_child(_command("sync"), environ=environ)
    try:
        status = child.wait()
    finally:
        stop_child(child, STOP_WITHIN)
    if status:
        raise FlaggingError(f"the first sync failed with exit status {status}")


def _start_command(stack: ExitStack, name: str, environ: Mapping[str, str], state_dir: Path) -> KeptChild:
    log = _log_of(state_dir, name)
    log.parent.mkdir(mode=0o700, exist_ok=True)
    log.unlink(missing_ok=True)
    kept = KeptChild(f"flagging {name}", lambda: start_child(_command(name), environ=environ, log=log))
    stack.callback(kept.stop, STOP_WITHIN)
    return kept


def _command(name: str) -> list[str]:
    return [sys.executable, "-P", "-m", "flagging", name]  # the very program that runs, not one in this directory


def _log_of(state_dir: Path, name: str) -> Path:
    return state_dir / "log" / f"{name}.log"


def _await_ready(base_url: str, server: KeptChild, state_dir: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    in_a_row = 0
    while in_a_row < READY_IN_A_ROW:
        if server.ended() is not None or time.monotonic() > deadline:
            raise FlaggingError(f"the server does not get ready; see {_log_of(state_dir, 'serve')}")
        in_a_row = in_a_row + 1 if _is_ready(base_url) else 0
        if not in_a_row:
            time.sleep(LOOK_EVERY)


def _is_ready(base_url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base_url}/health/ready", timeout=5.0) as got:  # noqa: S310 - ours # nosec B310
            return bool(got.status == HTTPStatus.OK)
    except (urllib.error.URLError, OSError):
        return False


def _keep_running(kept: list[KeptChild], synthetic: Path | None) -> NoReturn:
    """Start again what ends by itself, and vouch for the synthetic list, until somebody stops the demo."""
    dated_at = time.monotonic()
    while True:
        now = time.monotonic()
        for each in kept:
            try:
                line = each.look(now, RESTART_AFTER)
            except StoreUnreachable as error:
                line = f"{each.name}: {error}"
            if line:
                print(line, flush=True)
        if synthetic and now - dated_at > DATE_EVERY:
            date_as_of_now(synthetic)
            dated_at = now
        time.sleep(LOOK_EVERY)
