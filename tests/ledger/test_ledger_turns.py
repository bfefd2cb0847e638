"""Only so many threads of a server wait for the ledger at once: the next is told that nobody can say."""

import threading

import pytest

from flagging.errors import LedgerUnreachable
from flagging.ledger.database import LedgerDatabase


@pytest.fixture
def database(tmp_path):
    with LedgerDatabase(None, tmp_path).writing():
        pass  # makes it
    database = LedgerDatabase(None, tmp_path, most_readers=2)
    yield database
    database.close()


class Reader:
    """Reads in a thread of its own until told to stop."""

    def __init__(self, database):
        self._reads, self._is_over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._read, args=(database,))
        self._thread.start()
        assert self._reads.wait(30)

    def _read(self, database):
        with database.reading():
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
