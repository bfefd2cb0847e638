"""Every fault is a problem that names itself, its places and nothing of what was sent."""

import io
from dataclasses import replace

import orjson
import pytest
from service import ASKED_PPO, ASKED_STRANGER, question
from werkzeug.test import EnvironBuilder, run_wsgi_app

from flagging.access.caller import Caller
from flagging.api.answer_schemas import CannotConfirmSchema, ProblemSchema
from flagging.errors import Forbidden, QuestionInvalid, StoreUnreachable
from flagging.terms import Role

SECRET = "Zz9SecretValue"
LOOKUP_BYTES, BATCH_BYTES = 64 * 1024, 1024 * 1024
BATCH = "/v1/lookups/batch"


def assert_problem(response, status, name):
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    body = response.get_json()
    assert (body["type"], body["status"]) == (name, status)
    assert body["title"]
    schema = CannotConfirmSchema() if name == "cannot-confirm" else ProblemSchema()
    assert schema.validate(body) == {}
    assert SECRET not in response.text
    return body


def pointers(response):
    errors = assert_problem(response, 422, "invalid-question")["errors"]
    assert all(error["detail"] for error in errors)
    return sorted(error["pointer"] for error in errors)


# -- 400, 413, 415 ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/lookups", BATCH])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{'setting': 'arrest'}",
        b'{"setting": "arrest",}',
        b"NaN",
        b"\xff\xfe{}",
        b'{"setting": "\\ud800"}',
        b"[" * 5000,
        f'{{"{SECRET}": {SECRET}'.encode(),
        orjson.dumps(question()) + b"x",
    ],
    ids=["empty", "cut", "quotes", "comma", "nan", "encoding", "surrogate", "deep", "secret", "trailing"],
)
def test_a_body_that_is_not_json_is_400(body, path, service):
    assert_problem(service.post(body, path=path), 400, "bad-request")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml", ""]
)
def test_a_body_that_is_not_said_to_be_json_is_415(content_type, service):
    assert_problem(service.post(question(), Content_Type=content_type), 415, "not-json")


@pytest.mark.parametrize("path", ["/v1/lookups", BATCH])
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, identity"])
def test_a_compressed_body_is_415_and_never_unpacked(encoding, path, service):
    assert_problem(service.post(question(), path=path, Content_Encoding=encoding), 415, "not-json")


def test_json_with_a_charset_and_an_identity_encoding_is_json(service):
    response = service.post(question(), Content_Type="application/json; charset=utf-8", Content_Encoding="identity")
    assert response.status_code == 200


def padded(body, length):
    written = orjson.dumps(body)
    return written + b" " * (length - len(written))


@pytest.mark.parametrize(
    ("path", "limit", "body"),
    [("/v1/lookups", LOOKUP_BYTES, question()), (BATCH, BATCH_BYTES, {"lookups": [question() | {"id": "1"}]})],
    ids=["lookup", "batch"],
)
class TestSizes:
    def test_a_body_of_the_largest_size_is_read(self, path, limit, body, service):
        assert service.post(padded(body, limit), path=path).status_code == 200

    def test_a_byte_more_is_413(self, path, limit, body, service):
        assert_problem(service.post(padded(body, limit + 1), path=path), 413, "too-large")

    @pytest.mark.parametrize(("more", "status"), [(0, "200"), (1, "413")])
    def test_a_body_that_comes_in_chunks_and_names_no_length_is_counted_too(
        self, path, limit, body, more, status, service
    ):
        builder = EnvironBuilder(
            path=path,
            method="POST",
            input_stream=io.BytesIO(padded(body, limit + more)),
            content_type="application/json",
            headers={"Authorization": f"Bearer {service.tokens['custody']}", "Transfer-Encoding": "chunked"},
        )
        environ = builder.get_environ()
        del environ["CONTENT_LENGTH"]
        environ["wsgi.input_terminated"] = True  # as gunicorn says of a body it has put together
        _, said, _ = run_wsgi_app(service.app, environ)
        assert said.startswith(status)


