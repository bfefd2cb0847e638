"""The way in for people: deny by default, no forged form, nowhere else to go, nothing typed lost."""

import pytest
from flask import Blueprint, Flask, Response, request
from web_browser import Browser

from flagging.access.declared import ANYBODY, LOOKUP_ROLES, declared_roles, open_to
from flagging.errors import Forbidden, QuestionInvalid
from flagging.terms import Role
from flagging.web import gate
from flagging.web.compose import BLUEPRINTS
from flagging.web.layout import dress
from flagging.web.static_files import read_static_files

TYPED = {"family_name": "Unlisted", "ocu": "F1"}


def pages_of_each_kind() -> Blueprint:
    """Pages as the product's own are built."""
    pages = gate.guarded(Blueprint("pages", __name__))

    @pages.route("/test-form", methods=["GET", "POST"])
    @open_to(LOOKUP_ROLES)
    @gate.drafted("test-form")
    def form() -> Response:
        if request.method == "POST":
            gate.keep_draft("test-form", request.form)
            gate.remember(ocu=request.form["ocu"])
        typed = gate.find_draft("test-form")
        caller = gate.caller()
        return Response(
            f"{caller.name}|{caller.role}|{caller.is_system}|{len(caller.session)}|{typed.get('family_name')}|"
            f"{gate.remembered().get('ocu')}|{sorted(typed)}"
        )

    @pages.get("/test-undeclared")
    def undeclared() -> Response:
        return Response("reached")

    @pages.get("/test-failing/<kind>")
    @open_to(ANYBODY)
    def failing(kind: str) -> Response:
        raise {"own": Forbidden("x"), "value": ValueError("Quillfeather"), "question": QuestionInvalid([])}[kind]

    return pages


@pytest.fixture(scope="module")
def with_those_pages(_started) -> Flask:
    """An application with those pages, and without anything that answers: its templates are compiled once."""
    app = Flask("flagging.app")
    app.config.update(_started.app.config)
    app.session_interface = _started.app.session_interface
    gate.csrf.init_app(app)
    dress(app, read_static_files())
    for blueprint in (*BLUEPRINTS, pages_of_each_kind()):
        app.register_blueprint(blueprint)
    return app


@pytest.fixture
def page(site, with_those_pages, open_browser) -> Browser:
    """A browser at a site of the same parts with those pages."""
    with_those_pages.extensions = dict(site.app.extensions)
    return open_browser(app=with_those_pages)


def token(browser):
    return browser.token("/")


# -- who -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role)
def test_a_page_is_open_to_the_roles_it_declares_and_no_others(role, page):
    page.sign_in(role.value)
    assert page.get("/test-form").status_code == (200 if role in LOOKUP_ROLES else 403)


def test_a_page_that_nobody_declared_answers_nobody(page):
    assert page.get("/test-undeclared").status_code == 303
    page.sign_in("administrator")
    response = page.get("/test-undeclared")
    assert response.status_code == 403
    assert "reached" not in response.text


def test_every_page_of_the_product_declares_its_roles(site):
    assert [
        rule.rule for rule in site.app.url_map.iter_rules()
        if declared_roles(site.app, rule.endpoint) is None
    ] == []  # fmt: skip


def test_a_person_is_the_operator_of_their_lookups(page):
    page.sign_in("prison")
    assert page.get("/test-form").text.startswith("prison|prison|False|12|")


@pytest.mark.parametrize("token_of", ["custody", "administrator"])
def test_a_bearer_token_is_no_key_to_pages(token_of, page, site):
    response = page.get("/test-form", headers={"Authorization": f"Bearer {site.tokens[token_of]}"})
    assert (response.status_code, response.location) == (303, "/sign-in")


def test_being_signed_in_is_no_key_to_the_api(browser):
    browser.sign_in("custody")
    assert browser.get("/v1/register").status_code == 401


# -- forged forms ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("forged", ["", "made-up", "of another session"])
def test_a_form_without_this_sessions_own_token_does_nothing(forged, page, open_browser):
    page.sign_in("custody")
    if forged == "of another session":
        other = open_browser()
        other.sign_in("custody")
        forged = token(other)
    response = page.send("/test-form", csrf_token=forged, **TYPED)
    assert response.status_code == 400
    assert "Unlisted" not in response.text
    assert "|None|None|" in page.get("/test-form").text
    assert page.send("/sign-out", csrf_token=forged).status_code == 400
    assert page.get("/test-form").status_code == 200


def test_nobody_can_be_signed_in_by_a_forged_form(browser):
    response = browser.send("/sign-in", username="custody", password="correct horse battery staple")
    assert response.status_code == 400
    assert "__Host-flagging" not in browser.cookies()


