"""Real gunicorn: lookups, batches and whatever else is asked hold up nobody but their own kind where they hang."""

from contextlib import ExitStack

import pytest
from slow_server import read_answer, serving

LOOKUP, BATCH, PAGE = "/v1/lookups", "/v1/lookups/batch", "/alerts"


@pytest.mark.parametrize(
    ("hanging", "others"),
    [(PAGE, (LOOKUP, BATCH)), (BATCH, (LOOKUP, PAGE))],
    ids=["pages hang", "batches hang"],
)
def test_whoever_asks_otherwise_is_answered_while_others_hang(tmp_path, free_port, hanging, others):
    begun, end = tmp_path / "begun", tmp_path / "end"
    environ = {"HANGS": str(begun), "HANGS_UNTIL_THERE_IS": str(end)}
    words = f"POST {hanging}?hang HTTP/1.1\r\nHost: a.example\r\n\r\n".encode()
    with serving(tmp_path, free_port, environ=environ) as server, ExitStack() as stack:
        held_up = [stack.enter_context(server.connect()) for _ in range(3)]
        for connection in held_up:
            connection.sendall(words)
        server.await_true(begun.exists)
        for path in others * 3:
            assert server.ask(path)[0] == 200
        end.touch()
        assert [read_answer(connection)[0] for connection in held_up] == [200] * 3
