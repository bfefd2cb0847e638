"""The wheel as somebody gets it who has no source tree, `make prove-wheel`: collected only when it is named.

FLAGGING_TEST_BARE is an environment with the locked packages and the wheel, and nothing else.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

BARE = Path(os.environ["FLAGGING_TEST_BARE"]).absolute() / "bin"
PATIENCE = 120


class Demo:
    """`flagging demo` of the wheel, in an empty directory."""

    def __init__(self, place: Path, port: int) -> None:
        self.place = place
        self._output = place / "output"
        with self._output.open("wb") as output:
            self.child = subprocess.Popen(
                [BARE / "flagging", "demo", "--port", str(port)],
                cwd=place,
                env={**os.environ, "GUNICORN_CMD_ARGS": "--workers 1"},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def await_line(self, start: str) -> str:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = [line for line in self._output.read_text().splitlines(keepends=True) if line.startswith(start)]
            if found and found[0].endswith("\n"):
                return found[0].strip()
            assert self.child.poll() is None, self._output.read_text()
            time.sleep(0.05)
        raise AssertionError(self._output.read_text())

    def stop(self) -> int:
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGINT)
        return self.child.wait(PATIENCE)


def get(address: str) -> str:
    with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
        return answer.read().decode()


@pytest.fixture
def demo(tmp_path, free_port) -> Iterator[Demo]:
    demo = Demo(tmp_path, free_port)
    yield demo
    demo.stop()


def test_demo_answers_from_the_wheel_with_its_pages_their_style_and_the_shipped_policy(demo):
    address = demo.await_line("ready: ").removeprefix("ready: ")
    asked = subprocess.run(["sh", "-c", demo.await_line("curl ")], capture_output=True, check=True)
    answer = json.loads(asked.stdout)
    assert (answer["outcome"], answer["register"]["state"]) == ("flagged", "current")
    assert answer["matches"][0]["offender_managers"]
    page = get(address + "/")
    parts = re.findall(r'(?:src|href)="(/[^"]+\.(?:css|js|svg))"', page)
    assert {part.rpartition(".")[2] for part in parts} == {"css", "js", "svg"}
    assert all(get(address + part) for part in parts)
    assert "swagger" in get(f"{address}/docs")
    told = (demo.place / "state" / "demo.env").read_text()
    assert f"FLAGGING_CONFIG_DIR='{BARE.parent / 'share' / 'flagging' / 'config'}'" in told
    assert demo.stop() == 0


def test_all_that_runs_is_the_wheel_s(tmp_path):
    asked = "import flagging, sys; print(flagging.__file__); print(*sys.path)"
    place, path = subprocess.run(
        [BARE / "python", "-c", asked], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert place.startswith(str(BARE.parent / "lib"))
    assert str(Path(__file__).parents[2] / "flagging") not in path
    assert sys.prefix not in path.split()


def test_shipped_configuration_is_valid_there(tmp_path):
    done = subprocess.run(
        [BARE / "flagging", "check-config"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
