"""What gunicorn runs: `flagging.wsgi:create()`, once in every server process."""

import os
import sys

from flask import Flask

from flagging.app import create_app
from flagging.errors import FlaggingError
from flagging.logs import set_up_logs
from flagging.settings import read_settings

HALT = 4  # gunicorn's APP_LOAD_ERROR: the parent stops instead of starting the process again and again


def create() -> Flask:
    """Return the application for this environment; a fault of the set-up ends the process with one line."""
    try:
        settings = read_settings(os.environ)
        set_up_logs(settings.log_level)
        return create_app(settings)
    except FlaggingError as error:
        sys.stderr.write(f"flagging: {error}\n")
        raise SystemExit(HALT) from None
