"""Attacks on the way in: what somebody sends to get further than they may, and finds to do nothing."""

from dataclasses import replace

import pytest
from service import ASKED_STRANGER, QUESTIONS, question

from flagging.terms import Role

TEMPLATE = "{{7*191}}${7*191}<%=7*191%>#{7*191}<script>alert(1)</script>"


# -- tokens ----------------------------------------------------------------------------------------------------------


def test_a_token_cannot_be_guessed_piece_by_piece(service):
    token = service.tokens["custody"]
    start = len("_".join(token.split("_", 2)[:2])) + 1  # the secret itself may hold a "_"
    guesses = [token[:end] + "A" * (len(token) - end) for end in range(start, len(token) - 1)]
    assert {service.post(question(), None, Authorization=f"Bearer {guess}").status_code for guess in guesses} == {401}


def test_comparing_tokens_looks_at_digests_alone_and_in_constant_time(service, monkeypatch):
    """Not by a clock: that every comparison goes through the one function made for it, whatever was presented."""
    compared = []
    monkeypatch.setattr(
        "flagging.access.access_list.hmac.compare_digest", lambda kept, given: compared.append((kept, given)) or False
    )
    token = service.tokens["custody"]
    for presented in (token, token[:-1], "flg_0123456789_x", "x", ""):
        service.parts.access.caller(presented)
    assert len(compared) == 5
    assert {len(kept) for kept, _ in compared} == {len(given) for _, given in compared} == {64}
    assert not any(token[15:] in given for _, given in compared)


# -- roles -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "extra",
    [
        {"role": "administrator"}, {"is_system": False}, {"caller": "another"}, {"caller_id": "x"}, {"fields": ["treatment"]},
        {"disclosure": {}}, {"__class__": "x"}, {"session": "x"},
    ],
    ids=lambda extra: next(iter(extra)),
)  # fmt: skip
def test_nothing_besides_the_question_can_be_assigned(extra, service):
    response = service.post(question() | extra)
    assert response.status_code == 422
    assert response.get_json()["errors"][0]["pointer"] == f"#/{next(iter(extra))}"
    response = service.post(question(person=ASKED_STRANGER | extra))
    assert response.status_code == 422


@pytest.mark.parametrize("role", QUESTIONS)
@pytest.mark.parametrize("other", QUESTIONS)
def test_one_roles_question_is_not_answered_to_another(role, other, service):
    assert (service.post(question(other), role).status_code == 200) is (role == other)


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Role": "administrator"}, {"X_Forwarded_User": "administrator"}, {"X_HTTP_Method_Override": "GET"},
        {"X_Original_URL": "/v1/register"}, {"Cookie": "role=administrator"}, {"X_Forwarded_For": "127.0.0.1"},
    ],
    ids=lambda headers: next(iter(headers)),
)  # fmt: skip
def test_no_header_makes_anybody_somebody_else(headers, service):
    assert service.get("/v1/register", **headers).status_code == 401
    assert service.post(question("prison"), "custody", **headers).status_code == 403


def test_two_credentials_are_none(service):
    tokens = f"Bearer {service.tokens['custody']}, Bearer {service.tokens['administrator']}"
    assert service.get("/v1/register", Authorization=tokens).status_code == 401


# -- forms and pages -------------------------------------------------------------------------------------------------


def test_what_is_typed_is_never_run_as_a_template_or_as_script(browser, site):
    for response in (
        browser.sign_in(TEMPLATE, TEMPLATE),
        browser.get(f"/sign-in?next={TEMPLATE}"),
        browser.get(f"/{TEMPLATE}", headers={"Accept": "text/html"}),
    ):
        assert "1337" not in response.text
        assert "<script>alert" not in response.text


def test_the_name_of_an_account_is_text_wherever_it_is_shown(browser, parts):
    known = parts.access.access_list
    (custody,) = (account for account in known.accounts if account.username == "custody")
    parts.access.access_list = replace(known, accounts=(replace(custody, username=TEMPLATE),))
    assert browser.sign_in(TEMPLATE).status_code == 303
    page = browser.get("/", follow_redirects=True).text
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert "1337" not in page


@pytest.mark.parametrize("smuggled", ["a\r\nSet-Cookie: role=administrator", "a\nb", "\x00", "a\x1b[31m", "\u2028"])
def test_nothing_typed_reaches_a_header_or_a_line_of_the_log(smuggled, browser, capfd, site):
    response = browser.sign_in(smuggled, smuggled)
    assert response.status_code == 422
    assert "role=administrator" not in str(response.headers)
    told = capfd.readouterr()
    assert smuggled not in told.out + told.err
    assert "role=administrator" not in told.out + told.err


@pytest.mark.parametrize("extra", [{"role": "administrator"}, {"person": "x"}, {"session": "x"}])
def test_a_sign_in_form_assigns_nothing_but_name_and_password(extra, browser):
    browser.post("/sign-in", username="custody", password="correct horse battery staple", **extra)
    assert "Signed in as <strong>custody</strong> (custody)" in browser.get("/", follow_redirects=True).text


def test_a_form_too_large_is_not_read(browser):
    response = browser.post("/sign-in", username="custody", password="x" * 3_000_000)
    assert response.status_code == 413


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE"])
def test_nobody_is_signed_out_by_a_link_or_an_image(method, browser):
    browser.sign_in("custody")
    assert browser._open("/sign-out", method=method).status_code == 405
    assert "Signed in as <strong>custody</strong>" in browser.get("/", follow_redirects=True).text


def test_every_role_has_a_first_page_and_no_role_is_made_up(browser):
    for role in Role:
        browser.sign_in(role.value)
        assert browser.get("/", follow_redirects=True).status_code == 200
