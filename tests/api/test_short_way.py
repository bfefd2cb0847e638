"""A plain lookup goes past Flask; whatever it is answered, it is what Flask would have answered."""

import io
from datetime import UTC, datetime

import orjson
import pytest
from service import ASKED_MAYBE, ASKED_PPO, ASKED_STRANGER, nothing_held, question

from flagging.access.rate_limit import RateLimiter
from flagging.setting_values import Rate

LONG_WAY = "application/json; charset=utf-8"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
UNLIKE = {"X-Request-ID", "Content-Length", "Server-Timing", "RateLimit"}
OF_ITS_OWN = {"lookup_id", "answered_at", "receipt", "age_seconds", "handle"}
BODIES = {
    "on the register": (question(person=ASKED_PPO), 200),
    "perhaps": (question(person=ASKED_MAYBE), 200),
    "stranger": (question(person=ASKED_STRANGER), 200),
    "no JSON": (b"{", 400),
    "no object": ([], 422),
    "several faults": (question(setting="bail", person={"family_name": 3}, colour="red"), 422),
    "nobody to recognise": (question(person={"family_name": "Sample"}), 422),
    "not for that role": (question("arrest_referral"), 403),
    "too large": (question(client_reference="x" * 70_000), 413),
}


def comparable(value):
    """Leave out of an answer what is of its own each time."""
    if isinstance(value, dict):
        return {name: comparable(inner) for name, inner in value.items() if name not in OF_ITS_OWN}
    return [comparable(inner) for inner in value] if isinstance(value, list) else value


def both_ways(service, body, **asking):
    """Ask both ways what `Service.post` may be asked."""
    if hasattr(service.parts.lookups, "now"):
        service.swap_of_lookups(now=lambda: NOON)
    plain, through_flask = (service.post(body, **asking, Content_Type=kind) for kind in ("application/json", LONG_WAY))
    return plain, through_flask


def assert_alike(plain, through_flask):
    assert plain.status == through_flask.status
    assert comparable(plain.get_json()) == comparable(through_flask.get_json())
    kept = [{name: value for name, value in each.headers if name not in UNLIKE} for each in (plain, through_flask)]
    assert kept[0] == kept[1]
    assert set(plain.headers.keys()) == set(through_flask.headers.keys())
    assert plain.content_length == len(plain.data)


@pytest.mark.parametrize(("body", "status"), BODIES.values(), ids=BODIES)
def test_it_is_answered_as_flask_would(body, status, service):
    plain, through_flask = both_ways(service, body)
    assert plain.status_code == status
    assert_alike(plain, through_flask)


@pytest.mark.parametrize("role", [None, "auditor"])
def test_whoever_may_not_ask_is_refused_alike(role, service):
    assert_alike(*both_ways(service, question(), role=role))


@pytest.mark.parametrize("scheme", ["http", "https", "gopher", ""])
@pytest.mark.parametrize("token", ["custody", None])
def test_it_is_answered_alike_by_whatever_scheme_a_proxy_says(token, scheme, service):
    client, headers = service.app.test_client(), {"Authorization": f"Bearer {service.tokens[token]}"} if token else {}
    answers = [
        client.post(
            "/v1/lookups",
            data=orjson.dumps(question()),
            headers=headers | {"Content-Type": kind},
            environ_overrides={"wsgi.url_scheme": scheme},
        )
        for kind in ("application/json", LONG_WAY)
    ]
    assert answers[0].status_code == (200 if token else 401)
    kept = [{name: value for name, value in each.headers if name not in UNLIKE} for each in answers]
    assert kept[0] == kept[1]
    assert ("Strict-Transport-Security" in kept[0]) == (scheme == "https")


def test_nobody_confirmed_is_told_alike(service):
    service.parts.register.held = nothing_held()
    plain, through_flask = both_ways(service, question())
    assert plain.status_code == 503
    assert_alike(plain, through_flask)


def test_a_caller_in_a_hurry_is_held_off_alike(service):
    service.swap(limiter=RateLimiter(Rate(1, 3600), lambda: 0.0))
    service.post(question())
    plain, through_flask = both_ways(service, question())
    assert plain.status_code == 429
    assert_alike(plain, through_flask)


def test_a_flood_that_is_refused_costs_no_way_through_flask(service, monkeypatch):
    service.swap(limiter=RateLimiter(Rate(1, 3600), lambda: 0.0))
    service.post(question())
    monkeypatch.setattr(service.app, "request_context", lambda *_: pytest.fail("went through Flask"))
    assert service.post(question()).status_code == 429
    assert service.post(question(), role=None).status_code == 401


def test_each_way_puts_alike_on_record_who_was_refused(service):
    service.swap(limiter=RateLimiter(Rate(1, 3600), lambda: 0.0))
    service.post(question())
    for asking in ({}, {"role": "auditor"}, {"role": None}):
        both_ways(service, question(), **asking)
    refused = service.access_entries()
    assert [entry["reason"] for entry in refused[::2]] == ["too-many-requests", "forbidden", "unauthenticated"]
    without_id = [{name: value for name, value in entry.items() if name not in {"salt", "at"}} for entry in refused]
    assert without_id[::2] == without_id[1::2]


def test_a_fault_inside_is_told_alike_and_says_nothing(service):
    class Stumbling:
        def look_up(self, asked, *_):
            raise ValueError("Quillfeather")

    service.swap(lookups=Stumbling())
    plain, through_flask = both_ways(service, question())
    assert plain.status_code == 500
    assert "Quillfeather" not in plain.text
    assert_alike(plain, through_flask)


def test_each_way_records_each_answer_once(service):
    both_ways(service, question(person=ASKED_PPO))
    assert [entry["outcome"] for entry in service.entries()] == ["flagged", "flagged"]


def test_a_body_cut_short_is_not_asked(service):
    client = service.app.test_client()
    headers = {"Authorization": f"Bearer {service.tokens['custody']}"}
    cut = {"wsgi.input": io.BytesIO(b"{}"), "CONTENT_LENGTH": "500"}
    response = client.post("/v1/lookups", headers=headers, content_type="application/json", environ_overrides=cut)
    assert response.status_code == 400
    assert service.entries() == []


@pytest.mark.parametrize(
    "environ",
    [
        {"CONTENT_LENGTH": "-1"},
        {"CONTENT_LENGTH": "x"},
        {"CONTENT_LENGTH": "9" * 30},
        {"HTTP_CONTENT_ENCODING": "gzip"},
    ],
    ids=str,
)
def test_what_is_not_plain_goes_through_flask(environ, service):
    client = service.app.test_client()
    headers = {"Authorization": f"Bearer {service.tokens['custody']}"}
    response = client.post(
        "/v1/lookups", headers=headers, data=b"{}", content_type="application/json", environ_overrides=environ
    )
    assert response.status_code in {400, 413, 415, 422}
    assert response.content_type == "application/problem+json"
