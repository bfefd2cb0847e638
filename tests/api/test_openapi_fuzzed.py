"""Requests of every shape that the OpenAPI document allows, and many that it does not: no 5xx, no status it is silent on."""

import itertools

import pytest
import schemathesis
from fuzzing import TIMES, examples
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from service import QUESTIONS

pytestmark = pytest.mark.hypothesis

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
OPERATIONS = [
    ("POST", "/v1/lookups"),
    ("POST", "/v1/lookups/batch"),
    ("GET", "/v1/lookups/{lookup_id}"),
    ("GET", "/v1/register"),
    ("GET", "/v1/register/reports/{report_id}"),
]


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=str)
def test_an_operation_answers_as_it_is_described_whatever_it_is_sent(method, path, service):
    schema = schemathesis.openapi.from_wsgi("/v1/openapi.json", service.app)
    (operation,) = schema.include(method=method, path=path).get_all_operations()
    roles = itertools.cycle([*QUESTIONS, "administrator", "auditor"])
    statuses = set()

    @settings(
        max_examples=examples(25), deadline=None, database=None, derandomize=not TIMES, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.ok().as_strategy())
    def send(case):
        response = case.call(headers={"Authorization": f"Bearer {service.tokens[next(roles)]}"})
        statuses.add(response.status_code)
        case.validate_response(response, checks=CHECKS)

    send()
    assert statuses
