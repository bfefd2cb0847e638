"""Real gunicorn: whatever else is asked may wait for something that hangs; a lookup does not wait for it."""

from contextlib import ExitStack

from slow_server import read_answer, serving

HANGING = b"GET /hang HTTP/1.1\r\nHost: a.example\r\n\r\n"


def test_a_lookup_is_answered_while_everything_else_hangs(tmp_path, free_port):
    begun, end = tmp_path / "begun", tmp_path / "end"
    environ = {"HANGS": str(begun), "HANGS_UNTIL_THERE_IS": str(end)}
    with serving(tmp_path, free_port, environ=environ) as server, ExitStack() as stack:
        hanging = [stack.enter_context(server.connect()) for _ in range(3)]
        for connection in hanging:
            connection.sendall(HANGING)
        server.await_true(begun.exists)
        for _ in range(3):
            assert server.ask("/v1/lookups")[0] == 200
        end.touch()
        assert [read_answer(connection)[0] for connection in hanging] == [200] * 3
