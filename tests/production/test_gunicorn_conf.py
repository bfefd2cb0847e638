"""The gunicorn file of production, run as gunicorn runs it."""

import ctypes
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


def test_a_compiled_parser_is_not_taken_because_it_happens_to_be_installed(configured):
    assert configured()["http_parser"] == "python"


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


def run_in_configuration(state_dir, script: str) -> subprocess.CompletedProcess:
    """Run lines of Python where `conf` is the configuration of a server with this state directory."""
    return subprocess.run(
        [sys.executable, "-c", f"import os, runpy, sys\nconf = runpy.run_path({str(CONF)!r})\n{script}"],
        cwd=REPOSITORY,
        env=os.environ | {"FLAGGING_STATE_DIR": str(state_dir)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_metrics_of_masters_that_are_gone_are_removed_at_start_and_no_others(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    done = run_in_configuration(
        tmp_path,
        f"""
here = conf['metrics_of_all']
for pid in ({gone.pid}, {os.getppid()}):
    (here / str(pid)).mkdir()
    (here / str(pid) / 'counter_1.db').touch()
conf['on_starting'](None)
assert os.environ['PROMETHEUS_MULTIPROC_DIR'] == str(here / str(os.getpid()))
assert {{place.name for place in here.iterdir()}} == {{str(os.getpid()), '{os.getppid()}'}}
import shutil
shutil.rmtree(here / '{os.getppid()}')
print(here)
""",
    )
    assert done.returncode == 0, done.stderr
    assert not Path(done.stdout.strip()).exists(), "a master that ends leaves its metrics behind"


def test_a_server_makes_its_own_directory_of_metrics_though_another_is_set_that_is_gone(tmp_path, monkeypatch):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path / "gone"))
    done = run_in_configuration(tmp_path, "import flagging.wsgi; print(*os.listdir(conf['metrics_dir']))")
    assert "counter_" in done.stdout, done.stderr


def test_the_master_reads_what_its_processes_share_and_nothing_of_ours_that_counts(tmp_path):
    done = run_in_configuration(tmp_path, "print('sqlalchemy' in sys.modules, 'flagging.metrics' in sys.modules)")
    assert done.stdout.split() == ["True", "False"], done.stderr


def test_large_blocks_that_are_freed_go_back_to_the_system_however_many_there_were(tmp_path):
    if not hasattr(ctypes.CDLL(None), "mallinfo2"):
        pytest.skip("the C library is not glibc, whose memory this is about")
    done = run_in_configuration(
        tmp_path,
        """
import ctypes
class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in "arena ordblks smblks hblks hblkhd usmblks fsmblks".split()]
    _fields_ += [(name, ctypes.c_size_t) for name in "uordblks fordblks keepcost".split()]
info = ctypes.CDLL(None).mallinfo2
info.restype = Info
bytearray(8 << 20)  # freed: left to itself, glibc takes from now on what is smaller from the heap, and keeps it
before = info().hblks
large = [bytearray(1 << 20) for _ in range(5)]
print(info().hblks - before)
""",
    )
    assert done.stdout.strip() == "5", done.stdout + done.stderr


@pytest.fixture
def small_disk(tmp_path):
    """A disk of one megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_full_disk_does_not_end_a_process_that_counts(small_disk):
    done = run_in_configuration(
        small_disk,
        """
from contextlib import suppress
from prometheus_client import Counter
with suppress(OSError), open(conf['settings'].state_dir / 'filler', 'wb', buffering=0) as filler:
    while True:
        filler.write(bytes(4096))
counted = Counter('counted_total', 'Anything.', ['what'])
for number in range(2000):
    counted.labels(str(number)).inc()
""",
    )
    assert done.returncode == 0, f"{done.returncode} {done.stderr}"
