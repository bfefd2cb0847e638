"""Where the demo's server listens: the loopback port asked for, unless GUNICORN_CMD_ARGS binds something else."""

import shlex
import socket
from dataclasses import dataclass

from gunicorn.config import Config
from gunicorn.util import parse_address

from flagging.errors import FlaggingError

LOOPBACK = "127.0.0.1"
EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - recognised, not bound


@dataclass(frozen=True, slots=True)
class Address:
    """`base_url` for whoever asks on this machine; `gunicorn_args` is what GUNICORN_CMD_ARGS is to be."""

    base_url: str
    gunicorn_args: str


def find_address(gunicorn_args: str, port: int) -> Address:
    """Return where the server is going to listen, port 0 being any free one.

    Raises FlaggingError when something else listens there, or when the arguments bind no TCP port.
    """
    options, _ = Config().parser().parse_known_args(shlex.split(gunicorn_args))
    if not options.bind:
        port = _free_port(LOOPBACK, port)
        bound = f"--bind {LOOPBACK}:{port} {gunicorn_args}".strip()
        return Address(f"http://{LOOPBACK}:{port}", bound)
    address = parse_address(options.bind[0])
    if not isinstance(address, tuple):
        raise FlaggingError("GUNICORN_CMD_ARGS: the demo needs a TCP port to be bound first")
    host, port = address
    _free_port(host, port)
    reachable = LOOPBACK if host in EVERYWHERE else host
    return Address(f"http://{f'[{reachable}]' if ':' in reachable else reachable}:{port}", gunicorn_args)


def _free_port(host: str, port: int) -> int:
    """Return `port`, or a free one for 0; raise FlaggingError when it cannot be listened at."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise FlaggingError(f"port {port} cannot be used ({error.strerror}); choose another with --port") from None
        return int(probe.getsockname()[1])
