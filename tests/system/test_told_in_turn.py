"""Everybody is told, and under one key once, whatever dies meanwhile. 10 000 lookups: `make turmoil`."""

import socket

import pytest
from told_in_turn import Turmoil, kill_in_turn

LOOKUPS = 200


@pytest.mark.sweep
def test_everybody_due_is_told_though_mail_webhook_worker_and_redis_are_killed_in_turn(tmp_path):
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        ports = one.getsockname()[1], other.getsockname()[1]
    with Turmoil(tmp_path, *ports) as turmoil:
        found = kill_in_turn(turmoil, LOOKUPS)
    assert found.by_email == found.due
    assert found.by_webhook == found.due
    assert found.keys == 2 * LOOKUPS
