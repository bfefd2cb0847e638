#!/usr/bin/env python3
"""Ask whether somebody is a PPO: an example to copy into a custody system. Needs nothing but Python 3.11.

    lookup.py --token-file FILE --desk 'F1 duty desk, 0121 496 0131' https://flagging.example < question.json

The question is read from standard input, the token from a file: what stands on a command line, others can read.
Exit status 0: the register answered, and the answer stands on standard output. Show its `caveats` and `warnings`.
Exit status 1: CANNOT CONFIRM. Nobody can say whether the person is a PPO: ring the desk. Never take it for a no.
Exit status 2: the same, and asking again is no use before the question, the token or the call is mended.

Whatever is not a whole answer of this service is CANNOT CONFIRM: no connection, no answer in time, a page of some
proxy, an answer to another question, an outcome that is not known here. It is tried again while there is time, with the
same `client_reference`, by which the service knows one arrest: its offender manager is told once, the monthly return
counts it once. Each attempt that arrived stands in the ledger.
"""

import argparse
import http.client
import json
import queue
import random
import ssl
import sys
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SECONDS = 12.0
OUTCOMES = {"flagged", "possible_match", "former", "not_on_register"}
OVERLOADED = {429, 502, 503, 504}
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
ANSWERED, CANNOT_CONFIRM, TO_BE_MENDED = 0, 1, 2


@dataclass(frozen=True)
class Service:
    """Where to ask. `desk` is whom to ring when the service itself cannot say it, as when it is down."""

    address: str
    token_file: Path
    desk: str
    ca_file: Path | None = None


class CannotConfirm(Exception):
    """Nobody can say whether the person is a PPO. An exception, so that it cannot be overlooked like a value.

    `again_after`: seconds after which to try again, None where that is no use; `desk`: whom the service said to ring.
    """

    def __init__(self, reason: str, again_after: float | None = None, desk: str | None = None) -> None:
        super().__init__(reason)
        self.again_after = again_after
        self.desk = desk


class ToBeMended(CannotConfirm):
    """The same, and the fault is in the question or the call: the next one will fare no better."""


def ask(service: Service, question: dict[str, Any], seconds: float = SECONDS) -> dict[str, Any]:
    """Return the answer to a question within so many seconds, whatever happens; raise CannotConfirm without one."""
    until = time.monotonic() + seconds
    if not question.get("client_reference"):
        raise ToBeMended("the question has no client_reference, by which asking again is known for that")
    for attempt in range(1000):
        try:
            return _within(until - time.monotonic(), service, question)
        except CannotConfirm as failure:
            wait = failure.again_after
            if wait is None:
                raise
            wait = max(wait, random.uniform(0.2, 0.5) * 2**attempt)  # noqa: S311 - many clients must not come back as one
            if time.monotonic() + wait >= until:
                raise
        time.sleep(wait)
    raise AssertionError


def _within(seconds: float, service: Service, question: dict[str, Any]) -> dict[str, Any]:
    """Ask once. The time holds for all of it: a name server that hangs, an answer that comes byte by byte."""
    done: queue.SimpleQueue[dict[str, Any] | Exception] = queue.SimpleQueue()

    def attempt() -> None:
        try:
            done.put(_ask_once(service, question, seconds))
        except Exception as error:  # noqa: BLE001 - raised again below, in the thread that waits
            done.put(error)

    threading.Thread(target=attempt, daemon=True).start()
    try:
        result = done.get(timeout=max(0.0, seconds))
    except queue.Empty:
        raise CannotConfirm("no answer came in time") from None
    if isinstance(result, OSError | http.client.HTTPException):
        raise CannotConfirm(f"the service cannot be reached ({type(result).__name__})", again_after=0.0) from None
    if isinstance(result, Exception):
        raise result
    return result


def _ask_once(service: Service, question: dict[str, Any], seconds: float) -> dict[str, Any]:
    request_id = uuid.uuid4().hex
    connection = _connection(service, seconds)
    headers = {
        "Authorization": f"Bearer {_token(service.token_file)}",
        "Content-Type": "application/json",
        "X-Request-ID": request_id,
    }
    try:
        # Unlike urllib and requests, http.client follows no redirect: whoever sends one would be shown the token.
        connection.request("POST", "/v1/lookups", json.dumps(question), headers)
        response = connection.getresponse()
        return _read(response, response.read(), request_id)
    finally:
        connection.close()


