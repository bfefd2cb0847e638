"""The `flagging` command itself, and the running of server, worker and demo."""

import importlib.util
import os
import shutil
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import click

from flagging import __version__
from flagging.cli.access import access
from flagging.cli.configuration import check_config
from flagging.cli.keys import keys
from flagging.cli.ledger import ledger
from flagging.cli.ledger_setup import kept_ledger
from flagging.cli.lookup import lookup
from flagging.cli.match_report import match_report
from flagging.cli.monthly_return import monthly_return
from flagging.cli.notify import notify
from flagging.cli.notify_setup import kept_notifications, what_follows
from flagging.cli.register import register
from flagging.cli.setup import make_key_file, open_keys, open_recorder, open_worker
from flagging.cli.sync import sync
from flagging.cli.synth import synth
from flagging.compilation import IS_COMPILED
from flagging.demo import run_demo
from flagging.errors import FlaggingError
from flagging.key_file import load_keyring
from flagging.logs import log_what_ends_threads, set_up_logs
from flagging.precedence import give_way
from flagging.settings import needed, read_settings


class Commands(click.Group):
    """Turns an error of the service into its one line, wherever it was raised."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except FlaggingError as error:
            raise click.ClickException(str(error)) from None


@click.group(cls=Commands)
@click.version_option(
    __version__, prog_name="flagging", message=f"%(prog)s, version %(version)s, {'' if IS_COMPILED else 'not '}compiled"
)
def main() -> None:
    """Is this person a Prolific or other Priority Offender?

    Settings are environment variables: see `flagging check-config --show`.
    """


@main.command()
@click.option("--master-list", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="your own list")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--state-dir", type=click.Path(file_okay=False, path_type=Path), help="default: FLAGGING_STATE_DIR")
def demo(master_list: Path | None, port: int, state_dir: Path | None) -> None:
    """Run everything: Redis, a synthetic register, the worker and the server."""
    environ = dict(os.environ)
    if state_dir is not None:
        environ["FLAGGING_STATE_DIR"] = str(state_dir)
    sys.exit(run_demo(read_settings(environ), master_list, port, read_settings(environ).state_dir))


@main.command()
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


@main.command()
def worker() -> None:
    """Run the worker: keep register and ledger, and tell whoever is to be told."""
    settings = read_settings(os.environ)
    give_way()
    set_up_logs(settings.log_level)
    log_what_ends_threads()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    make_key_file(settings)
    followed = open_keys(settings)
    keyring = followed.keyring
    with (
        kept_ledger(settings, keyring, what_follows(settings, keyring)),
        open_recorder(settings, "worker", keyring=keyring) as recorder,
    ):
        running = open_worker(settings, recorder, followed)
        with kept_notifications(settings, keyring, running.known):
            running.run(stopping)


for command in (
    sync,
    register,
    lookup,
    match_report,
    access,
    keys,
    ledger,
    notify,
    monthly_return,
    synth,
    check_config,
):
    main.add_command(command)
