"""Who signs in and out, and whoever is refused, is on record; nothing that was typed by mistake is."""

import pytest
from web_browser import PASSWORD

from flagging.access.attempts import ATTEMPTS, MOST
from flagging.errors import SpoolUnwritable


def kinds(site):
    return [entry["kind"] for entry in site.access_entries()]


def fill(spool, monkeypatch):
    def append(_):
        raise SpoolUnwritable("full")

    monkeypatch.setattr(spool, "append", append)


def test_signing_in_and_out_is_on_record_with_who_when_and_from_where(site, browser):
    browser.sign_in("custody")
    browser.post("/sign-out", "/", everywhere="yes")
    came, went = site.access_entries()
    assert (came["kind"], went["kind"], went["everywhere"]) == ("signed_in", "signed_out", True)
    for entry in (came, went):
        assert (entry["caller"], entry["operator"], entry["role"]) == ("local:custody", "custody", "custody")
        assert entry["address"] == "192.0.2.7"
        assert entry["at"]
        assert len(entry["session"]) == 12
    assert came["session"] == went["session"]


def test_a_refused_sign_in_names_the_account_if_there_is_one_and_nothing_else_that_was_typed(site, browser):
    browser.sign_in("custody", "wrong")
    browser.sign_in("my secret password", "custody")
    first, second = site.access_entries()
    assert (first["kind"], first["username"], second["username"]) == ("sign_in_refused", "custody", None)
    assert b"wrong" not in b"".join(path.read_bytes() for path in site.spool_dir.iterdir())
    assert "my secret password" not in str(second)


def test_whoever_cannot_be_put_on_record_is_not_signed_in(site, browser, parts, monkeypatch):
    fill(parts.records._spool, monkeypatch)
    assert browser.sign_in("custody").status_code == 503
    assert "Signed in as" not in browser.get("/", follow_redirects=True).text


def test_a_page_refused_to_a_role_is_on_record(site, browser):
    assert site.get("/v1/register").status_code == 401
    assert site.post({}, "auditor").status_code == 403
    refused = [entry for entry in site.access_entries() if entry["kind"] == "request_refused"]
    assert [entry["reason"] for entry in refused] == ["unauthenticated", "forbidden"]
    assert [entry.get("role") for entry in refused] == [None, "auditor"]
    assert [entry["endpoint"] for entry in refused] == ["register.show_register", "lookups.ask_one"]


# -- how often -------------------------------------------------------------------------------------------------------


def attempts_until_refused(browser, username="custody", most=200):
    for number in range(most):
        if browser.sign_in(username, "wrong").status_code == 429:
            return number
    return None


@pytest.mark.parametrize("is_redis_away", [False, True])
def test_guessing_is_stopped_whether_or_not_redis_is_there(is_redis_away, site, browser, open_browser, monkeypatch):
    if is_redis_away:
        monkeypatch.setattr("flagging.access.attempts.Attempts._count_in_redis", lambda *_: None)
    assert attempts_until_refused(browser) == MOST["both"]
    response = browser.sign_in("custody")
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 901
    assert open_browser(address="192.0.2.99").sign_in("custody").status_code == 303
    assert "too_many_attempts" in {entry["reason"] for entry in site.access_entries() if "reason" in entry}


def test_a_name_that_nobody_has_is_stopped_just_the_same(browser):
    assert attempts_until_refused(browser, "nobody") == MOST["both"]


def test_other_processes_count_along(browser, parts, redis_client):
    for key in parts.attempts._keys("custody", "192.0.2.7", int(parts.attempts._clock() // 900)):
        redis_client.set(key, 10)
    assert browser.sign_in("custody").status_code == 429


def test_one_address_gets_no_further_by_trying_many_names(parts):
    for number in range(MOST["address"]):
        parts.attempts.spend(f"name-{number}", "192.0.2.50")
    with pytest.raises(Exception, match="try again"):
        parts.attempts.spend("another", "192.0.2.50")
    parts.attempts.spend("another", "192.0.2.51")


def test_one_account_is_not_guessed_from_many_addresses(parts):
    for number in range(MOST["account"]):
        parts.attempts.spend("custody", f"192.0.2.{number}")
    with pytest.raises(Exception, match="try again"):
        parts.attempts.spend("custody", "192.0.2.200")


def test_signing_in_forgives_earlier_slips(browser):
    for _ in range(3):
        for _ in range(MOST["both"] - 1):
            assert browser.sign_in("custody", "wrong").status_code == 422
        assert browser.sign_in("custody", PASSWORD).status_code == 303
        browser.post("/sign-out", "/")


def test_counters_end_with_their_window_and_name_nobody(browser, redis_client):
    browser.sign_in("custody", "wrong")
    keys = redis_client.keys(f"{ATTEMPTS}*")
    assert len(keys) == 3
    for key in keys:
        assert 0 < redis_client.ttl(key) <= 900
        assert b"custody" not in key
        assert b"192.0.2" not in key
