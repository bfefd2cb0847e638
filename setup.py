"""The build of the wheel, as far as pyproject.toml cannot say it: with FLAGGING_COMPILE=1 some modules are compiled.

Which ones is said in pyproject.toml (`tool.flagging.compiled`), and why in docs/decisions.md. Without that variable the
wheel holds the source files as they are, and needs no compiler. What is made on the way lies in build/compiled/, never
among the source files: `make compiled`.
"""

import importlib.util
import os
import shutil
import sys
import sysconfig
import tomllib
from pathlib import Path

from setuptools import setup

HERE = Path(__file__).resolve().parent
WORK = "build/compiled/made"
IS_ASKED_FOR = os.environ.get("FLAGGING_COMPILE") == "1" and "bdist_wheel" in sys.argv  # and not for its metadata


def compiled_files() -> list[str]:
    """Return the source files that are compiled, from here; what a package says of itself is not."""
    patterns = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["flagging"]["compiled"]
    found = {path.relative_to(HERE).as_posix() for pattern in patterns for path in HERE.glob(pattern)}
    return sorted(name for name in found if not name.endswith("__init__.py"))


def what_is_missing() -> str | None:
    """Tell in one sentence what is needed to compile and not there; None where all is."""
    compiler = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]
    header = Path(sysconfig.get_paths()["include"]) / "Python.h"
    if not shutil.which(compiler):
        return f"compiling needs a C compiler, and {compiler} is not there (Debian: apt install gcc libc6-dev)"
    if not header.exists():
        return f"compiling needs the headers of Python, and {header} is not there (Debian: apt install python3-dev)"
    if importlib.util.find_spec("mypyc") is None:
        return "compiling needs mypy, and it is not there (pip install --require-hashes -r requirements-compile.lock)"
    return None


def build() -> None:
    if not IS_ASKED_FOR:
        setup()
        return
    missing = what_is_missing()
    if missing:
        raise SystemExit(missing)
    from mypyc.build import mypycify  # noqa: PLC0415 - not there, and not needed, where nothing is compiled

    extensions = mypycify(
        compiled_files(), opt_level="3", debug_level="0", group_name="flagging", target_dir=f"{WORK}/c"
    )
    setup(ext_modules=extensions, options={"build": {"build_base": WORK}, "build_ext": {"parallel": os.cpu_count()}})


if __name__ == "__main__":
    build()