def test_a_token_from_before_signing_in_is_worth_nothing_afterwards(page):
    before = token(page)
    page.sign_in("custody")
    assert page.send("/test-form", csrf_token=before, **TYPED).status_code == 400


# -- where to go -----------------------------------------------------------------------------------------------------


def test_whoever_signs_in_goes_on_to_the_page_they_asked_for(page):
    response = page.get("/test-form?family_name=Unlisted")
    assert (response.status_code, response.location) == (303, "/sign-in")
    assert page.sign_in("custody").location == "/test-form"


@pytest.mark.parametrize(
    "elsewhere",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "/nothing",
     "/sign-out", "", "evil.example", "/%0d%0aSet-Cookie:x=1", "////evil.example/test-form"],
)  # fmt: skip
def test_nobody_is_sent_anywhere_else(elsewhere, page):
    page.get(f"/sign-in?next={elsewhere}")
    assert page.sign_in("custody").location == "/"
    page.post("/sign-out", "/")
    with page.client.application.test_request_context("/", base_url=page.site):
        assert not gate._is_page_of_ours(elsewhere)


# -- nothing typed is lost -------------------------------------------------------------------------------------------


def test_a_half_filled_form_is_found_again_after_signing_in_again(page, redis_client):
    page.sign_in("custody")
    form = token(page)
    redis_client.delete(*redis_client.keys("flagging:web:session:*"))
    response = page.send("/test-form", csrf_token=form, password="typed by mistake", **TYPED)
    assert (response.status_code, response.location) == (303, "/sign-in")
    assert page.sign_in("custody").location == "/test-form"
    assert page.get("/test-form").text.endswith("|Unlisted|None|['family_name', 'ocu']")


def test_what_somebody_typed_is_nobody_elses(page, redis_client):
    page.sign_in("custody")
    form = token(page)
    redis_client.delete(*redis_client.keys("flagging:web:session:*"))
    page.send("/test-form", csrf_token=form, **TYPED)
    page.sign_in("prison")
    assert "|None|None|[]" in page.get("/test-form").text


def test_a_stranger_can_keep_nothing(page, redis_client):
    page.send("/test-form", **TYPED)
    assert redis_client.keys("flagging:web:draft:*") == []


def test_what_is_kept_is_sealed_and_tells_nobody(page, redis_client):
    page.sign_in("custody")
    page.send("/test-form", csrf_token=token(page), **TYPED)
    for key in redis_client.keys("flagging:web:*"):
        assert b"Unlisted" not in key + redis_client.get(key)
        assert b"custody" not in key
        assert redis_client.ttl(key) > 0


def test_signing_out_forgets_what_was_typed_and_remembers_the_ocu(page):
    page.sign_in("custody")
    page.send("/test-form", csrf_token=token(page), **TYPED)
    page.post("/sign-out", "/")
    page.sign_in("custody")
    assert page.get("/test-form").text.endswith("|None|F1|[]")


def test_a_draft_too_large_is_not_kept(page, parts):
    assert parts.drafts.keep("digest", "form", {"rows": ["x" * 60_000]})
    assert not parts.drafts.keep("digest", "form", {"rows": ["x" * 70_000]})


# -- faults are pages ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "status"), [("own", 403), ("value", 500), ("question", 422)])
def test_a_fault_is_a_page_that_repeats_nothing(kind, status, page):
    response = page.get(f"/test-failing/{kind}")
    assert (response.status_code, response.mimetype) == (status, "text/html")
    assert "Quillfeather" not in response.text


@pytest.mark.parametrize(
    ("path", "accept", "mimetype"),
    [
        ("/nothing", "text/html,*/*;q=0.8", "text/html"),
        ("/nothing", "application/json", "application/problem+json"),
        ("/nothing", "*/*", "application/problem+json"),
        ("/v1/nothing", "text/html,*/*;q=0.8", "application/problem+json"),
    ],
)
def test_an_address_that_leads_nowhere_is_told_in_the_askers_form(path, accept, mimetype, browser):
    response = browser.get(path, headers={"Accept": accept})
    assert (response.status_code, response.mimetype) == (404, mimetype)


def test_every_page_forbids_scripts_frames_and_copies(browser):
    accept = {"Accept": "text/html"}
    for response in (browser.get("/"), browser.get("/nothing", headers=accept), browser.sign_in("custody")):
        assert_is_safe(response)
        assert response.headers["Referrer-Policy"] == "same-origin"


def test_an_answer_in_json_is_kept_by_nobody_and_shown_nowhere(browser):
    response = browser.get("/v1/x")
    assert response.mimetype == "application/problem+json"
    assert_is_safe(response)


def assert_is_safe(response):
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_over_plain_http_nothing_is_promised_about_tls(open_browser):
    browser = open_browser(site="http://flagging.example")
    assert "Strict-Transport-Security" not in browser.get("/").headers
