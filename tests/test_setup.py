"""How the wheel is compiled, where that is asked for: what `setup.py` does not do, it says."""

import importlib.util
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture
def building(monkeypatch, tmp_path):
    """`setup.py`, of a directory where nothing was counted; it would find all it needs."""
    spec = importlib.util.spec_from_file_location("building", REPOSITORY / "setup.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "PROFILE", tmp_path / "profile")
    monkeypatch.setattr(module, "what_is_missing", lambda: None)
    return module


@pytest.fixture
def other_compiler(monkeypatch, tmp_path):
    """A C compiler that is not GCC."""
    place = tmp_path / "another-cc"
    place.write_text("#!/bin/sh\necho another compiler, version 1\n")
    place.chmod(0o755)
    monkeypatch.setenv("CC", str(place))
    return place


def test_a_way_to_compile_that_is_not_known_is_named(building, monkeypatch):
    monkeypatch.setattr(building, "ASKED_FOR", "yes")
    with pytest.raises(SystemExit, match=r"^FLAGGING_COMPILE is 1 or count, not 'yes'$"):
        building.build()


@pytest.mark.parametrize(("asked_for", "is_counted"), [("count", False), ("1", True)])
def test_what_another_compiler_cannot_count_is_refused(building, other_compiler, asked_for, is_counted, monkeypatch):
    monkeypatch.setattr(building, "ASKED_FOR", asked_for)
    if is_counted:
        building.PROFILE.mkdir()
    with pytest.raises(SystemExit) as refused:
        building.build()
    assert str(refused.value) == (
        f"counting which way lookups go needs GCC, and {other_compiler} is another compiler: "
        "make compiled-wheel PROFILED=no does without"
    )