# -- 404, 405 --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/", "/v1/lookup", "/v1/lookups/", f"/v1/{SECRET}", f"/{SECRET}", "/docs/ui/../../app.py"]
)
@pytest.mark.parametrize("role", [None, "custody"])
def test_an_address_that_is_not_there_is_404(path, role, service):
    assert_problem(service.get(path, role), 404, "not-found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/lookups", {"POST", "OPTIONS"}),
        ("PUT", "/v1/lookups", {"POST", "OPTIONS"}),
        ("DELETE", BATCH, {"POST", "OPTIONS"}),
        ("POST", "/v1/register", {"GET", "HEAD", "OPTIONS"}),
        ("POST", "/health/ready", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_a_method_that_an_address_does_not_take_is_405_and_says_which_it_takes(method, path, allowed, service):
    response = service.app.test_client().open(path, method=method)
    assert_problem(response, 405, "method-not-allowed")
    assert set(response.headers["Allow"].split(", ")) == allowed


# -- 422 -------------------------------------------------------------------------------------------------------------


ALIAS = {"family_name": "Example", "given_names": "Sam"}
FAULTS = [
    ("not an object", [], ["#"]),
    ("null", None, ["#"]),
    ("a text", SECRET, ["#"]),
    ("nothing", {}, ["#/operator", "#/person", "#/purpose", "#/setting"]),
    ("unknown field", question(nickname=SECRET), ["#/nickname"]),
    ("an id outside a batch", question(id="1"), ["#/id"]),
    ("unknown field of the person", question(person=ASKED_STRANGER | {"surname": SECRET}), ["#/person/surname"]),
    (
        "unknown field of an alias",
        question(person=ASKED_STRANGER | {"aliases": [ALIAS, ALIAS | {"nick": SECRET}]}),
        ["#/person/aliases/1/nick"],
    ),
    ("names that need escaping", question(**{"a/b~c d%": 1}), ["#/a~1b~0c%20d%25"]),
    ("bad setting", question(setting=SECRET), ["#/setting"]),
    ("setting of another kind", question(setting=[SECRET]), ["#/setting"]),
    ("bad drug test", question(drug_test=SECRET), ["#/drug_test"]),
    ("bad assessed need", question(assessed_need=SECRET), ["#/assessed_need"]),
    ("trigger offence that is no boolean", question(trigger_offence="true"), ["#/trigger_offence"]),
    ("unknown purpose", question(purpose=SECRET), ["#/purpose"]),
    ("no purpose", question(purpose=None), ["#/purpose"]),
    ("unknown OCU", question(ocu=SECRET), ["#/ocu"]),
    ("OCU in lower case", question(ocu="f1"), ["#/ocu"]),
    ("no OCU on arrest", question(ocu=None), ["#/ocu"]),
    ("unknown prison", question("prison", prison=SECRET), ["#/prison"]),
    ("no prison in prison", question("prison", prison=None), ["#/prison"]),
    ("unknown prison on arrest", question(prison=SECRET), ["#/prison"]),
    ("no operator", question(operator=None), ["#/operator"]),
    ("blank operator", question(operator="  "), ["#/operator"]),
    ("endless operator", question(operator=SECRET * 10), ["#/operator"]),
    ("endless reference", question(client_reference=SECRET * 20), ["#/client_reference"]),
    ("no person", question(person=None), ["#/person"]),
    ("person that is no object", question(person=[SECRET]), ["#/person"]),
    ("empty person", question(person={}), ["#/person"]),
    ("too little", question(person={"family_name": SECRET, "postcode": "B1 1AA"}), ["#/person"]),
    ("nothing but placeholders", question(person={"family_name": "unknown", "pnc_id": "NONE"}), ["#/person"]),
    ("endless name", question(person=ASKED_STRANGER | {"family_name": SECRET * 8}), ["#/person/family_name"]),
    ("name of another kind", question(person=ASKED_STRANGER | {"given_names": 5}), ["#/person/given_names"]),
    ("no such date", question(person=ASKED_STRANGER | {"date_of_birth": "1983-02-30"}), ["#/person/date_of_birth"]),
    ("no date", question(person=ASKED_STRANGER | {"date_of_birth": SECRET}), ["#/person/date_of_birth"]),
    ("born tomorrow", question(person=ASKED_STRANGER | {"date_of_birth": "2999-01-01"}), ["#/person/date_of_birth"]),
    (
        "date of birth and age",
        question(person=ASKED_STRANGER | {"approximate_age": 30}),
        ["#/person/approximate_age"],
    ),
    ("age above any", question(person={"family_name": "A", "approximate_age": 121}), ["#/person/approximate_age"]),
    ("age below any", question(person={"family_name": "A", "approximate_age": -1}), ["#/person/approximate_age"]),
    ("age as a text", question(person={"family_name": "A", "approximate_age": "30"}), ["#/person/approximate_age"]),
    ("age in fractions", question(person={"family_name": "A", "approximate_age": 30.5}), ["#/person/approximate_age"]),
    ("age as a boolean", question(person={"family_name": "A", "approximate_age": True}), ["#/person/approximate_age"]),
    ("too many aliases", question(person=ASKED_STRANGER | {"aliases": [ALIAS] * 11}), ["#/person/aliases"]),
    ("alias that is no object", question(person=ASKED_STRANGER | {"aliases": [SECRET]}), ["#/person/aliases/0"]),
    (
        "bad date of an alias",
        question(person=ASKED_STRANGER | {"aliases": [ALIAS, ALIAS | {"date_of_birth": SECRET}]}),
        ["#/person/aliases/1/date_of_birth"],
    ),
    (
        "faults of every kind at once",
        question(setting=None, purpose=SECRET, operator="", ocu="Q9", extra=1, person={"approximate_age": 999}),
        ["#/extra", "#/ocu", "#/operator", "#/person/approximate_age", "#/purpose", "#/setting"],
    ),
]


@pytest.mark.parametrize(("body", "expected"), [pytest.param(*fault[1:], id=fault[0]) for fault in FAULTS])
def test_each_fault_of_a_question_has_a_pointer_and_a_reason(body, expected, service):
    role = "prison" if isinstance(body, dict) and body.get("purpose") == "prison_reception" else "custody"
    assert pointers(service.post(body, role)) == expected
    assert service.entries() == []


def test_what_may_be_said_of_an_enumeration_or_code_is_listed(service):
    response = service.post(question(setting="x", ocu="Q9", drug_test="x"))
    details = {error["pointer"]: error["detail"] for error in response.get_json()["errors"]}
    assert "prison_reception" in details["#/setting"]
    assert "D1" in details["#/ocu"]
    assert "refused" in details["#/drug_test"]


def test_the_name_of_an_unknown_field_is_cut_to_a_sane_length(service):
    (pointer,) = pointers(service.post(question(**{"x" * 1000: 1})))
    assert pointer == "#/" + "x" * 64


def test_null_says_the_same_as_leaving_a_field_out(service):
    optional = ["client_reference", "prison", "trigger_offence", "drug_test", "assessed_need"]
    nothing = dict.fromkeys(["pnc_id", "cro_number", "prison_number", "crn", "postcode", "aliases", "approximate_age"])
    body = question(person=ASKED_PPO | nothing | {"pnc_id": ASKED_PPO["pnc_id"]}, **dict.fromkeys(optional))
    assert service.post(body).get_json()["outcome"] == "flagged"


def test_a_person_who_asks_is_the_operator_and_a_system_must_name_one(service):
    body = question(operator=None)
    person = Caller("pat", "pat.example", Role.CUSTODY, is_system=False)
    assert service.parts.reader.question(body, person).operator == "pat.example"
    assert service.parts.reader.question(body | {"operator": "4711"}, person).operator == "4711"
    with pytest.raises(QuestionInvalid):
        service.parts.reader.question(body, replace(person, is_system=True))


# -- 429 -------------------------------------------------------------------------------------------------------------


def test_who_asks_too_often_is_told_when_to_come_back(service, limited_to):
    limited_to(2)
    assert [service.post(question()).status_code for _ in range(2)] == [200, 200]
    response = service.post(question())
    assert_problem(response, 429, "too-many-requests")
    assert response.headers["Retry-After"] == "30"
    assert service.post(question("prison"), "prison").status_code == 200


def test_a_faulty_question_costs_as_much_as_a_sound_one(service, limited_to):
    limited_to(2)
    assert [service.post(b"{").status_code for _ in range(3)] == [400, 400, 429]


def test_asking_about_the_register_counts_too(service, limited_to):
    limited_to(1)
    assert [service.get("/v1/register", "auditor").status_code for _ in range(2)] == [200, 429]


# -- 500, 503 --------------------------------------------------------------------------------------------------------


class Failing:
    """In the lookup room's place: fails in a way of its own."""

    def __init__(self, error):
        self.error = error

    def look_up(self, *_):
        raise self.error


def test_an_unexpected_fault_is_500_and_tells_nothing(service):
    service.swap(lookups=Failing(ValueError(SECRET)))
    body = assert_problem(service.post(question()), 500, "internal-error")
    assert set(body) == {"type", "title", "status"}


def test_a_fault_inside_is_named_but_not_explained(service):
    service.swap(lookups=Failing(StoreUnreachable("Redis: ConnectionError")))
    response = service.post(question())
    assert "detail" not in assert_problem(response, 503, "store-unreachable")
    assert "ConnectionError" not in response.text


def test_a_fault_of_the_caller_is_explained(service):
    service.swap(lookups=Failing(Forbidden("because")))
    assert assert_problem(service.post(question()), 403, "forbidden")["detail"] == "because"
