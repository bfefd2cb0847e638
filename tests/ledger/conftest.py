from collections.abc import Iterator

import pytest
from kept import Kept

from flagging.ledger.database import LedgerDatabase


@pytest.fixture
def kept(ledger_url, tmp_path, keyring) -> Iterator[Kept]:
    """One host's spool and the ledger it is drained into."""
    kept = Kept(tmp_path, keyring, LedgerDatabase(ledger_url, tmp_path))
    yield kept
    kept.close()


@pytest.fixture
def on_sqlite(tmp_path, keyring) -> Iterator[Kept]:
    kept = Kept(tmp_path, keyring, LedgerDatabase(None, tmp_path))
    yield kept
    kept.close()
