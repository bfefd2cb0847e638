"""Going to the OpenID Connect provider and coming back from it, as a person's browser does."""

import requests


def leave(browser) -> str:
    """Return where the browser is sent to sign in."""
    response = browser.get("/sign-in/elsewhere")
    assert response.status_code == 303
    return response.location


def authorise(address: str) -> str:
    """Sign in at the provider as a person does, and return where it sends the browser, without the host."""
    answer = requests.post(address, allow_redirects=False, timeout=20)
    assert answer.status_code == 302, answer.text
    assert answer.headers["Location"].startswith("https://flagging.example/sign-in/back?")
    return answer.headers["Location"].removeprefix("https://flagging.example")


def sign_in(browser):
    return browser.get(authorise(leave(browser)))


def refusals(site):
    return [entry["reason"] for entry in site.access_entries() if entry["kind"] == "sign_in_refused"]
