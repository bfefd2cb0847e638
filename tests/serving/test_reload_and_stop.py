"""Real gunicorn: nobody loses a request when processes are reloaded, stopped or killed."""

import http.client
import os
import signal
import threading
import time
from contextlib import contextmanager

import pytest
from slow_server import HEAD, PATIENCE, read_answer, serving


@contextmanager
def asking(server, number: int = 4):
    """Ask all the while, on connections kept and new ones; collect what was not answered as it should.

    Where nobody listens nothing was sent.
    """
    lost, answered, stopping = [], [0], threading.Event()

    def ask(is_kept: bool) -> None:
        connection = None
        while not stopping.is_set():
            connection = connection or server.connected()
            if connection is None:
                continue
            try:
                connection.request("POST", "/body", b"12345")
                answer = connection.getresponse()
                if answer.status != 200 or not answer.read().startswith(b"5 "):
                    lost.append(answer.status)
                answered[0] += 1
                if answer.will_close or not is_kept:
                    connection.close()
                    connection = None
            except (OSError, http.client.HTTPException) as error:
                lost.append(repr(error))
                connection.close()
                connection = None
        if connection is not None:
            connection.close()

    threads = [threading.Thread(target=ask, args=(position % 2 == 0,)) for position in range(number)]
    for thread in threads:
        thread.start()
    try:
        yield lost, answered
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


def test_a_reload_loses_no_request(tmp_path, free_port):
    with serving(tmp_path, free_port) as server, asking(server) as (lost, answered):
        before = server.ask()[1]
        os.kill(server.child.pid, signal.SIGHUP)
        deadline = time.monotonic() + PATIENCE
        while server.ask()[1] == before or answered[0] < 50:
            assert time.monotonic() < deadline
    assert lost == []


def test_until_a_successor_serves_all_old_processes_go_on_answering(tmp_path, free_port):
    sign = tmp_path / "sign"
    sign.touch()
    options = ("--workers", "2", "--graceful-timeout", "120")
    with serving(tmp_path, free_port, *options, environ={"STARTS_ONCE_THERE_IS": str(sign)}) as server:
        before: set[bytes] = set()
        server.await_true(lambda: before.add(server.ask()[1]) or len(before) == 2)
        sign.unlink()
        os.kill(server.child.pid, signal.SIGHUP)
        for _ in range(3):
            retiring: set[bytes | None] = set()
            server.await_true(lambda: retiring.add(server.ask_who_closes()) or before <= retiring)  # noqa: B023
            assert retiring <= {*before, None}
        sign.touch()
        server.await_true(lambda: server.ask()[1] not in before)


def test_a_killed_process_costs_each_caller_no_more_than_the_request_it_had_in_hand(tmp_path, free_port):
    with serving(tmp_path, free_port, "--workers", "2") as server, asking(server) as (lost, answered):
        killed = server.ask()[1].split()[1]
        os.kill(int(killed), signal.SIGKILL)
        deadline, before = time.monotonic() + PATIENCE, answered[0]
        while answered[0] < before + 200:
            assert time.monotonic() < deadline, lost
            time.sleep(0.01)
    assert all(isinstance(each, str) for each in lost), f"answered, but wrongly: {lost}"
    assert len(lost) <= 4, "more than one for each of those who ask"


def test_a_stop_loses_nobody_who_has_connected_and_turns_away_who_has_not(tmp_path, free_port):
    with serving(tmp_path, free_port, "--workers", "2") as server:
        with asking(server, 6) as (lost, answered), server.connect() as connected:
            server.await_true(lambda: answered[0] > 50)
            server.child.terminate()
            connected.sendall(HEAD + b"Content-Length: 3\r\n\r\nabc")
            assert read_answer(connected)[1].startswith(b"3 ")
            assert server.child.wait(PATIENCE) == 0
        assert lost == []
        with pytest.raises(ConnectionRefusedError):
            server.connect()


def test_a_stop_answers_what_has_arrived(tmp_path, free_port):
    with serving(tmp_path, free_port) as server:
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(server.ask("/slow"))) for _ in range(3)]
        for thread in threads:
            thread.start()
        time.sleep(0.2)
        server.child.terminate()
        for thread in threads:
            thread.join()
        assert [status for status, _ in answers] == [200, 200, 200]
        assert server.child.wait(PATIENCE) == 0
