"""Which build of the service is measured, compiled or as the source files stand: the first line of what measures it.

`make compiled` installs the compiled one in build/compiled/venv: start a command with the Python there to measure that
build.
"""

import platform
import sys


def tell_build():
    """Print which build this process measures, the file that shows it, and which Python runs it."""
    from flagging.compilation import IS_COMPILED
    from flagging.matching import search

    python = f"Python {platform.python_version()} of {sys.base_prefix}"
    print(f"build: {'' if IS_COMPILED else 'not '}compiled, {search.__file__}, {python}", flush=True)
