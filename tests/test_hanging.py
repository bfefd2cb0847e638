"""A test that hangs fails, as all others go on: by pytest-timeout, as `pyproject.toml` sets it up."""

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
HANGING = """
import socket
from pathlib import Path

import pytest

@pytest.fixture
def started():
    yield
    Path(__file__).with_name("stopped").touch()

def test_that_hangs(started):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.accept()

def test_that_comes_next():
    assert Path(__file__).with_name("stopped").exists()
"""


def test_every_test_has_an_end(pytestconfig):
    assert float(pytestconfig.getini("timeout")) > 0


def test_a_test_that_hangs_fails_and_leaves_nothing_running_and_the_next_one_has_its_turn(tmp_path):
    (tmp_path / "test_hanging.py").write_text(HANGING)
    configured = ["-c", REPOSITORY / "pyproject.toml", "--rootdir", tmp_path]
    plugins = ["-p", "xdist.plugin", "-p", "pytest_timeout", "-p", "no:cacheprovider"]  # the others take long to import
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *configured, *plugins, "-n", "1", "--timeout", "1", "test_hanging.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "1 failed, 1 passed" in ran.stdout, ran.stdout + ran.stderr
    assert "FAILED test_hanging.py::test_that_hangs - Failed: Timeout" in ran.stdout
