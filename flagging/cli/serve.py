"""`flagging serve`: the server."""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

import click

from flagging.key_file import load_keyring
from flagging.settings import needed, read_settings


@click.command()
def serve() -> None:
    """Run the server: gunicorn with the configuration directory's gunicorn.conf.py."""
    settings = read_settings(os.environ)
    load_keyring(needed(settings.key_file, "FLAGGING_KEY_FILE"))  # say what is wrong once, before any process starts
    needed(settings.redis_url, "FLAGGING_REDIS_URL")
    program = shutil.which("gunicorn", path=str(Path(sys.executable).parent)) or shutil.which("gunicorn")
    if program is None or importlib.util.find_spec("gunicorn") is None:
        raise click.ClickException("gunicorn is not installed")
    conf = settings.config_dir / "gunicorn.conf.py"
    becomes = [program, "--config", str(conf), "flagging.wsgi:create()"]
    os.execv(program, becomes)  # noqa: S606 - a list, found by us # nosec B606
