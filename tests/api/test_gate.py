"""The way in: nobody without a token in use, no role where it does not belong, and no answer kept on the way."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from service import QUESTIONS, question

from flagging.access.access_list import AccessList, TokenBook
from flagging.access.declared import ANYBODY, EVERY_ROLE, LOOKUP_ROLES, declared_roles
from flagging.access.rate_limit import RateLimiter
from flagging.api.ledger import AUDITOR
from flagging.errors import TooManyRequests
from flagging.setting_values import Rate
from flagging.terms import Role

LOOKUP_PATHS = ["/v1/lookups", "/v1/lookups/batch"]
GUARDED = [("POST", path) for path in LOOKUP_PATHS] + [("GET", "/v1/register")]


def call(service, method, path, **headers):
    body = question() if path == "/v1/lookups" else {"lookups": [question() | {"id": "1"}]}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return service.app.test_client().open(path, method=method, headers=named, json=body if method == "POST" else None)


# -- who -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path"), GUARDED)
@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer flg_0123456789_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "Bearer not a token",
        "Bearer é",
        "Basic TOKEN",
        "Token TOKEN",
        "TOKEN",
        "BearerTOKEN",
        "Bearer TOKENx",
        "Bearer TOKEN TOKEN",
    ],
)
def test_without_a_token_in_use_nobody_is_let_in(authorization, method, path, service):
    response = call(service, method, path, Authorization=authorization.replace("TOKEN", service.tokens["custody"]))
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.content_type == "application/problem+json"
    assert response.get_json()["type"] == "unauthenticated"
    assert service.tokens["custody"] not in response.text


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER  "])
def test_the_scheme_is_read_in_any_case(scheme, service):
    assert call(service, "POST", "/v1/lookups", Authorization=scheme + service.tokens["custody"]).status_code == 200


def test_a_revoked_or_expired_token_is_let_in_no_more(service):
    access, now = service.parts.access, datetime.now(UTC)
    tokens = {token.role: token for token in access.access_list.tokens}
    changed = [
        replace(tokens[Role.CUSTODY], revoked_at=now.isoformat()),
        replace(tokens[Role.PRISON], expires_at=now.isoformat()),
        tokens[Role.ARREST_REFERRAL],
    ]
    access.book = TokenBook(AccessList(1, tuple(changed)))
    statuses = {role: service.post(question(role), role).status_code for role in QUESTIONS}
    assert statuses == {"custody": 401, "prison": 401, "arrest_referral": 200}


# -- which role ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["administrator", "auditor"])
@pytest.mark.parametrize("path", LOOKUP_PATHS)
@pytest.mark.parametrize("body", [question(), b"{", {}], ids=["question", "no json", "nothing"])
def test_who_looks_nobody_up_is_forbidden_before_anything_is_read(role, path, body, service):
    response = service.post(body, role, path)
    assert response.status_code == 403
    assert response.get_json()["type"] == "forbidden"
    assert service.entries() == []


ALLOWED = {
    ("custody", "custody_booking_in", "arrest"),
    ("arrest_referral", "arrest_referral_assessment", "arrest"),
    ("prison", "prison_reception", "prison_reception"),
    ("prison", "release_planning", "prison_release"),
}


@pytest.mark.parametrize("role", QUESTIONS)
@pytest.mark.parametrize("purpose", sorted({combination[1] for combination in ALLOWED}))
@pytest.mark.parametrize("setting", ["arrest", "prison_reception", "prison_release"])
def test_role_purpose_and_setting_must_stand_in_one_allowed_combination(role, purpose, setting, service):
    place = {"ocu": "F1"} if setting == "arrest" else {"prison": "BMI"}
    response = service.post(question(role, purpose=purpose, setting=setting, **place), role)
    is_allowed = (role, purpose, setting) in ALLOWED
    assert response.status_code == (200 if is_allowed else 403)
    assert len(service.entries()) == is_allowed


def test_every_address_says_to_whom_it_is_open(service):
    undeclared = [
        rule.rule for rule in service.app.url_map.iter_rules() if declared_roles(service.app, rule.endpoint) is None
    ]
    assert undeclared == []


def test_only_what_tells_nothing_of_anybody_is_open_to_anybody(service):
    rules = {rule.rule: declared_roles(service.app, rule.endpoint) for rule in service.app.url_map.iter_rules()}
    assert {path for path, roles in rules.items() if roles == ANYBODY} == {
        "/v1/openapi.json", "/docs", "/docs/docs.js", "/docs/ui/<path:name>",
        "/health", "/health/live", "/health/ready", "/metrics", "/", "/sign-in", "/sign-in/elsewhere", "/sign-in/back",
        "/assets/<digest>/<name>", "/referral-form",
    }  # fmt: skip
    assert {rules[path] for path in ("/v1/lookups", "/v1/lookups/batch")} == {LOOKUP_ROLES}
    assert {roles for path, roles in rules.items() if path.startswith("/v1/lookups/<")} == {AUDITOR}
    assert rules["/v1/register"] == EVERY_ROLE


def test_an_address_that_nobody_declared_answers_nobody(service):
    view = service.app.view_functions["register.show_register"]

    def undeclared():
        return view()

    service.app.view_functions["register.show_register"] = undeclared
    try:
        statuses = {role: service.get("/v1/register", role).status_code for role in service.tokens}
    finally:
        service.app.view_functions["register.show_register"] = view
    assert set(statuses.values()) == {403}


@pytest.mark.parametrize("path", [*LOOKUP_PATHS, "/v1/register"])
def test_asking_which_methods_there_are_tells_nothing_else(path, service):
    response = service.app.test_client().options(path)
    assert (response.status_code, response.data) == (200, b"")


# -- what is kept and echoed -----------------------------------------------------------------------------------------

EVERY_KIND_OF_ANSWER = {
    "answer": (lambda service, **h: service.post(question(), **h), 200),
    "problem": (lambda service, **h: service.post(b"{", **h), 400),
    "nobody": (lambda service, **h: service.get("/v1/register", **h), 401),
    "not there": (lambda service, **h: service.get("/nothing", **h), 404),
    "wrong method": (lambda service, **h: service.get("/v1/lookups", **h), 405),
    "register": (lambda service, **h: service.get("/v1/register", "auditor", **h), 200),
    "health": (lambda service, **h: service.get("/health/live", **h), 200),
    "metrics": (lambda service, **h: service.get("/metrics", **h), 200),
    "document": (lambda service, **h: service.get("/v1/openapi.json", **h), 200),
}


@pytest.mark.parametrize(("ask", "status"), EVERY_KIND_OF_ANSWER.values(), ids=EVERY_KIND_OF_ANSWER)
def test_no_answer_is_kept_on_the_way_or_guessed_at(ask, status, service):
    response = ask(service)
    assert response.status_code == status
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(("ask", "status"), EVERY_KIND_OF_ANSWER.values(), ids=EVERY_KIND_OF_ANSWER)
def test_the_callers_request_id_comes_back_on_every_kind_of_answer(ask, status, service):
    assert ask(service, X_Request_ID="req-4711/F1:a=b").headers["X-Request-ID"] == "req-4711/F1:a=b"


@pytest.mark.parametrize(
    "given",
    [
        "",
        " ",
        "a b",
        "x" * 129,
        "Quillfeather, Jasper",
        "<script>",
        'a"b',
        "é",
        "a;b",
        "a,b",
        "{}",
        "%0d%0aSet-Cookie:x",
    ],
)
def test_a_request_id_that_is_no_sane_one_is_replaced(given, service):
    answered = service.post(question(), X_Request_ID=given).headers["X-Request-ID"]
    assert answered != given
    assert len(answered) == 32


@pytest.mark.parametrize("smuggled", ["a\r\nSet-Cookie: x=1", "a\nX-Evil: 1", "a\x00b", "a\r\n\r\n<html>", "a\u2028b"])
def test_no_header_can_be_smuggled_into_the_answer_through_the_request_id(smuggled, service):
    response = service.app.test_client().get("/health/live", environ_overrides={"HTTP_X_REQUEST_ID": smuggled})
    assert len(response.headers["X-Request-ID"]) == 32
    assert not {"Set-Cookie", "X-Evil"} & set(response.headers.keys())


def test_without_one_each_request_is_given_an_id_of_its_own(service):
    given = {service.get("/health/live").headers["X-Request-ID"] for _ in range(5)}
    assert len(given) == 5


# -- how often -------------------------------------------------------------------------------------------------------


def test_every_answer_of_a_lookup_tells_what_is_left(service, limited_to):
    limited_to(3)
    told = [service.post(body) for body in (question(), b"{", question(), question())]
    assert [response.status_code for response in told] == [200, 400, 200, 429]
    assert [response.headers["RateLimit"].split(";")[1] for response in told] == ["r=2", "r=1", "r=0", "r=0"]
    assert {response.headers["RateLimit-Policy"] for response in told} == {'"caller";q=3;w=60'}
    assert int(told[-1].headers["Retry-After"]) == 20


def test_an_operator_has_one_allowance_whatever_token_is_used(service):
    service.swap(operator_limiter=RateLimiter(Rate(2, 60), lambda: 0.0, "operator"))
    assert service.post(question("custody")).status_code == 200
    assert service.post(question("prison"), "prison").status_code == 200
    assert service.post(question("arrest_referral"), "arrest_referral").status_code == 429
    assert service.post(question("custody", operator="4712")).status_code == 200


def test_in_a_batch_an_operator_who_asks_too_much_spoils_nobody_elses_answer(service):
    service.swap(operator_limiter=RateLimiter(Rate(3, 60), lambda: 0.0, "operator"))
    service.ask(operator="4711")
    items = [question(operator=name) | {"id": str(number)} for number, name in enumerate(["4711"] * 3 + ["4712"])]
    answers = service.ask_many(*items)
    assert [answer["status"] for answer in answers] == [429, 429, 429, 200]
    assert answers[0]["problem"]["detail"] == "try again in 20 s"
    assert service.ask(operator="4711")["outcome"] == "not_on_register"  # what was refused took nothing


@pytest.mark.interpreted
def test_made_up_operators_fill_no_memory(monkeypatch):
    monkeypatch.setattr("flagging.access.rate_limit.MOST_BUCKETS", 100)
    limiter = RateLimiter(Rate(2, 60), lambda: 0.0, "operator")
    for number in range(1000):
        limiter.spend(f"operator-{number}")
        assert len(limiter._left) <= 101
    limiter.spend("operator-999")
    with pytest.raises(TooManyRequests):
        limiter.spend("operator-999")
