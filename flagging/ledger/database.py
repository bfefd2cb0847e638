"""The ledger's database: SQLite in the state directory, or PostgreSQL where several hosts share one ledger.

Owns transactions. One writer at a time, whoever it is, so that the chain has one end. Faults come out as
LedgerUnreachable with the kind alone: the text of a database's error may quote what was to be written.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, insert, inspect, make_url, select, text
from sqlalchemy.exc import SQLAlchemyError

from flagging.errors import LedgerUnreachable
from flagging.ledger.tables import FORMATS, LEDGER_FORMAT, metadata
from flagging.turns import Turns

FILE_NAME = "ledger.db"
WRITES = "flagging_writes"
SECONDS_TO_CONNECT = 5
SECONDS_TO_WAIT = 10
SECONDS_TO_ANSWER = 60
SECONDS_TO_HEAR = 15
"""After which a connection to a host that says nothing any more is given up."""
_ONE_WRITER = 0x666C6167  # the advisory lock of PostgreSQL by which writers queue

# What libpq is told of a host that is gone without a word.
_GIVING_UP = {
    "tcp_user_timeout": SECONDS_TO_HEAR * 1000,
    "keepalives_idle": SECONDS_TO_HEAR // 3,
    "keepalives_interval": SECONDS_TO_HEAR // 3,
    "keepalives_count": 2,
}

_OF_SQLITE = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # a segment of the spool is removed once its entries are in here
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",  # what is erased is written over
)


class LedgerDatabase:
    """Opens transactions; no connection is made before the first one.

    Of those that read there are at most `most_readers` (two or more) at once: a database that hangs then holds up no
    more threads of a server than that, and no more than `within` lets wait for other things, too. One turn is never
    taken by who reads at length. Whoever finds no turn within a moment is told LedgerUnreachable.
    """

    def __init__(
        self, url: str | None, state_dir: Path, most_readers: int | None = None, within: Turns | None = None
    ) -> None:
        self._turns = self._turns_at_length = None
        if most_readers is not None:
            self._turns = Turns(most_readers, within)
            self._turns_at_length = Turns(most_readers - 1, self._turns)
        self._url = make_url(url) if url else URL.create("sqlite", database=str(state_dir / FILE_NAME))
        self._is_sqlite = self._url.get_backend_name() == "sqlite"
        self._engine = _sqlite_engine(self._url) if self._is_sqlite else _postgresql_engine(self._url)
        self._is_ready = False

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Hold the one transaction that may write; it is committed at the end, or nothing of it is done."""
        with _named_faults():
            self._prepare()
            with self._engine.connect() as connection:
                connection.execution_options(**{WRITES: True})
                with connection.begin():
                    if not self._is_sqlite:
                        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ONE_WRITER})
                    _confirm_format(connection)
                    yield connection

    @contextmanager
    def reading(self, *, at_length: bool = False) -> Iterator[Connection]:
        """Hold a transaction that sees one state of the ledger; LedgerUnreachable where there is no ledger yet."""
        with self._turn(at_length=at_length), _named_faults():
            if self._is_sqlite and not Path(self._url.database or "").is_file():
                raise LedgerUnreachable("there is no ledger yet: the worker makes it")
            with self._engine.connect() as connection:
                if not self._is_sqlite:
                    connection.execution_options(isolation_level="REPEATABLE READ")
                with connection.begin():
                    if inspect(connection).has_table(FORMATS.name):
                        _confirm_format(connection)
                    yield connection

    def _turn(self, *, at_length: bool) -> AbstractContextManager[None]:
        turns = self._turns_at_length if at_length else self._turns
        if turns is None:
            return nullcontext()
        return turns.taken(LedgerUnreachable("the ledger's database: others are waiting for it already"))

    def forget_erased(self) -> None:
        """Leave nothing of what was erased in SQLite's log of writes, as far as no reader still needs it."""
        if self._is_sqlite:
            with _named_faults(), closing(self._engine.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        self._engine.dispose()
        self._is_ready = False

    def _prepare(self) -> None:
        """Make the tables where they are missing; two that do so at once do not get in each other's way."""
        if self._is_ready and (not self._is_sqlite or Path(self._url.database or "").is_file()):
            return
        if self._is_sqlite:
            self.close()  # connections to a file that is gone would go on writing to it
            _make_for_owner_alone(Path(self._url.database or ""))
        with self._engine.connect() as connection:
            connection.execution_options(**{WRITES: True})
            with connection.begin():
                if not self._is_sqlite:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ONE_WRITER})
                metadata.create_all(connection)
                if connection.execute(select(FORMATS.c.format)).first() is None:
                    connection.execute(insert(FORMATS).values(format=LEDGER_FORMAT))
        self._is_ready = True


def _confirm_format(connection: Connection) -> None:
    found = connection.execute(select(func.max(FORMATS.c.format))).scalar_one()
    if found is not None and found > LEDGER_FORMAT:
        raise LedgerUnreachable(
            f"the ledger is of format {found}, a later version's; this version reads {LEDGER_FORMAT}"
        )


@contextmanager
def _named_faults() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise LedgerUnreachable(f"the ledger's database: {type(error).__name__}") from None


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": SECONDS_TO_WAIT})

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say so, not where the driver thinks
        for pragma in _OF_SQLITE:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def began(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(WRITES) else "BEGIN")

    return engine


def _postgresql_engine(url: URL) -> Engine:
    limits = f"-c lock_timeout={SECONDS_TO_WAIT}s -c statement_timeout={SECONDS_TO_ANSWER}s"
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        hide_parameters=True,
        pool_pre_ping=True,
        connect_args={"connect_timeout": SECONDS_TO_CONNECT, "options": limits}
        | {name: value for name, value in _GIVING_UP.items() if name not in url.query},
    )


def _make_for_owner_alone(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise LedgerUnreachable(f"the ledger's database: {error.strerror}") from None
