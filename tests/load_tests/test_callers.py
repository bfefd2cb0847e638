"""Of what callers hear only what is right counts as right, and they ask on, whatever they hear."""

import http.client
import itertools
import json
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

import callers
import pytest
from callers import FAILED, RIGHT, WRONG, Callers, Question

REGISTER = {"source": "replica"}


def answer(status, content):
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(content)}\r\n\r\n{content}".encode()


def outcome(word):
    return json.dumps({"outcome": word, "register": REGISTER})


@pytest.mark.parametrize(
    ("heard", "verdict"),
    [
        (answer(200, outcome("flagged")), RIGHT),
        (answer(200, outcome("not_on_register")), WRONG),
        (answer(200, outcome("possible_match")), WRONG),
        (answer(503, outcome("cannot_confirm")), FAILED),
        (answer(429, outcome("flagged")), FAILED),
        (answer(200, "a page"), FAILED),
        (answer(200, outcome("flagged"))[:-5], FAILED),
        (b"", FAILED),
    ],
    ids=["flagged", "a no", "another", "503", "429", "no JSON", "cut short", "nothing"],
)
def test_only_the_right_outcome_to_its_end_counts_as_right(heard, verdict, answering):
    connection = http.client.HTTPConnection("127.0.0.1", answering(heard), timeout=10)
    try:
        assert callers.ask(connection, {}, Question("{}", "flagged")).verdict == verdict
    finally:
        connection.close()


def test_a_ppo_is_asked_about_in_two_ways_and_no_two_strangers_of_all_callers_are_alike():
    asked = [list(itertools.islice(callers.questions(number), 3000)) for number in range(callers.CALLERS)]
    flagged = {json.dumps(json.loads(each.body)["person"]) for each in asked[0] if each.outcome == "flagged"}
    strangers = [
        json.dumps(json.loads(each.body)["person"]) for one in asked for each in one if each.outcome != "flagged"
    ]
    assert len(flagged) == 2
    assert len(set(strangers)) == len(strangers) == 1000 * callers.CALLERS
    assert not any(digit in json.loads(each)["family_name"] for each in strangers for digit in "0123456789")


class Flagging(BaseHTTPRequestHandler):
    """Says that everybody is flagged, by whatever Redis; hangs up on every fifth of a caller's questions."""

    protocol_version = "HTTP/1.1"
    connections: ClassVar = Counter()

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        type(self).connections[self.client_address] += 1
        if sum(self.connections.values()) % 5 == 0:
            self.close_connection = True
            return
        content = json.dumps({"outcome": "flagged", "register": REGISTER}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def test_callers_keep_connections_and_ask_on_whatever_they_hear():
    with ThreadingHTTPServer(("127.0.0.1", 0), Flagging) as server:
        serving = Thread(target=server.serve_forever)
        serving.start()
        try:
            with Callers(server.server_address[1], "a-token") as asking:
                heard = asking.listen(0, until=lambda heard: len(heard) >= 60)
        finally:
            server.shutdown()
            serving.join()
    assert {each.verdict for each in heard} == {RIGHT, WRONG, FAILED}, "strangers are flagged, and some are hung up on"
    assert {each.source for each in heard if each.verdict != FAILED} == {"replica"}
    assert max(Flagging.connections.values()) > 1, "one connection, several questions"


def test_a_caller_who_broke_down_spoils_the_measurement(answering):
    asking = Callers(answering(b"", 1000), "a-token")
    asking._processes[0].kill()
    with pytest.raises(RuntimeError, match="broken down"):
        asking.stop()
