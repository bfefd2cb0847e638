"""`flagging demo`: everything on this machine, with a register of people who do not exist."""

import os
import sys
from pathlib import Path

import click

from flagging.demo import run_demo
from flagging.settings import read_settings


@click.command()
@click.option("--master-list", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="your own list")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--state-dir", type=click.Path(file_okay=False, path_type=Path), help="default: FLAGGING_STATE_DIR")
def demo(master_list: Path | None, port: int, state_dir: Path | None) -> None:
    """Run everything: Redis, a synthetic register, the worker and the server."""
    environ = dict(os.environ)
    if state_dir is not None:
        environ["FLAGGING_STATE_DIR"] = str(state_dir)
    sys.exit(run_demo(read_settings(environ), master_list, port, read_settings(environ).state_dir))
