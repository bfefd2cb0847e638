"""What gunicorn runs: `flagging.wsgi:create()`, once in every server process."""

import atexit
import contextlib
import os
import sys
from pathlib import Path

from flask import Flask

from flagging.app import create_app
from flagging.errors import FlaggingError
from flagging.logs import log_what_ends_threads, set_up_logs
from flagging.metrics import count_lookups
from flagging.register.loading import YIELD_SECONDS
from flagging.settings import read_settings

HALT = 4  # gunicorn's APP_LOAD_ERROR: the parent stops, as nothing it starts could ever serve
TRY_AGAIN = 1
SERVED = "served"


def create() -> Flask:
    """Return the application for this environment; a fault of the set-up ends the process with one line."""
    sys.setswitchinterval(YIELD_SECONDS)  # whatever is done in the background, while it is started and ever after
    try:
        settings = read_settings(os.environ)
        set_up_logs(settings.log_level)
        log_what_ends_threads()
        app = create_app(settings)
        atexit.register(count_lookups)
    except FlaggingError as error:
        sys.stderr.write(f"flagging: {error}\n")
        # Once one process has served, a fault of the set-up must not take the others that still serve with it.
        mark = _served_mark()
        raise SystemExit(TRY_AGAIN if mark and mark.exists() else HALT) from None
    mark = _served_mark()
    if mark:
        with contextlib.suppress(OSError):
            mark.touch()
    return app


def _served_mark() -> Path | None:
    """The file, in the directory that gunicorn's parent makes for its processes, by which they know of each other."""
    directory = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    return Path(directory) / SERVED if directory else None
