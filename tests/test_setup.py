"""How the wheel is compiled, where that is asked for: what `setup.py` does not do, it says."""

import importlib.util
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture
def building(monkeypatch, tmp_path):
    """`setup.py`, which is asked to compile where nothing was counted yet, and finds all else that it needs."""
    spec = importlib.util.spec_from_file_location("building", REPOSITORY / "setup.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "PROFILE", tmp_path / "profile")
    module.PROFILE.mkdir()
    return module


def test_a_way_to_compile_that_is_not_known_is_named(building, monkeypatch):
    monkeypatch.setattr(building, "ASKED_FOR", "yes")
    with pytest.raises(SystemExit, match=r"^FLAGGING_COMPILE is one of 1, count, counted, not 'yes'$"):
        building.build()


def test_another_compiler_than_gcc_compiles_but_does_not_count(building, monkeypatch, tmp_path):
    other = tmp_path / "another-cc"
    other.write_text("#!/bin/sh\necho another compiler, version 1\n")
    other.chmod(0o755)
    monkeypatch.setenv("CC", f"{other} -pipe")
    monkeypatch.setattr(building.Path, "exists", lambda _self: True)  # whether or not Python's headers are here
    assert building.what_is_missing() is None
    needs_gcc = f"counting which way lookups go needs GCC, and {other} is another compiler (PROFILED=no does without)"
    for how in ("count", "counted"):
        assert building.what_is_missing(how) == needs_gcc


def test_what_was_not_counted_is_not_compiled_for_that(building, monkeypatch):
    monkeypatch.setattr(building, "ASKED_FOR", "counted")
    monkeypatch.setattr(building, "what_is_missing", lambda _how: None)
    for name in building.compiled_files()[1:]:
        object_file = "__native_" + name.removesuffix(".py").replace("/", "___")
        (building.PROFILE / f"#source#{object_file}.gcda").touch()
    with pytest.raises(SystemExit) as refused:
        building.build()
    assert str(refused.value).startswith(f"nothing was counted of {building.compiled_files()[0]}: ")
