"""Whoever is told: a real SMTP server that demands TLS, and a real HTTPS receiver that checks signatures.

Both can be stopped and started again at the same port, and keep what they were handed by idempotency key: a mail store
and a webhook's receiver take a key once, however often it is sent.
"""

import hmac
import json
import ssl
import threading
from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

SECRET = b"0123456789abcdef0123456789abcdef"
USER, PASSWORD = "flagging", "p@ss:word"


@dataclass
class Certificates:
    """A certificate for this machine, and the authority that vouches for it."""

    directory: Path
    ca_file: Path = field(init=False)

    def __post_init__(self) -> None:
        authority = trustme.CA()
        self.ca_file = self.directory / "ca.pem"
        authority.cert_pem.write_to_path(self.ca_file)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1", "localhost").configure_cert(self.context)


class MailServer:
    """Takes mail for anybody but `refused`, from whoever signs in over TLS."""

    def __init__(self, certificates: Certificates, port: int, *, offers_tls: bool = True) -> None:
        self.port = port
        self.refused: dict[str, int] = {}
        self.taken: dict[str, Message] = {}
        self.times: Counter[str] = Counter()
        self._tls = certificates.context if offers_tls else None
        self._served: list[SMTP] = []
        self._controller: Controller | None = None

    @property
    def url(self) -> str:
        return f"smtp://{USER}:p%40ss%3Aword@127.0.0.1:{self.port}"

    def start(self) -> None:
        server = self

        class Demanding(Controller):
            def factory(self) -> SMTP:
                served = SMTP(
                    self.handler,
                    tls_context=server._tls,
                    require_starttls=server._tls is not None,
                    authenticator=server._authenticate,
                    auth_required=True,
                )
                server._served.append(served)
                return served

        self._controller = Demanding(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.loop.call_soon_threadsafe(self._hang_up)
            self._controller.stop()
            self._controller = None

    def _hang_up(self) -> None:
        """Leave nobody connected, as a server that was killed does."""
        for served in self._served:
            for transport in (served._original_transport, served.transport):
                if transport is not None:
                    transport.abort()
        self._served.clear()

    def _authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        return AuthResult(success=(given.login, given.password) == (USER.encode(), PASSWORD.encode()))

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address in self.refused:
            return f"{self.refused[address]} not here: {address}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        message = message_from_bytes(envelope.content)
        message["X-Rcpt"] = ",".join(envelope.rcpt_tos)
        self.times[message["Message-ID"]] += 1
        self.taken.setdefault(message["Message-ID"], message)
        return "250 OK"

    @property
    def messages(self) -> list[Message]:
        return list(self.taken.values())


class WebhookReceiver:
    """Takes what is signed with SECRET, each key once."""

    def __init__(self, certificates: Certificates, port: int) -> None:
        self.port = port
        self.answers = 200
        self.taken: dict[str, dict[str, Any]] = {}
        self.times: Counter[str] = Counter()
        self.forged = 0
        self._tls = certificates.context
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}/hook"

    def start(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver._take(body, self.headers)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                pass

        self._server = Server(("127.0.0.1", self.port), Handler)
        self._server.socket = self._tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _take(self, body: bytes, headers: Any) -> int:
        right = hmac.new(SECRET, headers["Flagging-Timestamp"].encode() + b"." + body, sha256).hexdigest()
        if headers["Flagging-Signature"] != f"v1={right}":
            self.forged += 1
            return 401
        if self.answers == 200:
            key = headers["Idempotency-Key"]
            self.times[key] += 1
            self.taken.setdefault(key, json.loads(body))
        return self.answers
