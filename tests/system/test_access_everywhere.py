"""Who may ask is the same at every server process: what is revoked or signed out at one is so at all of them."""

import http.client
import re
from urllib.parse import urlencode

import pytest
from installation import arrest

STRANGER = {"family_name": "Unlisted", "given_names": "Ashley", "date_of_birth": "1994-07-23"}
PASSWORD = "correct horse battery staple"
EVERY_PROCESS = 16
"""Requests, each by a connection of its own, that leave next to no chance that one process answered none of them."""


class Browser:
    """Keeps cookies by hand: they are `Secure`, and this talks plain http to the loopback port, as a proxy would."""

    def __init__(self, port):
        self.port, self.cookies = port, {}

    def ask(self, method, path, **fields):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, urlencode(fields) if fields else None, headers)
            answer = connection.getresponse()
            content = answer.read().decode()
        finally:
            connection.close()
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, content

    def first_page(self):
        """What the address alone leads to: the page of the role, or the one to sign in on."""
        status, content = self.ask("GET", "/check")
        return content if status == 200 else self.ask("GET", "/")[1]

    def send(self, path, **fields):
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.first_page())[1]
        return self.ask("POST", path, csrf_token=token, **fields)

    def is_signed_in_everywhere(self):
        return all("/sign-out" in self.first_page() for _ in range(EVERY_PROCESS))

    def is_signed_out_everywhere(self):
        return not any("/sign-out" in self.first_page() for _ in range(EVERY_PROCESS))


@pytest.fixture
def sign_in(installation):
    made = installation.run("access", "add-user", "s.example", "--role", "custody", "--password", PASSWORD)
    assert made.returncode == 0, made.stderr

    def sign_in():
        browser = Browser(installation.port)

        def is_known_everywhere():
            # A process that has not heard of the new account yet takes whoever is signed in for a stranger.
            browser.cookies.clear()
            status, _ = browser.send("/sign-in", username="s.example", password=PASSWORD)
            return status == 303 and browser.is_signed_in_everywhere()

        installation.await_answer("signed in", is_known_everywhere)
        return browser

    yield sign_in
    installation.run("access", "revoke", "s.example")


def test_a_revoked_token_is_refused_by_every_process_and_replaying_it_changes_nothing(installation):
    issued = installation.run("access", "issue-token", "--role", "custody", "--name", "to be revoked")
    token = issued.stdout.strip()

    def statuses():
        return {
            installation.call("POST", "/v1/lookups", arrest(STRANGER), token=token).status for _ in range(EVERY_PROCESS)
        }

    installation.await_answer("known to every process", lambda: statuses() == {200})
    assert installation.run("access", "revoke", token.split("_")[1]).returncode == 0
    installation.await_answer("refused by every process", lambda: statuses() == {401})
    assert statuses() == {401}


def test_somebody_signed_in_at_one_process_is_signed_in_at_all_and_signs_out_of_all(sign_in):
    first, second = sign_in(), sign_in()
    assert first.is_signed_in_everywhere()
    assert first.send("/sign-out", everywhere="yes")[0] == 303
    assert second.is_signed_out_everywhere()


def test_an_administrator_signs_somebody_out_of_everything(installation, sign_in):
    browser = sign_in()
    assert installation.run("access", "sign-out", "s.example").returncode == 0
    assert browser.is_signed_out_everywhere()


def test_an_account_that_is_revoked_is_signed_out_of_every_process(installation, sign_in):
    browser = sign_in()
    assert browser.is_signed_in_everywhere()
    assert installation.run("access", "revoke", "s.example").returncode == 0
    installation.await_answer("signed out", browser.is_signed_out_everywhere)


def test_guessing_is_counted_over_all_processes(installation, sign_in):
    browser = Browser(installation.port)
    statuses = [browser.send("/sign-in", username="s.example", password=f"guess-{n}")[0] for n in range(12)]
    assert statuses == [422] * 10 + [429] * 2
    assert "guess-" not in installation.log("serve")
