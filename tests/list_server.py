"""A real https server that gives out a master list, in every way a server may misbehave; for the tests of fetching."""

from __future__ import annotations

import gzip
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:  # whoever measures with it has a certificate of their own, and nothing that only tests need
    import trustme

Reply = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers with what the server's script says, the last line of it for ever."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        script = self.server.script
        reply = script.pop(0) if len(script) > 1 else script[0]
        reply(self)

    def log_message(self, *_: Any) -> None:
        pass

    def give(self, content: bytes, status: int = 200, **headers: str) -> None:
        """Answer as a server should; a header given as "" is left out."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.send_response_only(status)
        for name, value in ({"Content-Length": str(len(content))} | named).items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def hang_up(self) -> None:
        self.close_connection = True


class Server(ThreadingHTTPServer):
    daemon_threads = True
    script: list[Reply]
    asked: list[tuple[str, dict[str, str]]]

    def handle_error(self, *_: Any) -> None:
        """Clients that give up are what some tests are about."""


@dataclass
class ListServer:
    """Listens on the loopback address for as long as the block lasts. `script` is one reply for each request."""

    authority: trustme.CA
    script: list[Reply] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    wants_certificate: bool = False
    host: str = "127.0.0.1"

    def __enter__(self) -> Self:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(self.host).configure_cert(context)
        if self.wants_certificate:
            context.verify_mode = ssl.CERT_REQUIRED
            self.authority.configure_trust(context)
        self._server = Server(("127.0.0.1", 0), Handler, bind_and_activate=False)
        self._server.script, self._server.asked = self.script, self.asked
        self._server.server_bind()
        self._server.server_activate()
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    def url(self, path: str = "/ppo/list.csv") -> str:
        return f"https://127.0.0.1:{self.port}{path}"


def give(content: bytes, status: int = 200, **headers: str) -> Reply:
    return lambda handler: handler.give(content, status, **headers)


def give_unless_known(content: bytes, etag: str, **headers: str) -> Reply:
    """Answer 304 to whoever has this version already."""

    def reply(handler: Handler) -> None:
        if handler.headers.get("If-None-Match") == etag:
            handler.give(b"", 304, ETag=etag, Content_Length="", **headers)
        else:
            handler.give(content, ETag=etag, **headers)

    return reply


def redirect(where: str, status: int = 302) -> Reply:
    return give(b"", status, Location=where)


def cut_off(content: bytes, promised: int) -> Reply:
    """Promise more than is sent."""

    def reply(handler: Handler) -> None:
        handler.give(content, Content_Length=str(promised))
        handler.hang_up()

    return reply


def chunked(*chunks: bytes, is_whole: bool = True) -> Reply:
    def reply(handler: Handler) -> None:
        handler.give(b"", Content_Length="", Transfer_Encoding="chunked")
        for chunk in chunks:
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        if is_whole:
            handler.wfile.write(b"0\r\n\r\n")
        else:
            handler.hang_up()

    return reply


def until_the_end(content: bytes) -> Reply:
    """Say nothing of the length; the end of the connection is the end of the list."""

    def reply(handler: Handler) -> None:
        handler.give(content, Content_Length="")
        handler.hang_up()

    return reply


def packed(content: bytes) -> Reply:
    return give(gzip.compress(content), Content_Encoding="gzip")


def silence(handler: Handler) -> None:
    """Accept the question, and never answer."""
    handler.rfile.read(1)
    handler.hang_up()


def hang_up(handler: Handler) -> None:
    handler.hang_up()
