"""`flagging worker`: how it is put together."""

import os
import threading

import pytest

from flagging.cli.setup import open_keys, open_recorder, open_worker
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
