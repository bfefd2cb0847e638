"""The clients that others copy: whatever happens, nobody reads a no that was not said."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from service import ASKED_PPO, question
from werkzeug.serving import WSGIRequestHandler, make_server

from flagging.access.rate_limit import RateLimiter
from flagging.register.freshness import since_boot
from flagging.setting_values import Rate

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
DESK = "night desk, 0121 496 0999"
REFERENCE = "F1/004711/26"
CLIENTS = ("lookup.py", "lookup.sh")
ANSWER = json.dumps({"lookup_id": "01J", "outcome": "former", "receipt": "r1"}, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Told:
    """What somebody at the other end of a client gets to know."""

    status: int
    answer: str
    said: str

    @property
    def is_no_answer(self) -> bool:
        """The register is said not to have been asked, whom to ring is said, and nothing looks like a no."""
        return (
            self.status != 0
            and self.answer == ""
            and "CANNOT CONFIRM" in self.said
            and "0121 496" in self.said
            and "not_on_register" not in self.said
        )


Ask = Callable[..., Told]


@pytest.fixture(params=CLIENTS)
def ask(request: pytest.FixtureRequest, tmp_path: Path) -> Ask:
    """Ask with one of the clients, as a custody system would that has a token."""
    if request.param == "lookup.sh" and shutil.which("curl") is None:
        pytest.skip("no curl is installed (Debian: apt install curl): the client in shell was not tried")

    def run(address: str, token: str = "flg_none", body: bytes | None = None, seconds: str = "30") -> Told:
        program = EXAMPLES / request.param
        is_python = program.suffix == ".py"
        secret = tmp_path / "secret"
        secret.touch(mode=0o600)
        secret.write_text(token if is_python else f"Authorization: Bearer {token}\n")
        if is_python:
            argv = [sys.executable, program, "--token-file", secret, "--desk", DESK, "--seconds", seconds, address]
        else:
            argv = ["sh", program, address, secret, DESK]
        sent = json.dumps(question(client_reference=REFERENCE)).encode() if body is None else body
        environ = os.environ | {"LOOKUP_PAUSE": "0", "LOOKUP_SECONDS": seconds}
        done = subprocess.run(argv, input=sent, capture_output=True, env=environ, timeout=120, check=False)
        return Told(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


class _Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Say nothing: the tests' output is for tests."""


