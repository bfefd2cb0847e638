"""`flagging worker`: how it is put together."""

import os
import threading
from datetime import UTC, datetime

import pytest

from flagging.cli.setup import open_keys, open_recorder, open_worker
from flagging.key_file import add_key
from flagging.register.store import EditionStore
from flagging.settings import read_settings
from flagging.sync.progress import READING, SyncEnded


def test_the_sync_of_a_worker_goes_on_until_the_worker_is_told_to_end(synced):
    settings, stopping = read_settings(os.environ), threading.Event()
    with open_recorder(settings, "worker") as recorder:
        progress = open_worker(settings, recorder, open_keys(settings), stopping).synchroniser.progress
        progress(READING, 1, 2)
        stopping.set()
        with pytest.raises(SyncEnded):
            progress(READING, 2, 2)


def test_so_does_its_fetching_of_a_list_which_waits_no_longer_either(synced):
    settings, stopping = read_settings(os.environ), threading.Event()
    with open_recorder(settings, "worker") as recorder:
        fetcher = open_worker(settings, recorder, open_keys(settings), stopping).synchroniser.fetcher
        stopping.set()
        with pytest.raises(SyncEnded):
            fetcher.fetch("https://lists.example.org/list.csv", 1)


def test_so_does_its_sealing_anew(synced, redis_client):
    settings, stopping = read_settings(os.environ), threading.Event()
    add_key(synced.directory / "keys" / "keys.json", datetime.now(UTC))
    store = EditionStore(redis_client, synced.keyring)
    with open_recorder(settings, "worker") as recorder:
        worker = open_worker(settings, recorder, open_keys(settings), stopping)
        worker.is_redis_fit = True
        stopping.set()
        worker.upkeep()
        assert store.kept() == [1]
        stopping.clear()
        worker.upkeep()
        assert store.kept() == [1, 2]
