"""`flagging worker`: what keeps register and ledger."""

import os
import signal
import threading

import click

from flagging.cli.ledger_setup import kept_ledger
from flagging.cli.notify_setup import kept_notifications, what_follows
from flagging.cli.setup import make_key_file, open_keys, open_recorder, open_worker
from flagging.logs import log_what_ends_threads, set_up_logs
from flagging.precedence import give_way
from flagging.settings import read_settings


@click.command()
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
        kept_ledger(settings, keyring, what_follows(settings), stopping),
        open_recorder(settings, "worker", keyring=keyring) as recorder,
    ):
        running = open_worker(settings, recorder, followed, stopping)
        with kept_notifications(settings, keyring, running.known):
            running.run(stopping)