@pytest.fixture(scope="module")
def address(_started) -> Iterator[str]:
    """Where the application of `service` answers."""
    server = make_server("127.0.0.1", 0, _started.app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Stranger:
    """Something that is not the service, at the address where it should be; says in turn what its script says."""

    address: str = ""
    script: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    asked: list[tuple[str, bytes]] = field(default_factory=list)
    seen_of_secret: list[bytes] = field(default_factory=list)
    goes_on: threading.Event = field(default_factory=threading.Event)
    hangs: bool = False


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    other = Stranger()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            other.asked.append((self.path, body))
            other.seen_of_secret += [line for line in command_lines() if b"flg_" in line or b"Unlisted" in line]
            if other.hangs:
                other.goes_on.wait(60)
                return
            status, headers, content = other.script.pop(0) if len(other.script) > 1 else other.script[0]
            self.send_response(status)
            mirrored = {"X-Request-ID": self.headers.get("X-Request-ID", "")}
            for name, value in (mirrored | {"Content-Length": str(len(content))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST  # noqa: N815 - what a redirect would lead to

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    other.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield other
    other.goes_on.set()
    server.shutdown()
    thread.join()
    server.server_close()


def command_lines() -> list[bytes]:
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(place.read_bytes())
        except OSError:
            continue
    return found


def test_an_answer_is_given_whole_with_status_0(ask, address, service):
    body = json.dumps(question(person=ASKED_PPO, client_reference=REFERENCE)).encode()
    told = ask(address, service.tokens["custody"], body)
    assert (told.status, told.said) == (0, "")
    answer = json.loads(told.answer)
    assert answer["outcome"] == "flagged"
    assert answer["matches"][0]["offender_managers"]


def test_a_no_of_the_register_is_a_no(ask, address, service):
    told = ask(address, service.tokens["custody"])
    assert (told.status, json.loads(told.answer)["outcome"]) == (0, "not_on_register")
    assert service.entries()[-1]["question"]["client_reference"] == REFERENCE


def test_a_service_that_is_down_cannot_confirm(ask, free_port):
    told = ask(f"http://127.0.0.1:{free_port}", seconds="1")
    assert told.is_no_answer
    assert told.status == 1
    assert DESK in told.said


def test_a_503_cannot_confirm_and_names_the_desk_that_the_service_names(ask, address, service):
    service.pass_time(7 * 86400)
    told = ask(address, service.tokens["custody"], seconds="2")
    assert told.is_no_answer
    assert told.status == 1
    assert "F1 duty desk, 0121 496 0131" in told.said


def test_a_429_cannot_confirm(ask, address, service):
    service.swap(limiter=RateLimiter(Rate(1, 3600), since_boot))
    service.ask()
    told = ask(address, service.tokens["custody"], seconds="2")
    assert told.is_no_answer
    assert told.status == 1


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"token": "flg_0000000000_wrong"}, id="a token that is none"),
        pytest.param({"body": b'{"client_reference": "1"}'}, id="a question with faults"),
        pytest.param({"body": b"{}"}, id="a question without a reference"),
        pytest.param({"body": b""}, id="no question"),
    ],
)
def test_a_call_that_is_refused_is_no_answer_either(ask, address, service, changed):
    assert ask(address, **({"token": service.tokens["custody"]} | changed)).is_no_answer


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("status", "headers", "content"),
    [
        pytest.param(200, {"Content-Type": "text/html"}, b"<p>not_on_register</p>", id="a page of a proxy"),
        pytest.param(200, JSON, b"", id="an empty answer"),
        pytest.param(200, JSON, ANSWER[:-1], id="an answer that was cut short"),
        pytest.param(200, JSON, ANSWER.replace(b"former", b"unheard_of"), id="an outcome nobody knows"),
        pytest.param(200, JSON, b'{"status":"ok"}', id="an answer of something else"),
        pytest.param(302, {"Location": "/elsewhere"}, b"", id="a redirect"),
        pytest.param(500, JSON, b'{"type":"internal-error"}', id="a fault"),
        pytest.param(502, {"Content-Type": "text/html"}, b"<p>Bad gateway</p>", id="a proxy whose service is down"),
        pytest.param(200, JSON | {"Content-Length": "9999"}, ANSWER, id="a connection that was cut"),
    ],
)
def test_whatever_is_not_an_answer_of_the_service_cannot_confirm(ask, stranger, status, headers, content):
    stranger.script = [(status, headers, content)]
    told = ask(stranger.address, seconds="1")
    assert told.is_no_answer
    assert {path for path, _ in stranger.asked} == {"/v1/lookups"}


def test_a_service_that_hangs_cannot_confirm_and_no_command_line_shows_token_or_person(ask, stranger):
    stranger.hangs = True
    told = ask(stranger.address, seconds="0.6")
    assert told.is_no_answer
    assert stranger.asked
    assert stranger.seen_of_secret == []


def test_what_is_tried_again_is_the_same_question_with_the_same_reference(ask, stranger):
    stranger.script = [(503, {"Retry-After": "0"}, b"{}"), (200, JSON, ANSWER)]
    told = ask(stranger.address)
    assert (told.status, json.loads(told.answer)["outcome"]) == (0, "former")
    first, second = (json.loads(body) for _, body in stranger.asked)
    assert first == second == question(client_reference=REFERENCE)


def test_an_answer_to_another_question_is_not_taken(stranger, ask):
    stranger.script = [(200, JSON | {"X-Request-ID": "another"}, ANSWER)]
    assert ask(stranger.address).is_no_answer


@pytest.mark.parametrize("where", ["http://flagging.example", "ftp://flagging.example", "flagging.example"])
def test_token_and_question_are_not_sent_in_the_clear(ask, where):
    told = ask(where)
    assert told.is_no_answer
    assert "https://" in told.said


def test_a_token_that_others_may_read_is_not_used(tmp_path, address):
    secret = tmp_path / "open"
    secret.write_text("flg_x")
    secret.chmod(0o644)
    argv = [sys.executable, EXAMPLES / "lookup.py", "--token-file", secret, "--desk", DESK, address]
    sent = json.dumps(question(client_reference=REFERENCE))
    done = subprocess.run(argv, input=sent, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "chmod 600" in done.stderr
