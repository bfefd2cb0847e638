"""The build of the wheel, as far as pyproject.toml cannot say it: with FLAGGING_COMPILE some modules are compiled.

Which ones is said in pyproject.toml (`tool.flagging.compiled`), and why in docs/decisions.md. Without that variable the
wheel holds the source files as they are, and needs no compiler. What is made on the way lies in build/compiled/, never
among the source files: `make compiled`.

    FLAGGING_COMPILE=count    compiled so that whatever runs counts in build/compiled/profile/ which way it goes
    FLAGGING_COMPILE=1        compiled for the ways counted there; for any, where nothing was
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

from setuptools import setup

HERE = Path(__file__).resolve().parent
WORK = "build/compiled/made"
PROFILE = HERE / "build" / "compiled" / "profile"
ASKED_FOR = os.environ.get("FLAGGING_COMPILE", "") if "bdist_wheel" in sys.argv else ""  # and not for its metadata
# What is called within the library stays there, whatever else may be loaded: calls between its files cost less.
ALWAYS = ["-fno-semantic-interposition"]
COUNTING = ["-fprofile-generate", f"-fprofile-dir={PROFILE}"]
# What was never asked for is compiled as ever, not for little space.
COUNTED = [f"-fprofile-use={PROFILE}", f"-fprofile-dir={PROFILE}", "-fprofile-partial-training", "-Wno-missing-profile"]


def compiled_files() -> list[str]:
    """Return the source files that are compiled, from here; what a package says of itself is not."""
    patterns = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["flagging"]["compiled"]
    found = {path.relative_to(HERE).as_posix() for pattern in patterns for path in HERE.glob(pattern)}
    return sorted(name for name in found if not name.endswith("__init__.py"))


def compiler() -> str:
    """Return the command that compiles C."""
    return (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]


def what_is_missing() -> str | None:
    """Tell in one sentence what is needed to compile and not there; None where all is."""
    header = Path(sysconfig.get_paths()["include"]) / "Python.h"
    if not shutil.which(compiler()):
        return f"compiling needs a C compiler, and {compiler()} is not there (Debian: apt install gcc libc6-dev)"
    if not header.exists():
        return f"compiling needs the headers of Python, and {header} is not there (Debian: apt install python3-dev)"
    for module, package in (("mypyc", "mypy"), ("pybind11", "pybind11")):
        if importlib.util.find_spec(module) is None:
            return f"compiling needs {package}, and it is not there ({INSTALLED_BY})"
    return None


INSTALLED_BY = "pip install --require-hashes -r requirements-compile.lock"


def is_gcc() -> bool:
    """Tell whether the compiler is GCC: others write down in another form which way a program goes."""
    said = subprocess.run([compiler(), "--version"], capture_output=True, text=True, check=False).stdout
    return "Free Software Foundation" in said


def build() -> None:
    if not ASKED_FOR:
        setup()
        return
    if ASKED_FOR not in {"1", "count"}:
        raise SystemExit(f"FLAGGING_COMPILE is 1 or count, not {ASKED_FOR!r}")
    missing = what_is_missing()
    if missing:
        raise SystemExit(missing)
    is_counting, is_counted = ASKED_FOR == "count", ASKED_FOR == "1" and PROFILE.is_dir()
    if (is_counting or is_counted) and not is_gcc():
        raise SystemExit(
            f"counting which way lookups go needs GCC, and {compiler()} is another compiler: "
            "make compiled-wheel PROFILED=no does without"
        )
    # Not there, and not needed, where nothing is compiled.
    from mypyc.build import mypycify  # noqa: PLC0415
    from pybind11.setup_helpers import ParallelCompile  # noqa: PLC0415

    # At one level, or the ways of one build would not be those of the other; 3 is no better than 2 with them.
    level = "2" if is_counting or is_counted else "3"
    made = f"{WORK}/c"
    extensions = mypycify(
        compiled_files(), opt_level=level, debug_level="0", multi_file=True, group_name="flagging", target_dir=made
    )
    for extension in extensions:
        extension.extra_compile_args += ALWAYS + COUNTING * is_counting + COUNTED * is_counted
        extension.extra_link_args += COUNTING[:1] * is_counting
    with ParallelCompile():
        setup(ext_modules=extensions, options={"build": {"build_base": WORK}})


if __name__ == "__main__":
    build()
