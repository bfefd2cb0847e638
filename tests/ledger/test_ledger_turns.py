"""Only so many threads of a server wait for the ledger at once: the next is told that nobody can say."""

import threading

import pytest

from flagging.errors import LedgerUnreachable
from flagging.ledger.database import LedgerDatabase
from flagging.ledger.search import LedgerSearch, Sought


@pytest.fixture
def database(tmp_path):
    with LedgerDatabase(None, tmp_path).writing():
        pass  # makes it
    database = LedgerDatabase(None, tmp_path, most_readers=2)
    yield database
    database.close()


class Reader:
    """Reads in a thread of its own until told to stop."""

    def __init__(self, database, **options):
        self._reads, self._is_over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._read, args=(database, options))
        self._thread.start()
        assert self._reads.wait(30)

    def _read(self, database, options):
        with database.reading(**options):
            self._reads.set()
            self._is_over.wait(30)

    def stop(self):
        self._is_over.set()
        self._thread.join()


def test_whoever_finds_no_turn_is_told_so_and_finds_one_when_another_has_ended(database):
    first, second = Reader(database), Reader(database)
    try:
        with pytest.raises(LedgerUnreachable, match="others are waiting"), database.reading():
            pass
        second.stop()
        with database.reading():
            pass
    finally:
        first.stop()
        second.stop()


def test_a_turn_that_ended_in_an_error_comes_back(database):
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), database.reading():
            1 / 0  # noqa: B018
    with database.reading():
        pass


def test_whoever_reads_at_length_leaves_a_turn_to_others(database):
    at_length = Reader(database, at_length=True)
    try:
        with pytest.raises(LedgerUnreachable, match="others are waiting"), database.reading(at_length=True):
            pass
        with database.reading():
            pass
    finally:
        at_length.stop()
    with database.reading(at_length=True), database.reading():
        pass


def test_an_export_is_read_at_length(database, keyring):
    entries = LedgerSearch(database, keyring).every(Sought())
    at_length = Reader(database, at_length=True)
    try:
        with pytest.raises(LedgerUnreachable, match="others are waiting"):
            next(entries)
    finally:
        at_length.stop()
