"""Coming back from an OpenID Connect provider: what counts as an attempt, and what is a fault of the provider alone."""

import pytest
from elsewhere import authorise, leave, refusals, sign_in

from flagging.access.attempts import MOST, WINDOW
from flagging.web.parts import EXTENSION


def attempts_from(browser, parts):
    """Return how many attempts to come back count for the address of the browser, here and in Redis."""
    (key,) = parts.attempts._keys(None, browser.address, int(parts.attempts._clock() // WINDOW))
    return parts.attempts._counted.get(key, 0), int(parts.attempts._client.get(key) or 0)


def test_coming_back_is_under_the_limit_of_attempts_from_an_address(provider, browser, site, parts, monkeypatch):
    monkeypatch.setattr(parts.attempts, "_clock", lambda: 0.0)  # all of it within one window
    provider.person["groups"] = []
    for _ in range(MOST["back"] - 1):
        parts.attempts.spend(None, browser.address)
    assert sign_in(browser).status_code == 403
    asked = len(provider.codes)
    response = sign_in(browser)
    assert (response.status_code, int(response.headers["Retry-After"]) > 0) == (429, True)
    assert "Too many attempts to sign in" in response.text
    assert len(provider.codes) == asked + 1, "the code was spent at the provider"
    assert refusals(site) == ["provider: has 0 roles here", "too_many_attempts"]
    assert browser.sign_in("custody").status_code == 303, "passwords have a counter of their own"


def test_passwords_guessed_at_an_address_do_not_keep_out_whom_the_provider_vouches_for(
    provider, browser, parts, monkeypatch
):
    monkeypatch.setattr(parts.attempts, "_clock", lambda: 0.0)  # all of it within one window
    for number in range(MOST["address"]):
        parts.attempts.spend(f"name-{number}", browser.address)
    assert browser.sign_in("custody").status_code == 429
    assert sign_in(browser).status_code == 303


def test_whoever_the_provider_vouches_for_and_whoever_it_cannot_say_of_uses_up_no_attempt(
    provider, browser, open_browser, parts, monkeypatch
):
    assert sign_in(browser).status_code == 303
    assert attempts_from(browser, parts) == (0, 0)
    other = open_browser()
    back = authorise(leave(other))
    monkeypatch.setattr(provider, "is_away", True)
    assert other.get(back).status_code == 503
    assert attempts_from(browser, parts) == (0, 0)


JSON, HTML = {"Content-Type": "application/json"}, {"Content-Type": "text/html"}
FAULTS = {
    "sends on to elsewhere": ("", 302, {"Location": "/maintenance"}),
    "a page": ("<p>Maintenance</p>", 200, HTML),
    "too many requests": ('{"message": "slow down"}', 429, JSON),
    "too many requests, as a word": ('"error"', 429, JSON),
    "we are not its client": ('{"error": "invalid_client"}', 401, JSON),
    "our request is not valid": ('{"error": "invalid_request"}', 400, JSON),
    "unavailable for now": ('{"error": "temporarily_unavailable"}', 200, JSON),
    "an error of the server": ('{"error": "server_error"}', 200, JSON),
    "an error of its own": ('{"error": {"code": "s.example"}}', 400, JSON),
    "a list": ("[]", 200, JSON),
    "nothing": ("", 200, JSON),
    "no ID token": ('{"access_token": "x", "token_type": "Bearer"}', 200, JSON),
    "no text as ID token": ('{"id_token": ["x"]}', 200, JSON),
    "a time that is no number": ('{"id_token": "x.y.z", "expires_in": "soon"}', 200, JSON),
    "a time without end": ('{"id_token": "x.y.z", "expires_in": 1e999}', 200, JSON),
    "a failure": ('{"error": "invalid_grant"}', 500, JSON),
}


@pytest.mark.parametrize("instead", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_of_the_provider_is_no_refusal_and_uses_up_no_attempt(instead, provider, browser, site, parts):
    back = authorise(leave(browser))
    provider.instead = instead
    response = browser.get(back)
    assert response.status_code == 503
    assert "Nobody can sign in at the moment" in response.text
    assert "duty desk" in response.text
    assert refusals(site) == []
    assert attempts_from(browser, parts) == (0, 0)


def test_the_log_names_known_faults_of_the_provider_and_quotes_no_other_word_of_it(provider, browser, monkeypatch):
    told = []
    monkeypatch.setattr("flagging.access.openid.people.log.warning", lambda event, **what: told.append(what["kind"]))
    for said in ("invalid_client", "s.example"):
        back = authorise(leave(browser))
        provider.instead = (f'{{"error": "{said}", "error_description": "s.example"}}', 400, JSON)
        assert browser.get(back).status_code == 503
    assert told == ["invalid_client", "OAuthError"]


@pytest.mark.parametrize("id_token", ["", "x", "x.y.z", "\\ud800.y.z"])
def test_an_answer_with_an_id_token_that_is_none_is_a_refusal(id_token, provider, browser, site):
    back = authorise(leave(browser))
    provider.instead = (f'{{"id_token": "{id_token}"}}', 200, JSON)
    assert browser.get(back).status_code == 403
    assert refusals(site)[0].startswith("provider: ID token: ")


def test_what_was_not_begun_in_this_browser_uses_up_no_attempt_of_its_address(provider, browser, parts):
    for given in ("", "?code=x&state=y"):
        assert browser.get("/sign-in/back" + given).status_code == 403
    leave(browser)
    assert browser.get("/sign-in/back?code=x&state=y").status_code == 403
    assert attempts_from(browser, parts) == (0, 0)


def test_while_the_provider_is_away_people_are_told_and_local_accounts_go_on(provider, browser):
    back = authorise(leave(browser))
    provider.is_away = True
    response = browser.get(back)
    assert response.status_code == 503
    assert browser.sign_in("custody").status_code == 303


def test_while_the_provider_cannot_be_reached_people_are_told_whom_to_ring(provider, browser, site, monkeypatch):
    back = authorise(leave(browser))
    monkeypatch.setitem(
        site.app.extensions[EXTENSION].elsewhere._provider._known.metadata, "token_endpoint", "http://127.0.0.1:9/"
    )
    response = browser.get(back)
    assert response.status_code == 503
    assert "duty desk" in response.text
