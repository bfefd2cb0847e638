"""Where the demo listens: the port asked for, unless GUNICORN_CMD_ARGS binds something else."""

import socket
from collections.abc import Iterator

import pytest

from flagging.demo.address import find_address
from flagging.errors import FlaggingError


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_port_asked_for_is_bound_on_the_loopback_address(free_port):
    address = find_address("", free_port)
    assert address.base_url == f"http://127.0.0.1:{free_port}"
    assert address.gunicorn_args == f"--bind 127.0.0.1:{free_port}"


def test_port_0_is_a_free_one():
    address = find_address("", 0)
    assert address.base_url.removeprefix("http://127.0.0.1:").isdigit()
    assert address.base_url != "http://127.0.0.1:0"


def test_other_gunicorn_arguments_are_kept(free_port):
    assert find_address("--workers 8", free_port).gunicorn_args == f"--bind 127.0.0.1:{free_port} --workers 8"


@pytest.mark.parametrize("form", ["--bind {}", "-b {}", "--bind={}"])
def test_gunicorn_arguments_that_bind_win_over_the_port(free_port, taken_port, form):
    given = form.format(f"0.0.0.0:{free_port}")
    address = find_address(given, taken_port)
    assert (address.base_url, address.gunicorn_args) == (f"http://127.0.0.1:{free_port}", given)


def test_port_in_use_is_refused_before_anything_starts(taken_port):
    with pytest.raises(FlaggingError, match=f"port {taken_port} cannot be used .*--port"):
        find_address("", taken_port)
    with pytest.raises(FlaggingError, match=f"port {taken_port} cannot be used"):
        find_address(f"--bind 127.0.0.1:{taken_port}", 0)


def test_server_without_a_port_is_refused():
    with pytest.raises(FlaggingError, match="TCP port"):
        find_address("--bind unix:/run/flagging.sock", 0)
