"""The two commands of a newcomer: what the Makefile and the lock files promise."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-embedded.lock", "requirements-dev.lock", "requirements-supply.lock",
         "requirements-compile.lock", "requirements-load.lock")  # fmt: skip
PINNED = re.compile(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==([^ ]+)(?: ; [^\\]+)?(?: \\)?$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")


def pins(lock: str) -> dict[str, str]:
    lines = (REPOSITORY / lock).read_text().splitlines()
    return {found[1]: found[2] for line in lines if (found := PINNED.match(line))}


def make(*arguments: str, cwd: Path = REPOSITORY) -> str:
    done = subprocess.run(["make", *arguments], cwd=cwd, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_holds_pins_and_hashes_and_names_no_index(lock):
    lines = (REPOSITORY / lock).read_text().splitlines()
    assert [line for line in lines if not PINNED.match(line) and not HASH.match(line)] == []


def test_locks_agree_with_each_other():
    runtime = pins("requirements.lock")
    for lock in LOCKS[1:3]:
        assert {name: pin for name, pin in pins(lock).items() if runtime.get(name, pin) != pin} == {}


def test_an_image_is_compiled_by_what_everybody_else_compiles_with():
    assert pins("requirements.lock").items() <= pins("requirements-compile.lock").items()
    here = pins("requirements.lock") | pins("requirements-dev.lock")
    assert pins("requirements-compile.lock").items() <= here.items()


@pytest.mark.parametrize(
    ("extra", "lock"),
    [
        (None, LOCKS[0]),
        ("embedded", LOCKS[1]),
        ("dev", LOCKS[2]),
        ("supply", LOCKS[3]),
        ("compile", LOCKS[4]),
        ("load", LOCKS[5]),
    ],
)
def test_lock_has_every_dependency_that_is_declared(extra, lock):
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    declared = project["optional-dependencies"][extra] if extra else project["dependencies"]
    names = {re.match(r"[a-z0-9-]+", each)[0] for each in declared}
    assert names - set(pins(lock)) == set()


def test_help_lists_every_command():
    listed = {line.split()[1] for line in make("help").splitlines()}
    assert {"run", "test", "check", "venv", "help", "lock", "clean"} <= listed


def test_run_starts_the_demo_and_test_passes_options_on():
    assert "-m flagging demo --port 8001" in make("--dry-run", "run", "DEMO_ARGS=--port 8001")
    tests = make("--dry-run", "test", "WORKERS=7", "PYTEST_ARGS=-k pnc")
    assert '-m pytest -n 7 --dist worksteal -m "not sweep" -k pnc' in tests
    assert "WORKERS ?= auto\n" in (REPOSITORY / "Makefile").read_text()


def test_what_the_tests_leave_out_is_run_by_a_command_of_its_own_and_by_ci():
    assert "--dist worksteal -m sweep -k pnc" in make("--dry-run", "sweeps", "PYTEST_ARGS=-k pnc")
    commands = (REPOSITORY / ".ci" / "run").read_text().splitlines()
    assert {"make test", "make sweeps"} <= set(commands)


def test_a_scenario_of_load_is_run_for_as_long_as_is_said_by_a_locust_of_its_own():
    command = make("--dry-run", "scenario", "SCENARIO=soak", "SECONDS=30", "SCENARIO_ARGS=--every 10")
    assert "load_tests/scenarios.py soak --seconds 30 --locust .venv/load/bin/locust --every 10" in command


@pytest.fixture
def clone(tmp_path) -> Path:
    """The Makefile beside an environment that was built a moment ago."""
    for name in ("Makefile", "pyproject.toml", "setup.py", *LOCKS):
        shutil.copy(REPOSITORY / name, tmp_path)
    stamps = [tmp_path / ".venv" / stamp for stamp in (".runtime", ".redis", ".dev")]
    stamps[0].parent.mkdir()
    for stamp in stamps:
        stamp.touch()
    return tmp_path


def test_environment_that_is_up_to_date_is_left_alone(clone):
    assert "pip" not in make("--dry-run", "venv", cwd=clone)


@pytest.mark.parametrize("changed", ["pyproject.toml", *LOCKS[:3]])
def test_environment_is_built_afresh_when_what_it_is_made_of_changes(clone, changed):
    assert "pip" in make("--dry-run", f"--what-if={changed}", "venv", cwd=clone)


def test_unsuitable_python_is_told_before_anything_is_made(clone):
    shutil.rmtree(clone / ".venv")
    done = subprocess.run(["make", "venv", "PYTHON="], cwd=clone, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "No Python 3.11 or newer" in done.stderr
    assert not (clone / ".venv").exists()
