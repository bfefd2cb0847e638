"""Signing in with a local account: who gets in, what the browser holds then, and how it ends."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from redis import Redis
from redis.client import Pipeline
from redis.exceptions import ConnectionError as RedisGone
from redis.exceptions import ReadOnlyError
from redis.exceptions import TimeoutError as RedisHangs

from flagging.access.drafts import DRAFT
from flagging.access.sessions import GENERATION, SESSION, Sessions
from flagging.terms import Role

WRONG = [
    ("custody", "wrong"),
    ("custody", ""),
    ("nobody", "correct horse battery staple"),
    ("", ""),
    ("custody", "x" * 5000),
]


def is_signed_in(browser, username="custody") -> bool:
    return f"Signed in as <strong>{username}</strong>" in browser.get("/", follow_redirects=True).text


def gone(*_args, **_options):
    raise RedisGone("at redis://:secret@redis.example")


@pytest.mark.parametrize("role", Role)
def test_whoever_has_an_account_is_signed_in_with_its_role(role, browser):
    response = browser.sign_in(role.value)
    assert (response.status_code, response.location) == (303, "/")
    page = browser.get("/", follow_redirects=True).text
    assert f"Signed in as <strong>{role.value}</strong>" in page


@pytest.mark.parametrize(("username", "password"), WRONG)
def test_whatever_is_wrong_the_answer_is_the_same(username, password, browser, open_browser):
    response = browser.sign_in(username, password)
    other = open_browser().sign_in("somebody else", "something else")
    assert response.status_code == other.status_code == 422
    assert "The username or the password is not right." in response.text
    assert len(response.text) == len(other.text)
    assert not is_signed_in(browser)
    assert "something else" not in other.text
    assert "somebody else" not in other.text


def test_a_name_that_nobody_has_costs_a_hash_all_the_same(parts, monkeypatch):
    hashed = []
    monkeypatch.setattr(type(parts.accounts), "_is_right", lambda _, digest, __: hashed.append(digest[:9]))
    for username in ("custody", "nobody"):
        parts.accounts.person(parts.access.access_list, username, "wrong")
    assert hashed == ["$argon2id"] * 2


def test_the_cookies_are_secure_bound_to_this_host_and_out_of_reach_of_scripts(browser):
    set_cookies = browser.get("/").headers.getlist("Set-Cookie") + browser.sign_in("custody").headers.getlist(
        "Set-Cookie"
    )
    assert {cookie.partition("=")[0] for cookie in set_cookies} == {"__Host-flagging", "__Host-flagging-start"}
    for cookie in set_cookies:
        attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= attributes
        assert not any(attribute.startswith("domain") for attribute in attributes)


def test_the_cookie_and_redis_tell_nothing_of_the_person(browser, redis_client):
    browser.sign_in("custody")
    held = [key + (redis_client.get(key) or b"") for key in redis_client.keys("flagging:web:*")]
    assert any(key.startswith(SESSION.encode()) for key in held)
    for content in (*held, *(value.encode() for value in browser.cookies().values())):
        assert b"custody" not in content
        assert b"local" not in content


def test_signing_in_begins_a_session_with_an_id_that_nobody_had_before(browser, redis_client):
    browser.sign_in("custody")
    first, kept = browser.cookies()["__Host-flagging"], set(redis_client.keys(f"{SESSION}*"))
    browser.sign_in("custody")
    assert browser.cookies()["__Host-flagging"] != first
    assert kept.isdisjoint(redis_client.keys(f"{SESSION}*"))


def test_a_session_planted_beforehand_is_not_taken_over(browser, open_browser):
    attacker = open_browser()
    attacker.get("/")
    planted = attacker.cookies()["__Host-flagging-start"]
    browser.client.set_cookie("__Host-flagging-start", planted, domain="flagging.example")
    browser.sign_in("custody")
    attacker.client.set_cookie("__Host-flagging-start", planted, domain="flagging.example")
    assert not is_signed_in(attacker)
    assert "__Host-flagging-start" not in browser.cookies()


@pytest.mark.parametrize(
    "spoil", [lambda _: "", lambda _: "x", lambda kept: kept[:-8] + "AAAAAAAA", lambda kept: kept + "=", str.upper]
)
def test_a_cookie_that_is_not_exactly_ours_signs_nobody_in(spoil, browser):
    browser.sign_in("custody")
    kept = browser.cookies()["__Host-flagging"]
    if spoil(kept) != kept:
        browser.client.set_cookie("__Host-flagging", spoil(kept), domain="flagging.example")
    assert browser.get("/", follow_redirects=True).status_code == 200
    if spoil(kept).rstrip("=") != kept.rstrip("="):
        assert not is_signed_in(browser)


def test_the_start_cookie_is_no_session(browser):
    browser.get("/")
    start = browser.cookies()["__Host-flagging-start"]
    browser.client.set_cookie("__Host-flagging", start, domain="flagging.example")
    assert not is_signed_in(browser)


# -- the end of a session --------------------------------------------------------------------------------------------


def test_signing_out_ends_the_session_also_for_whoever_kept_its_cookie(browser, open_browser):
    browser.sign_in("custody")
    copied = browser.cookies()["__Host-flagging"]
    assert browser.post("/sign-out", "/").location == "/sign-in"
    assert not is_signed_in(browser)
    thief = open_browser()
    thief.client.set_cookie("__Host-flagging", copied, domain="flagging.example")
    assert not is_signed_in(thief)


def test_signing_out_here_leaves_other_devices_signed_in_and_everywhere_does_not(open_browser):
    first, second, third, other = (open_browser() for _ in range(4))
    for each in (first, second, third):
        each.sign_in("custody")
    other.sign_in("prison")
    first.post("/sign-out", "/")
    assert is_signed_in(second)
    second.post("/sign-out", "/", everywhere="yes")
    assert not is_signed_in(third)
    assert is_signed_in(other, "prison")
    third.sign_in("custody")
    assert is_signed_in(third)


def test_a_session_ends_when_nothing_was_asked_for_the_idle_time(browser, redis_client, parts):
    browser.sign_in("custody")
    (key,) = redis_client.keys(f"{SESSION}*")
    assert 0 < redis_client.ttl(key) <= 1800
    redis_client.expire(key, 10)
    assert is_signed_in(browser)
    assert redis_client.ttl(key) > 1000
    redis_client.delete(key)
    assert not is_signed_in(browser)


def test_a_session_ends_at_its_absolute_limit_whatever_was_asked(browser, parts, monkeypatch):
    browser.sign_in("custody")
    now = datetime.now(UTC).timestamp()
    monkeypatch.setattr(parts.sessions, "_clock", lambda: now + 12 * 3600 - 60)
    assert is_signed_in(browser)
    monkeypatch.setattr(parts.sessions, "_clock", lambda: now + 12 * 3600 + 60)
    assert not is_signed_in(browser)


@pytest.mark.parametrize("change", ["revoke", "another role", "another password", "made anew"])
def test_an_account_that_is_not_the_same_any_more_ends_its_sessions_at_once(change, browser, parts):
    browser.sign_in("custody")
    known = parts.access.access_list
    if change in ("revoke", "made anew"):
        known = known.revoke("custody", datetime.now(UTC))
    if change == "made anew":
        known = known.add_account("custody", Role.CUSTODY, PASSWORD_OF_ANOTHER, datetime.now(UTC))
    if change.startswith("another"):
        kept = {account.username: account for account in known.accounts}
        altered = {"another role": {"role": Role.AUDITOR}, "another password": {"password_digest": "$argon2id$x"}}
        kept["custody"] = replace(kept["custody"], **altered[change])
        known = replace(known, accounts=tuple(kept.values()))
    parts.access.access_list = known
    assert not is_signed_in(browser)


PASSWORD_OF_ANOTHER = "another correct horse"


# -- Redis away ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["before", "signed in"])
def test_without_redis_people_are_told_whom_to_ring(when, browser, parts, monkeypatch):
    if when == "signed in":
        browser.sign_in("custody")
    client = parts.sessions._client
    for name in ("mget", "set", "get"):
        monkeypatch.setattr(client, name, gone)
    monkeypatch.setattr("redis.client.Pipeline.execute", gone)
    response = browser.get("/") if when == "signed in" else browser.sign_in("custody")
    assert response.status_code == 503
    assert "Ring the Force-wide PPO duty desk" in response.text
    assert 'href="tel:01214960100"' in response.text
    assert "not an answer about anybody" in response.text
    assert "secret" not in response.text
    assert int(response.headers["Retry-After"]) > 0


def test_with_a_redis_that_takes_no_writes_people_are_told_that_nobody_can_sign_in(browser, monkeypatch):
    def refuse(*_, **__):
        raise ReadOnlyError("at redis://:secret@redis.example")

    monkeypatch.setattr(Redis, "set", refuse)
    monkeypatch.setattr("redis.client.Pipeline.execute", refuse)
    response = browser.sign_in("custody")
    assert response.status_code == 503
    assert "Nobody can sign in at the moment" in response.text
    assert "Ring the Force-wide PPO duty desk" in response.text
    assert "secret" not in response.text


def test_the_page_to_sign_in_is_there_without_redis(browser, monkeypatch):
    monkeypatch.setattr("redis.client.Pipeline.execute", gone)
    assert browser.get("/").status_code == 200


def test_a_redis_that_did_not_answer_is_not_waited_for_again_until_a_moment_later(browser, parts, monkeypatch):
    browser.sign_in("custody")
    asked, now = [], [1000.0]
    monkeypatch.setattr("redis.client.Pipeline.execute", lambda _, **__: asked.append(1) or gone())
    monkeypatch.setattr(parts.sessions._reach, "_clock", lambda: now[0])
    assert [browser.get("/").status_code for _ in range(5)] == [503] * 5
    assert len(asked) == 1
    now[0] += 60
    monkeypatch.undo()
    monkeypatch.setattr(parts.sessions._reach, "_clock", lambda: now[0])
    assert is_signed_in(browser)


def test_a_session_that_redis_garbled_is_none(browser, redis_client):
    browser.sign_in("custody")
    (key,) = redis_client.keys(f"{SESSION}*")
    redis_client.set(key, b"garbled")
    assert not is_signed_in(browser)


def test_a_session_put_in_the_place_of_another_is_none(browser, open_browser, redis_client):
    browser.sign_in("custody")
    (own,) = redis_client.keys(f"{SESSION}*")
    other = open_browser()
    other.sign_in("administrator")
    (others,) = set(redis_client.keys(f"{SESSION}*")) - {own}
    redis_client.set(own, redis_client.get(others))
    assert not is_signed_in(browser, "administrator")
    assert not is_signed_in(browser)


def test_forgotten_generations_outlast_every_session_they_ended(browser, redis_client):
    browser.sign_in("custody")
    browser.post("/sign-out", "/", everywhere="yes")
    (key,) = redis_client.keys(f"{GENERATION}*")
    assert redis_client.ttl(key) > 12 * 3600


def test_without_an_access_list_nobody_is_told_that_the_password_is_wrong(browser, parts):
    parts.access.access_list = None
    response = browser.sign_in("custody")
    assert response.status_code == 503
    assert "duty desk" in response.text


def test_a_redis_that_takes_no_writes_signs_nobody_out(browser, redis_client):
    browser.sign_in("custody")
    redis_client.replicaof("127.0.0.1", "1")
    try:
        assert is_signed_in(browser)
    finally:
        redis_client.replicaof("NO", "ONE")


def test_a_full_redis_signs_nobody_out_though_somebody_else_tries_to_sign_in(browser, open_browser, redis_client):
    browser.sign_in("custody")
    redis_client.config_set("maxmemory", "1")
    try:
        assert open_browser().sign_in("administrator").status_code == 503
        assert is_signed_in(browser)
    finally:
        redis_client.config_set("maxmemory", "0")


def hang(*_args, **_options):
    raise RedisHangs


def test_what_only_tidies_up_keeps_nobody_from_being_signed_out(browser, redis_client, monkeypatch):
    browser.sign_in("custody")
    delete = Redis.delete

    def delete_no_drafts(client, *keys):
        return hang() if keys[0].startswith(DRAFT) else delete(client, *keys)

    monkeypatch.setattr(Redis, "delete", delete_no_drafts)
    assert browser.post("/sign-out", "/").status_code == 303
    assert not is_signed_in(browser)
    assert not redis_client.keys(f"{SESSION}*")


def test_an_attempt_that_cannot_be_given_back_keeps_nobody_from_being_signed_in(browser, monkeypatch):
    monkeypatch.setattr(Pipeline, "decr", hang)
    assert browser.sign_in("custody").status_code == 303


def test_a_session_is_ended_though_redis_did_not_answer_a_moment_ago(browser, parts, redis_client, monkeypatch):
    browser.sign_in("custody")
    end = Sessions.end
    monkeypatch.setattr(Sessions, "end", lambda self, session: self._reach.lose() or end(self, session))
    assert browser.post("/sign-out", "/").status_code == 303
    assert not redis_client.keys(f"{SESSION}*")


def test_where_a_session_cannot_be_ended_the_browser_forgets_it_and_nobody_is_said_to_have_signed_out(
    site, browser, monkeypatch
):
    browser.sign_in("custody")
    monkeypatch.setattr(Redis, "delete", gone)
    response = browser.post("/sign-out", "/")
    monkeypatch.undo()
    assert response.status_code == 503
    assert not is_signed_in(browser)
    assert "signed_out" not in [entry["kind"] for entry in site.access_entries()]
