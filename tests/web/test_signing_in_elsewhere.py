"""Signing in at a real OpenID Connect provider: code flow with PKCE, state and nonce, and who is let in by it."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from openid_provider import CLIENT, SECRET, Provider
from service import CONFIG

from flagging.access.attempts import MOST, WINDOW
from flagging.access.openid.compose import people_sign_in
from flagging.access.openid.people import PeopleSignIn
from flagging.access.openid.provider import Provider as Followed
from flagging.configuration.providers import PeopleGrant, ProviderPolicy
from flagging.errors import SettingInvalid
from flagging.settings import Settings
from flagging.terms import Role

ROLES = {"PPO custody": Role.CUSTODY, "PPO prison": Role.PRISON}


@pytest.fixture
def provider(openid_provider, keyring, tmp_path, swap_parts, site) -> Provider:
    """The provider, with the site following it."""
    followed = Followed(openid_provider.issuer, keyring, tmp_path)
    followed.fetch()
    grant = PeopleGrant(openid_provider.issuer, "groups", ROLES, "preferred_username")
    swap_parts(elsewhere=PeopleSignIn(followed, grant, CLIENT, SECRET))
    yield openid_provider
    followed.stop()


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


def test_somebody_the_provider_vouches_for_is_signed_in_with_the_role_of_their_group(provider, browser, site):
    assert "/sign-in/elsewhere" in browser.get("/sign-in").text
    response = sign_in(browser)
    assert (response.status_code, response.location) == (303, "/")
    assert "Signed in as <strong>s.example</strong> (custody)" in browser.get("/", follow_redirects=True).text
    (entry,) = site.access_entries()
    assert (entry["kind"], entry["caller"]) == ("signed_in", f"{provider.issuer}:a1b2")
    assert (entry["operator"], entry["role"]) == ("s.example", "custody")


def test_the_way_there_carries_a_challenge_a_state_and_a_nonce_that_are_never_the_same(provider, browser):
    sent = [parse_qs(urlsplit(leave(browser)).query) for _ in range(2)]
    assert sent[0]["response_type"] == ["code"]
    assert sent[0]["code_challenge_method"] == ["S256"]
    assert sent[0]["redirect_uri"] == ["https://flagging.example/sign-in/back"]
    for name in ("state", "nonce", "code_challenge"):
        assert sent[0][name] != sent[1][name]
        assert len(sent[0][name][0]) >= 43


def test_without_the_verifier_of_this_browser_the_provider_gives_nothing(provider, browser, monkeypatch, site):
    back = authorise(leave(browser))
    for code in provider.codes.values():
        code.code_challenge = "A" * 43
    assert browser.get(back).status_code == 403
    assert refusals(site) == ["provider: the provider did not take the code"]


def test_what_the_provider_gave_one_browser_is_worth_nothing_in_another(provider, browser, open_browser, site):
    back, thief = authorise(leave(browser)), open_browser()
    assert thief.get(back).status_code == 403
    leave(thief)
    assert thief.get(back).status_code == 403
    assert refusals(site) == ["provider: not begun in this browser"] * 2
    assert browser.get(back).status_code == 303


def test_what_the_provider_gave_is_good_once(provider, browser):
    back = authorise(leave(browser))
    assert browser.get(back).status_code == 303
    browser.post("/sign-out", "/")
    assert browser.get(back).status_code == 403
    assert "Signed in as" not in browser.get("/", follow_redirects=True).text


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        ({"groups": []}, "has 0 roles here"),
        ({"groups": ["ppo custody", "PPO custody ", "PPO"]}, "has 0 roles here"),
        ({"groups": ["PPO custody", "PPO prison"]}, "has 2 roles here"),
        ({"groups": None, "role": "administrator", "roles": ["PPO custody"]}, "has 0 roles here"),
        ({"groups": {"PPO custody": True}}, "has 0 roles here"),
        ({"preferred_username": ""}, "has no username"),
        ({"preferred_username": "s\r\nX-Evil: 1"}, "has no username"),
        ({"preferred_username": "s" * 300}, "has no username"),
    ],
)
def test_whoever_has_not_exactly_one_role_here_is_not_let_in(person, reason, provider, browser, site):
    provider.person |= person
    response = sign_in(browser)
    assert response.status_code == 403
    assert "You cannot be signed in" in response.text
    assert refusals(site) == [f"provider: {reason}"]
    assert "Signed in as" not in browser.get("/", follow_redirects=True).text


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another"},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"iss": "https://login.example"},
        {"exp": int(time.time()) - 3600},
        {"nonce": "of another sign-in"},
        {"nonce": None},
    ],
    ids=["audience", "client", "issuer", "expired", "nonce", "no nonce"],
)
def test_an_id_token_that_is_not_for_this_sign_in_lets_nobody_in(claims, provider, browser):
    provider.claims = claims
    assert sign_in(browser).status_code == 403
    assert "Signed in as" not in browser.get("/", follow_redirects=True).text


def test_an_id_token_that_the_provider_did_not_sign_lets_nobody_in(provider, browser):
    back = authorise(leave(browser))
    provider.turn_keys("first")
    assert browser.get(back).status_code == 403


@pytest.mark.parametrize("given", ["", "?error=access_denied&state=STATE", "?code=x", "?code=x&state=é", "?code=x&state=STATE&iss=https://login.example"])  # fmt: skip
def test_coming_back_with_anything_else_lets_nobody_in(given, provider, browser):
    state = parse_qs(urlsplit(leave(browser)).query)["state"][0]
    response = browser.get("/sign-in/back" + given.replace("STATE", state))
    assert response.status_code == 403
    assert state not in response.text


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


def test_passwords_guessed_at_an_address_do_not_keep_out_whom_the_provider_vouches_for(provider, browser, parts):
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


def test_whoever_comes_back_goes_on_to_where_they_wanted(provider, browser):
    with browser.client.session_transaction(base_url=browser.site) as session:
        session["next"] = "/sign-in"
    assert sign_in(browser).location == "/sign-in"


def test_while_the_provider_is_away_people_are_told_and_local_accounts_go_on(provider, browser):
    back = authorise(leave(browser))
    provider.is_away = True
    response = browser.get(back)
    assert response.status_code == 503
    assert browser.sign_in("custody").status_code == 303


def test_while_the_provider_cannot_be_reached_people_are_told_whom_to_ring(provider, browser, parts, monkeypatch):
    back = authorise(leave(browser))
    monkeypatch.setitem(parts_of(browser).elsewhere._provider._known.metadata, "token_endpoint", "http://127.0.0.1:9/")
    response = browser.get(back)
    assert response.status_code == 503
    assert "duty desk" in response.text


def parts_of(browser):
    return browser.client.application.extensions["flagging-web"]


def test_two_people_of_the_same_name_at_two_sources_are_two(provider, browser, open_browser, parts):
    provider.person["preferred_username"] = "custody"
    sign_in(browser)
    local = open_browser()
    local.sign_in("custody")
    browser.post("/sign-out", "/", everywhere="yes")
    assert "Signed in as <strong>custody</strong>" in local.get("/", follow_redirects=True).text


def test_where_no_provider_is_set_there_is_no_such_way(browser):
    assert browser.get("/sign-in/elsewhere").status_code == 404
    assert "/sign-in/elsewhere" not in browser.get("/sign-in").text


def test_a_provider_that_vouches_for_nobody_stops_the_start():
    settings = Settings(config_dir=CONFIG, oidc_issuer="https://login.example", oidc_client_id="x")
    with pytest.raises(SettingInvalid, match="FLAGGING_OIDC_ISSUER"):
        people_sign_in(settings, ProviderPolicy(), {})
