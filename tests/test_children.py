"""Children end with whoever started them, stop when told, and start again when kept running."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flagging.children import KeptChild, start_child, stop_child

SLEEPER = [sys.executable, "-c", "print('up', flush=True); import signal; signal.pause()"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); signal.pause()",
]


def await_text(path: Path, text: str) -> str:
    """Wait until a file says `text`, for as long as a slow machine may need."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if path.exists() and text in path.read_text():
            return path.read_text()
        time.sleep(0.01)
    raise AssertionError(f"{path.name} never said {text!r}")


def await_end(pid: int) -> None:
    deadline = time.monotonic() + 30
    while Path("/proc", str(pid)).exists():
        assert time.monotonic() < deadline, "it still runs"
        time.sleep(0.01)


def test_child_has_a_session_of_its_own_out_of_reach_of_ctrl_c(tmp_path):
    child = start_child(SLEEPER, log=tmp_path / "log")
    try:
        await_text(tmp_path / "log", "up")
        assert os.getsid(child.pid) == child.pid != os.getsid(0)
    finally:
        stop_child(child, 10)


def test_child_is_asked_to_end(tmp_path):
    child = start_child(SLEEPER, log=tmp_path / "log")
    await_text(tmp_path / "log", "up")
    stop_child(child, 10)
    assert child.returncode == -signal.SIGTERM


def test_child_that_will_not_end_is_killed(tmp_path):
    child = start_child(STUBBORN, log=tmp_path / "log")
    await_text(tmp_path / "log", "up")
    stop_child(child, 0.05)
    assert child.returncode == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child to its parent")
def test_child_ends_when_its_parent_is_killed_outright(tmp_path):
    start_it = (
        "import sys, signal, pathlib; from flagging.children import start_child\n"
        f"child = start_child({SLEEPER!r}, log=pathlib.Path({str(tmp_path / 'log')!r}))\n"
        f"pathlib.Path({str(tmp_path / 'pid')!r}).write_text(f'{{child.pid}}.'); signal.pause()"
    )
    parent = subprocess.Popen([sys.executable, "-c", start_it])
    try:
        await_text(tmp_path / "log", "up")
        pid = int(await_text(tmp_path / "pid", ".").rstrip("."))
    finally:
        parent.kill()
        parent.wait()
    await_end(pid)


def test_what_a_child_says_is_added_to_its_log(tmp_path):
    for word in ("once", "twice"):
        assert start_child([sys.executable, "-c", f"print('{word}')"], log=tmp_path / "log").wait() == 0
    assert (tmp_path / "log").read_text() == "once\ntwice\n"


def test_child_gets_the_environment_it_is_given(tmp_path):
    tell = "import os; print(os.environ.get('WORD'), os.environ.get('FLAGGING_TEST_SESSION'))"
    start_child([sys.executable, "-c", tell], environ={"WORD": "given"}, log=tmp_path / "log").wait()
    assert (tmp_path / "log").read_text() == "given None\n"


def test_kept_child_is_started_again_after_a_pause(tmp_path):
    kept = KeptChild("the sleeper", lambda: start_child(SLEEPER, log=tmp_path / "log"))
    try:
        await_text(tmp_path / "log", "up")
        assert kept.look(now=100.0, pause=5.0) is None
        kept.stop(10)
        assert kept.look(now=101.0, pause=5.0) == "the sleeper ended by itself (-15); it is started again in 5 s"
        assert kept.look(now=105.9, pause=5.0) is None
        assert kept.ended() == -15
        assert kept.look(now=106.0, pause=5.0) == "the sleeper is running again"
        assert kept.ended() is None
    finally:
        kept.stop(10)


def test_start_that_fails_is_tried_again_after_another_pause():
    starts = iter([[sys.executable, "-c", ""], None, [sys.executable, "-c", ""]])

    def launch() -> subprocess.Popen[bytes]:
        argv = next(starts)
        if argv is None:
            raise OSError("not now")
        child = start_child(argv)
        child.wait()
        return child

    kept = KeptChild("the child", launch)
    kept.look(now=0.0, pause=5.0)
    with pytest.raises(OSError, match="not now"):
        kept.look(now=5.0, pause=5.0)
    assert kept.look(now=9.9, pause=5.0) is None
    assert kept.look(now=10.0, pause=5.0) == "the child is running again"
