"""The demo as its user meets it: started, asked, killed, stopped, started again; the real commands throughout."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from redis import Redis

from flagging.demo.master_list import question_about_somebody
from flagging.settings import is_demo_running

REPOSITORY = Path(__file__).resolve().parent.parent.parent
PATIENCE = 90


class RunningDemo:
    """A demo in a session of its own, as at a terminal of its own."""

    def __init__(self, state_dir: Path, port: int, *options: str, **environ: str) -> None:
        self.state_dir, self.port = state_dir, port
        argv = [sys.executable, "-m", "flagging", "demo", "--port", str(port), "--state-dir", str(state_dir), *options]
        self._output = (state_dir.parent / "output").open("w+b")
        self.child = subprocess.Popen(
            argv,
            cwd=REPOSITORY,
            env={**os.environ, "GUNICORN_CMD_ARGS": "--workers 1", **environ},
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_hear_hangups,  # noqa: PLW1509 - in place before the demo itself starts
        )

    @property
    def said(self) -> str:
        return (self.state_dir.parent / "output").read_text()

    def await_line(self, start: str) -> str:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = [line for line in self.said.splitlines(keepends=True) if line.startswith(start)]
            if found and found[0].endswith("\n"):
                return found[0].rstrip("\n")
            assert self.child.poll() is None, self.said
            time.sleep(0.05)
        raise AssertionError(self.said)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        if self.child.poll() is None:
            self.child.send_signal(how)
        try:
            return self.child.wait(PATIENCE)
        finally:
            self.child.kill()
            self.child.wait()
            self._output.close()

    def processes(self) -> list[int]:
        """Return what runs with this state directory in its arguments or environment, the demo itself apart."""
        mark = os.fsencode(self.state_dir)
        return [
            int(place.name)
            for place in Path("/proc").glob("[0-9]*")
            if int(place.name) not in {self.child.pid, os.getpid()} and mark in _told(place)
        ]


def _hear_hangups() -> None:
    """Tests may run under nohup, whose children would not hear of a terminal that closes."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def _told(place: Path) -> bytes:
    try:
        return (place / "cmdline").read_bytes() + (place / "environ").read_bytes()
    except OSError:
        return b""


@pytest.fixture
def state_dir(tmp_path) -> Path:
    return tmp_path / "it's a state"


@pytest.fixture
def demo(state_dir, free_port) -> Iterator[RunningDemo]:
    """A demo that the test may stop."""
    demo = RunningDemo(state_dir, free_port)
    yield demo
    demo.stop()


@pytest.fixture(scope="module")
def shared_demo(tmp_path_factory) -> Iterator[RunningDemo]:
    """A demo that runs, and runs on after each test: it takes seconds to start."""
    demo = RunningDemo(tmp_path_factory.mktemp("shared") / "state", _free_port())
    demo.await_line("ready: ")
    yield demo
    demo.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def await_none(processes) -> None:
    deadline = time.monotonic() + PATIENCE
    while processes():
        assert time.monotonic() < deadline, processes()
        time.sleep(0.05)


def run_in_shell(command: str, cwd: Path) -> str:
    if shutil.which("curl") is None:
        pytest.skip("no curl is installed (Debian: apt install curl): the command that the demo prints was not tried")
    return subprocess.run(["sh", "-c", command], cwd=cwd, capture_output=True, text=True, check=True).stdout


def test_newcomer_pastes_the_command_finds_it_from_elsewhere_stops_and_starts_again(demo, tmp_path, free_port):
    assert demo.await_line("ready: ") == f"ready: http://127.0.0.1:{free_port}"
    answer = json.loads(run_in_shell(demo.await_line("curl "), tmp_path))
    assert answer["outcome"] == "flagged"
    assert answer["register"]["state"] == "current"

    assert "302 active" in run_in_shell(demo.await_line("FLAGGING_STATE_DIR="), tmp_path)
    credentials = json.loads((demo.state_dir / "demo-credentials.json").read_text())

    assert demo.stop(signal.SIGINT) == 0
    assert demo.processes() == []
    assert not is_demo_running(demo.state_dir)
    assert not (demo.state_dir / "demo.env").exists()

    os.utime(demo.state_dir / "demo-master-list.csv", (0, 0))  # a month later and more
    again = RunningDemo(demo.state_dir, free_port)
    try:
        answer = json.loads(run_in_shell(again.await_line("curl "), tmp_path))
        assert (answer["outcome"], answer["register"]["state"]) == ("flagged", "current")
        assert json.loads((demo.state_dir / "demo-credentials.json").read_text()) == credentials
    finally:
        again.stop()


@pytest.mark.sweep
def test_killed_demo_takes_everything_with_it_and_is_no_obstacle_to_the_next(demo, free_port):
    demo.await_line("ready: ")
    demo.child.kill()
    demo.child.wait()
    await_none(demo.processes)
    again = RunningDemo(demo.state_dir, free_port)
    try:
        again.await_line("ready: ")
    finally:
        assert again.stop(signal.SIGHUP) == 0
    assert again.processes() == []


def test_child_that_dies_is_started_again(shared_demo):
    demo = shared_demo
    master = next(pid for pid in demo.processes() if b"worker" in Path("/proc", str(pid), "cmdline").read_bytes())
    os.kill(master, signal.SIGKILL)
    demo.await_line("flagging worker ended by itself (-9); it is started again in 5 s")
    demo.await_line("flagging worker is running again")


def test_second_demo_in_the_same_directory_is_refused_and_harms_nothing(shared_demo, tmp_path):
    demo = shared_demo
    second = subprocess.run(
        [sys.executable, "-m", "flagging", "demo", "--state-dir", str(demo.state_dir)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert "another demo uses" in second.stderr
    assert json.loads(run_in_shell(demo.await_line("curl "), tmp_path))["outcome"] == "flagged"


@pytest.mark.sweep
def test_own_list_and_own_redis_are_used_and_left_as_they_are(demo, tmp_path, redis_url, free_port):
    demo.await_line("ready: ")
    demo.stop()
    own = tmp_path / "own.csv"
    own.write_bytes((demo.state_dir / "demo-master-list.csv").read_bytes())
    before = own.stat()
    person = question_about_somebody(own, datetime.now(UTC).date())["person"]

    (tmp_path / "other").mkdir()
    other = RunningDemo(
        tmp_path / "other" / "state", free_port, "--master-list", str(own), FLAGGING_REDIS_URL=redis_url
    )
    try:
        other.await_line("ready: ")
        assert json.loads(run_in_shell(other.await_line("curl "), tmp_path))["outcome"] == "not_on_register"
        assert person["pnc_id"] not in other.said
        assert not (other.state_dir / "redis").exists()
    finally:
        other.stop()
    with Redis.from_url(redis_url) as client:
        assert client.exists("flagging:current")
    assert (own.stat().st_mtime_ns, own.stat().st_mode) == (before.st_mtime_ns, before.st_mode)


def test_sync_that_fails_stops_what_was_started(tmp_path, free_port):
    (tmp_path / "own.csv").write_text("no,such,columns\n1,2,3\n")
    demo = RunningDemo(tmp_path / "state", free_port, "--master-list", str(tmp_path / "own.csv"))
    assert demo.child.wait(PATIENCE) == 1
    demo.stop()
    assert "the first sync failed with exit status" in demo.said
    assert demo.processes() == []
