"""The compiled build, `make prove-compiled`: collected only when it is named, and run with that build in front.

FLAGGING_TEST_COMPILED is its environment. The unit tests of what is compiled run beside these, by the same command.
"""

import itertools
import os
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

import flagging
from flagging.compilation import IS_COMPILED
from flagging.key_file import create_key_file

REPOSITORY = Path(__file__).resolve().parent.parent.parent
COMPILED = Path(os.environ["FLAGGING_TEST_COMPILED"]).absolute() / "bin" / "python"
SOURCE = Path(sys.executable)
PEOPLE, ASKED = 2000, 3000

sys.path.append(str(REPOSITORY))
import setup as building  # noqa: E402

MODULES = [name.removesuffix(".py").replace("/", ".") for name in building.compiled_files()]
_WHERE = "import importlib, sys\nfor name in sys.argv[1:]: print(importlib.import_module(name).__file__)"


def run(python: Path, *arguments: str, environ: dict[str, str] | None = None, told: str = "") -> str:
    """Run one of the builds by its own means alone; return what it prints."""
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | (environ or {})
    done = subprocess.run(
        [python, "-P", *arguments], env=own, input=told, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_these_tests_and_those_beside_them_try_is_the_compiled_build():
    assert IS_COMPILED
    assert str(COMPILED.parent.parent) in str(Path(flagging.__file__))


def test_every_module_that_is_named_is_compiled_and_none_among_the_source_files():
    assert len(MODULES) > 20
    compiled, source = (run(python, "-c", _WHERE, *MODULES).split() for python in (COMPILED, SOURCE))
    assert [place for place in compiled if not place.endswith((".so", ".pyd"))] == []
    assert [place for place in source if not place.endswith(".py")] == []
    assert [*(REPOSITORY / "flagging").rglob("*.so"), *(REPOSITORY / "flagging").rglob("*.pyd")] == []


def test_nothing_in_it_counts_and_no_place_of_this_machine_stands_in_it():
    (library,) = {
        Path(place) for place in run(COMPILED, "-c", "import flagging__mypyc as one; print(one.__file__)").split()
    }
    content = library.read_bytes()
    assert b"gcov" not in content
    assert str(REPOSITORY).encode() not in content


def test_what_mypyc_adds_to_it_is_handed_on_with_its_licence():
    (licence,) = [file for file in distribution("mypy").files if file.match("mypy-*/licenses/LICENSE")]
    handed_on = run(
        COMPILED,
        "-c",
        "from importlib.metadata import metadata; print(metadata('ppo-flagging').get_all('License-File'))",
    )
    assert "flagging/mypyc_licence.txt" in handed_on
    assert (REPOSITORY / "flagging" / "mypyc_licence.txt").read_text() == licence.read_text()


@pytest.fixture
def asked(redis_url, tmp_path):
    """Return a function that has a build answer the questions, from one register that the source files published."""
    lists = {name: tmp_path / f"{name}.csv" for name in ("register", "strangers")}
    create_key_file(tmp_path / "keys.json")
    environ = {
        "FLAGGING_REDIS_URL": redis_url,
        "FLAGGING_MASTER_LIST": str(lists["register"]),
        "FLAGGING_STATE_DIR": str(tmp_path / "worker"),
        "FLAGGING_KEY_FILE": str(tmp_path / "keys.json"),
        "FLAGGING_CONFIG_DIR": str(REPOSITORY / "config"),
        "FLAGGING_RATE_LIMIT": "10000000 per second",
        "FLAGGING_LOG_LEVEL": "warning",
    }
    for seed, path in enumerate(lists.values()):
        run(SOURCE, "-m", "flagging", "synth", "--people", str(PEOPLE), "--seed", str(seed), "--out", str(path))
    run(SOURCE, "-m", "flagging", "sync", environ=environ)
    issue = ("access", "issue-token", "--role", "custody", "--name", "comparing")
    token = run(SOURCE, "-m", "flagging", *issue, environ=environ)

    def asked(python: Path, state: str) -> list[str]:
        answering = str(Path(__file__).with_name("answering.py"))
        own = environ | {"FLAGGING_STATE_DIR": str(tmp_path / state)}
        return run(python, answering, *map(str, lists.values()), str(ASKED), environ=own, told=token).splitlines()

    return asked


def test_both_builds_derive_and_answer_the_very_same(asked):
    compiled, source = asked(COMPILED, "compiled"), asked(SOURCE, "source")
    assert (compiled[0], source[0]) == ("compiled", "not compiled")
    assert len(compiled) == len(source) == 1 + PEOPLE + ASKED
    unlike = [pair for pair in itertools.islice(zip(compiled, source, strict=True), 1, None) if pair[0] != pair[1]]
    assert unlike[:3] == [], f"{len(unlike)} lines differ"
    answers = source[1 + PEOPLE :]
    for word in ("flagged", "possible_match", "former", "not_on_register"):
        assert sum(f'"outcome":"{word}"' in line for line in answers) > 20, word
