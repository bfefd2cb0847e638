"""The build of the wheel, as far as pyproject.toml cannot say it: with FLAGGING_COMPILE some modules are compiled.

Which ones is said in pyproject.toml (`tool.flagging.compiled`), and why in docs/decisions.md. Without that variable the
wheel holds the source files as they are, and needs no compiler. What is made on the way lies in build/compiled/, never
among the source files: `make compiled`.

    FLAGGING_COMPILE=1          compiled once, by whatever compiler
    FLAGGING_COMPILE=count      compiled so that whatever runs counts in build/compiled/profile/ which way it goes (GCC)
    FLAGGING_COMPILE=counted    compiled for the ways that were counted there
"""

import importlib.util
import os
import shlex
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
# How it is compiled, for each way to ask: the level of optimisation, and what else the compiler is told. Calls between
# the files stay within the library, whatever else is loaded. With ways that were counted, 3 is no better than 2, and
# they are only found again at the level they were counted at. What was never asked for is compiled as ever, not for
# little space. No warning about what was counted stops a build, but for one: it was counted in another source.
_WITHIN = "-fno-semantic-interposition"
HOW = {
    "1": ("3", [_WITHIN]),
    "count": ("2", [_WITHIN, "-fprofile-generate", f"-fprofile-dir={PROFILE}"]),
    "counted": (
        "2",
        [
            *(_WITHIN, f"-fprofile-use={PROFILE}", f"-fprofile-dir={PROFILE}", "-fprofile-partial-training"),
            *("-Wno-missing-profile", "-Wno-error", "-Werror=coverage-mismatch"),
        ],
    ),
}
INSTALLED_BY = "pip install --require-hashes -r requirements-compile.lock"


def compiled_files() -> list[str]:
    """Return the source files that are compiled, from here; what a package says of itself is not."""
    patterns = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["flagging"]["compiled"]
    found = {path.relative_to(HERE).as_posix() for pattern in patterns for path in HERE.glob(pattern)}
    return sorted(name for name in found if not name.endswith("__init__.py"))


def compiler() -> list[str]:
    """Return the command that compiles C."""
    return shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")


def is_gcc() -> bool:
    """Tell whether the compiler is GCC: others write down in another form which way a program goes."""
    said = subprocess.run([*compiler(), "--version"], capture_output=True, text=True, check=False).stdout
    return "Free Software Foundation" in said


def what_is_missing(how: str = "1") -> str | None:
    """Tell in one sentence what is needed to compile so, and not there; None where all is."""
    name = compiler()[0]
    header = Path(sysconfig.get_paths()["include"]) / "Python.h"
    if not shutil.which(name):
        return f"compiling needs a C compiler, and {name} is not there (Debian: apt install gcc libc6-dev)"
    if not header.exists():
        return f"compiling needs the headers of Python, and {header} is not there (Debian: apt install python3-dev)"
    for module, package in (("mypyc", "mypy"), ("pybind11", "pybind11")):
        if importlib.util.find_spec(module) is None:
            return f"compiling needs {package}, and it is not there ({INSTALLED_BY})"
    if how != "1" and not is_gcc():
        return f"counting which way lookups go needs GCC, and {name} is another compiler (PROFILED=no does without)"
    return None


def what_was_not_counted() -> list[str]:
    """Return the modules of which nothing was counted: all of them are loaded by whatever asks a lookup."""
    counted = {path.stem.rpartition("#")[2] for path in PROFILE.glob("*.gcda")}
    own = {name: "__native_" + name.removesuffix(".py").replace("/", "___") for name in compiled_files()}
    return [name for name, object_file in own.items() if object_file not in counted]


def build() -> None:
    if not ASKED_FOR:
        setup()
        return
    if ASKED_FOR not in HOW:
        raise SystemExit(f"FLAGGING_COMPILE is one of {', '.join(HOW)}, not {ASKED_FOR!r}")
    missing = what_is_missing(ASKED_FOR)
    if missing:
        raise SystemExit(missing)
    if ASKED_FOR == "counted" and (left_out := what_was_not_counted()):
        raise SystemExit(
            f"nothing was counted of {', '.join(left_out)}: compile with FLAGGING_COMPILE=count, and ask that"
        )
    # Not there, and not needed, where nothing is compiled.
    from mypyc.build import mypycify  # noqa: PLC0415
    from pybind11.setup_helpers import ParallelCompile  # noqa: PLC0415

    # What was made before, in another way perhaps, would be taken for what is to be made.
    for made in (*(HERE / WORK).glob("lib*"), *(HERE / WORK).glob("bdist*"), *(HERE / WORK).glob("temp*")):
        shutil.rmtree(made)
    level, flags = HOW[ASKED_FOR]
    place = f"{WORK}/c"
    extensions = mypycify(
        compiled_files(), opt_level=level, debug_level="0", multi_file=True, group_name="flagging", target_dir=place
    )
    for extension in extensions:
        extension.extra_compile_args += flags
        extension.extra_link_args += [flag for flag in flags if flag == "-fprofile-generate"]
    with ParallelCompile():
        setup(ext_modules=extensions, options={"build": {"build_base": WORK}})


if __name__ == "__main__":
    build()
