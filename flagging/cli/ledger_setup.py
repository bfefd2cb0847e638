"""From settings to the parts of the ledger that commands and the worker use."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from flagging.ledger.append import Appender, Hook
from flagging.ledger.database import LedgerDatabase
from flagging.ledger.drain import Drain
from flagging.ledger.erasure import Eraser
from flagging.ledger.head import HeadWitness
from flagging.ledger.inspection import InspectionFile, Inspector
from flagging.ledger.keeper import Keeper
from flagging.ledger.keys import reseal_keys
from flagging.redis_connection import connect
from flagging.sealing import Keyring
from flagging.settings import Settings
from flagging.spool import SPOOL


def open_ledger(settings: Settings) -> LedgerDatabase:
    return LedgerDatabase(settings.ledger_url, settings.state_dir)


def open_witness(settings: Settings, keyring: Keyring) -> HeadWitness:
    client = connect(settings.redis_url) if settings.redis_url else None
    return HeadWitness(settings.state_dir, keyring, client)


def open_keeper(
    settings: Settings, keyring: Keyring, hooks: Sequence[Hook], stopping: threading.Event | None = None
) -> Keeper:
    database, appender = open_ledger(settings), Appender(keyring, hooks)
    return Keeper(
        database=database,
        drain=Drain(settings.state_dir / SPOOL, database, appender),
        witness=open_witness(settings, keyring),
        eraser=Eraser(database, appender),
        days=settings.ledger_days,
        stopping=stopping or threading.Event(),
    )


@contextmanager
def kept_ledger(
    settings: Settings, keyring: Keyring, hooks: Sequence[Hook], stopping: threading.Event
) -> Iterator[None]:
    """Keep the ledger in the background, and verify it, for as long as a worker runs.

    `stopping` is set as soon as the worker is to end: what is ended before the ledger may be waiting to write to it.
    """
    keeper = open_keeper(settings, keyring, hooks, stopping)
    inspector = Inspector(
        open_ledger(settings), keyring, open_witness(settings, keyring), InspectionFile(settings.state_dir)
    )
    keeper.start()
    inspector.start()
    try:
        yield
    finally:
        inspector.stop()
        keeper.stop()


def ledger_resealer(settings: Settings, keyring: Keyring) -> Callable[[], None]:
    """Return what seals the ledger's keys for the keys now in use."""
    database = open_ledger(settings)

    def reseal() -> None:
        with database.writing() as connection:
            reseal_keys(connection, keyring)

    return reseal
