"""When a changed list is said to be visible, every process of the server has it, wherever the list lies."""

import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

LOAD_TESTS = Path(__file__).resolve().parent.parent.parent / "load_tests"
sys.path.insert(0, str(LOAD_TESTS))

import list_address  # noqa: E402
from contenders import children_of  # noqa: E402
from each_process import EachProcess, process_behind  # noqa: E402

PROCESSES = 3
PATIENCE = 60.0
TELLS_ITS_ID = """
import os

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])
    return [str(os.getpid()).encode()]
"""


@pytest.fixture
def server(tmp_path, free_port):
    """A server of several processes, each of which answers with its own id; yields the port and these ids."""
    (tmp_path / "telling.py").write_text(TELLS_ITS_ID)
    options = ["--bind", f"127.0.0.1:{free_port}", "--workers", str(PROCESSES), "--worker-class", "gthread"]
    command = [sys.executable, "-m", "gunicorn", *options, "telling:app"]
    with (tmp_path / "log").open("wb") as log:
        master = subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + PATIENCE
        while (tmp_path / "log").read_text().count("Booting worker") < PROCESSES:
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()
            time.sleep(0.05)
        yield free_port, children_of(master.pid)
    finally:
        master.terminate()
        master.wait(PATIENCE)


def test_every_process_of_a_server_is_asked_and_each_of_them_once(server):
    port, pids = server
    with closing(EachProcess(port, pids)) as each:
        for _ in range(2):  # and again, on new connections
            each.connect()
            assert sorted(each.ask("GET", "/", None, {})) == sorted(pids)
    assert len(pids) == PROCESSES


def test_a_connection_that_none_of_the_processes_has_is_nobodys(server):
    port, pids = server
    assert process_behind(1, port, pids) is None


@pytest.fixture
def address(tmp_path):
    (tmp_path / "list.csv").write_text("first")
    with list_address.giving_out(tmp_path / "list.csv") as address:
        yield address


def fetch(address, known=None):
    settings = address.settings()
    context = ssl.create_default_context(cafile=settings["FLAGGING_MASTER_LIST_CA_FILE"])
    request = urllib.request.Request(
        settings["FLAGGING_MASTER_LIST"], headers={"If-None-Match": known} if known else {}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE, context=context) as answer:
        return answer.read(), answer.headers["ETag"]


def test_an_address_gives_the_list_as_it_is_when_asked_and_says_when_it_is_the_same(address, tmp_path):
    content, tag = fetch(address)
    assert content == b"first"
    with pytest.raises(urllib.error.HTTPError, match="304"):
        fetch(address, tag)
    (tmp_path / "list.csv").write_text("second")
    assert fetch(address, tag)[0] == b"second"


def test_what_was_asked_before_a_change_is_awaited_does_not_count(address, monkeypatch):
    monkeypatch.setattr(list_address, "PATIENCE", 0.1)
    fetch(address)
    with pytest.raises(SystemExit, match="nobody asks"):
        address.await_next()


def test_a_change_is_due_once_the_address_was_asked_once_more(address):
    waiting = threading.Thread(target=address.await_next)
    waiting.start()
    while waiting.is_alive():
        fetch(address)
