"""The OpenAPI document, made from the schemas that requests are read with, and the page that shows it."""

from pathlib import Path
from typing import Any, Final

import orjson
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Blueprint, Response, render_template, send_file, send_from_directory
from flask_swagger_ui import __file__ as swagger_ui
from marshmallow import Schema

from flagging import __version__
from flagging.access.declared import ANYBODY, open_to
from flagging.api.answer_schemas import (
    AlertsSchema,
    AnswerSchema,
    BatchAnswerSchema,
    CannotConfirmSchema,
    DocumentSchema,
    HealthSchema,
    LookupRecordSchema,
    ProblemSchema,
)
from flagging.api.lookup_schemas import BatchSchema, LookupSchema
from flagging.api.problems import PROBLEM_JSON
from flagging.api.register_schemas import RegisterStatusSchema, SyncReportSchema
from flagging.api.services import services

SWAGGER_UI: Final = Path(swagger_ui).with_name("dist")
OUR_SCRIPT: Final = Path(__file__).with_name("static") / "docs.js"
DOCS_POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
)

blueprint = Blueprint("document", __name__, template_folder="templates")

ASKING = {
    400: ("Not JSON", ProblemSchema),
    413: ("Too large", ProblemSchema),
    415: ("Not said to be JSON", ProblemSchema),
    422: ("Faults in the question, each with a pointer", ProblemSchema),
}
CALLING = {
    401: ("No valid token", ProblemSchema),
    403: ("Not open to this role, purpose and setting", ProblemSchema),
    429: ("Too many requests; see Retry-After", ProblemSchema),
    503: ("Nobody can say: not a no", CannotConfirmSchema),
}
PROVING = {
    200: ("The entry", LookupRecordSchema),
    404: ("No such lookup is known here, or its content was erased", ProblemSchema),
}
REPORTING = {200: ("The report", SyncReportSchema), 404: ("No such report is kept", ProblemSchema)}


@blueprint.get("/v1/openapi.json")
@open_to(ANYBODY)
def openapi() -> Response:
    return Response(services().openapi, content_type="application/json")


@blueprint.get("/docs")
@open_to(ANYBODY)
def docs() -> Response:
    response = Response(render_template("docs.html"))
    response.headers["Content-Security-Policy"] = DOCS_POLICY
    return response


@blueprint.get("/docs/docs.js")
@open_to(ANYBODY)
def docs_script() -> Response:
    return send_file(OUR_SCRIPT)


@blueprint.get("/docs/ui/<path:name>")
@open_to(ANYBODY)
def swagger_ui_file(name: str) -> Response:
    return send_from_directory(SWAGGER_UI, name, max_age=86400)


def build_document() -> bytes:
    """Return the document as JSON."""
    spec = APISpec(
        title="PPO flagging",
        version=__version__,
        openapi_version="3.1.0",
        info={
            "description": "Is this person a Prolific or other Priority Offender, whom to ring, and which "
            "drug-referral route is right. An answer is only ever `not_on_register` if a verified, current register "
            "was searched; everything else that finds nobody is 503 `cannot-confirm`."
        },
        plugins=[MarshmallowPlugin()],
    )
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    spec.path("/v1/lookups", operations={"post": _asking("Ask about one person", LookupSchema, AnswerSchema)})
    spec.path(
        "/v1/lookups/batch",
        operations={"post": _asking("Ask about up to 100 people, each answered alone", BatchSchema, BatchAnswerSchema)},
    )
    spec.path(
        "/v1/lookups/{lookup_id}",
        operations={"get": _calling("What is recorded of a lookup, and whether that is proven; for auditors", PROVING)},
        parameters=[{"name": "lookup_id", "in": "path", "required": True, "schema": {"type": "string"}}],
    )
    spec.path(
        "/v1/alerts",
        operations={"get": _calling("Earlier lookups of this caller to be repeated", {200: ("Them", AlertsSchema)})},
    )
    spec.path(
        "/v1/register",
        operations={"get": _calling("How current the register is", {200: ("The register", RegisterStatusSchema)})},
    )
    spec.path(
        "/v1/register/reports/{report_id}",
        operations={"get": _calling("One of the kept reports of syncs, in full; for administrators", REPORTING)},
        parameters=[{"name": "report_id", "in": "path", "required": True, "schema": {"type": "string"}}],
    )
    spec.path("/v1/openapi.json", operations={"get": _open("This document", {200: ("OpenAPI 3.1", DocumentSchema)})})
    for path, says, statuses in (
        ("/health/live", "The process is alive", (200,)),
        ("/health/ready", "Lookups can be answered", (200, 503)),
        ("/health", "The components in words", (200,)),
    ):
        spec.path(path, operations={"get": _open(says, dict.fromkeys(statuses, (says, HealthSchema)))})
    return orjson.dumps(spec.to_dict())


def _asking(summary: str, request: type[Schema], answer: type[Schema]) -> dict[str, Any]:
    return _calling(summary, {200: ("The answer", answer)} | ASKING) | {
        "requestBody": {"required": True, "content": {"application/json": {"schema": request}}}
    }


def _calling(summary: str, responses: dict[int, tuple[str, type[Schema]]]) -> dict[str, Any]:
    return _open(summary, dict(sorted((responses | CALLING).items()))) | {"security": [{"token": []}]}


def _open(summary: str, responses: dict[int, tuple[str, type[Schema]]]) -> dict[str, Any]:
    return {
        "summary": summary,
        "responses": {
            str(status): {"description": says, "content": {_content_type(schema): {"schema": schema}}}
            for status, (says, schema) in responses.items()
        },
    }


def _content_type(schema: type[Schema]) -> str:
    return PROBLEM_JSON if issubclass(schema, ProblemSchema) else "application/json"