def _read(response: http.client.HTTPResponse, content: bytes, request_id: str) -> dict[str, Any]:
    """Return an answer that is one, in every respect."""
    try:
        body = json.loads(content)
    except ValueError:
        body = None
    body = body if isinstance(body, dict) else {}
    if response.status != http.HTTPStatus.OK:
        raise _refused(response, body)
    if body.get("outcome") not in OUTCOMES or not body.get("lookup_id") or not body.get("receipt"):
        raise CannotConfirm("what came back is not an answer of this service")
    if response.getheader("X-Request-ID") != request_id:
        raise CannotConfirm("what came back is the answer to another question")
    return body


def _refused(response: http.client.HTTPResponse, problem: dict[str, Any]) -> CannotConfirm:
    """Return what a problem (RFC 9457) comes to. It quotes no value of the question."""
    faults = [f"{fault.get('pointer')} {fault.get('detail')}" for fault in problem.get("errors") or ()]
    words = [problem.get("title") or f"HTTP status {response.status}", problem.get("detail"), *faults]
    desk = problem.get("duty_desk") or {}
    named = f"{desk.get('name')}, {desk.get('telephone')}" if desk.get("telephone") else None
    reason = "; ".join(str(word) for word in words if word)
    if response.status in OVERLOADED:
        told = response.getheader("Retry-After") or ""
        return CannotConfirm(reason, float(told) if told.isdecimal() else 0.0, named)
    is_ours = http.HTTPStatus.BAD_REQUEST <= response.status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    return ToBeMended(reason) if is_ours else CannotConfirm(reason, desk=named)


def _connection(service: Service, seconds: float) -> http.client.HTTPConnection:
    where = urlsplit(service.address)
    if where.scheme == "https":
        trusted = ssl.create_default_context(cafile=service.ca_file)
        return http.client.HTTPSConnection(where.hostname or "", where.port, timeout=seconds, context=trusted)
    if where.scheme == "http" and where.hostname in LOOPBACK:
        return http.client.HTTPConnection(where.hostname, where.port, timeout=seconds)
    raise ToBeMended("the address must begin with https://, or token and question could be read on the way")


def _token(path: Path) -> str:
    try:
        if path.stat().st_mode & 0o077:
            raise ToBeMended(f"{path}: others than its owner may read it: chmod 600 it")
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        raise ToBeMended(f"{path}: there is no token to be read") from None


def main() -> int:
    """Ask what stands on standard input; return the exit status."""
    parser = argparse.ArgumentParser(description="Ask whether somebody is a PPO; the question is read from stdin.")
    parser.add_argument("address", help="https://HOST")
    parser.add_argument("--token-file", type=Path, required=True, help="holds the token and nothing else, mode 600")
    parser.add_argument("--desk", required=True, help="whom to ring if the service is down: name and telephone number")
    parser.add_argument("--ca-file", type=Path, help="whom to trust (PEM), in place of the system's authorities")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long the person asking waits at most")
    given = parser.parse_args()
    service = Service(given.address, given.token_file, given.desk, given.ca_file)
    try:
        question = json.load(sys.stdin)
        answer = ask(service, question if isinstance(question, dict) else {}, given.seconds)
    except ValueError:
        return _unconfirmed(ToBeMended("the question is not JSON"), service)
    except CannotConfirm as failure:
        return _unconfirmed(failure, service)
    print(json.dumps(answer, indent=2, ensure_ascii=False))
    return ANSWERED


def _unconfirmed(failure: CannotConfirm, service: Service) -> int:
    print(f"CANNOT CONFIRM: {failure}", file=sys.stderr)
    print(f"This is not a no. Ring the {failure.desk or service.desk}.", file=sys.stderr)
    return TO_BE_MENDED if isinstance(failure, ToBeMended) else CANNOT_CONFIRM


if __name__ == "__main__":
    sys.exit(main())
