"""Signing in at a real OpenID Connect provider: code flow with PKCE, state and nonce, and who is let in by it."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest
from elsewhere import authorise, leave, refusals, sign_in
from openid_provider import CLIENT
from service import CONFIG

from flagging.access.openid.compose import people_sign_in
from flagging.configuration.providers import ProviderPolicy
from flagging.errors import SettingInvalid
from flagging.settings import Settings


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


def test_whoever_comes_back_goes_on_to_where_they_wanted(provider, browser):
    with browser.client.session_transaction(base_url=browser.site) as session:
        session["next"] = "/sign-in"
    assert sign_in(browser).location == "/sign-in"


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
