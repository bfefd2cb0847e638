"""The gunicorn file of production, run as gunicorn runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent.parent
CONF = REPOSITORY / "config" / "gunicorn.conf.py"


@pytest.fixture
def configured(tmp_path):
    """Return gunicorn's own account of its configuration, with the GUNICORN_CMD_ARGS given."""

    def configured(arguments: str = "") -> dict[str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "gunicorn", "--config", str(CONF), "--print-config", "json:dumps"],
            cwd=REPOSITORY,
            env=os.environ | {"FLAGGING_STATE_DIR": str(tmp_path), "GUNICORN_CMD_ARGS": arguments},
            capture_output=True,
            text=True,
            check=True,
        )
        pairs = (line.partition("=") for line in done.stdout.splitlines())
        return {name.strip(): value.strip() for name, _, value in pairs}

    return configured


def test_nothing_personal_is_logged_and_nothing_commands_the_server(configured):
    found = configured()
    assert found["accesslog"] == "None"
    assert found["control_socket_disable"] == "True"


def test_requests_and_their_time_are_bounded(configured):
    found = configured()
    assert int(found["limit_request_line"]) <= 4094
    assert int(found["limit_request_fields"]) <= 100
    assert 0 < int(found["graceful_timeout"]) < int(found["timeout"])
    assert found["worker_class"] == "flagging.serving.patient_worker.PatientWorker"
    assert int(found["workers"]) >= 2


def test_arguments_override_the_file(configured):
    found = configured("--workers 8 --threads 1 --bind 127.0.0.1:9000")
    assert (found["workers"], found["threads"], found["bind"]) == ("8", "1", "['127.0.0.1:9000']")


def test_metrics_of_masters_that_are_gone_are_removed_at_start_and_no_others(tmp_path, monkeypatch):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for pid in (gone.pid, os.getppid()):
        (tmp_path / "metrics" / str(pid)).mkdir(parents=True)
        (tmp_path / "metrics" / str(pid) / "counter_1.db").touch()
    script = (
        "import os, runpy\n"
        f"conf = runpy.run_path({str(CONF)!r})\n"
        "of_a_start_before = os.path.join(os.environ['PROMETHEUS_MULTIPROC_DIR'], 'gauge_livemax_7.db')\n"
        "open(of_a_start_before, 'w').close()\n"
        "conf['on_starting'](None)\n"
        "assert not os.path.exists(of_a_start_before)\n"
        "assert os.environ['PROMETHEUS_MULTIPROC_DIR'].endswith(f'/metrics/{os.getpid()}')\n"
        "assert os.path.isdir(os.environ['PROMETHEUS_MULTIPROC_DIR'])\n"
    )
    subprocess.run(
        [sys.executable, "-c", script],
        cwd=REPOSITORY,
        env=os.environ | {"FLAGGING_STATE_DIR": str(tmp_path)},
        check=True,
    )
    assert not (tmp_path / "metrics" / str(gone.pid)).exists()
    assert (tmp_path / "metrics" / str(os.getppid()) / "counter_1.db").exists()
