"""The OpenAPI document: of the right form, complete, and true of what is really answered."""

import re

import pytest
from service import QUESTIONS, question

from flagging.api.document import build_document

JSON_TYPES = {"string", "integer", "number", "boolean", "object", "array", "null"}
OPERATIONS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def document(service):
    response = service.get("/v1/openapi.json")
    assert (response.status_code, response.content_type) == (200, "application/json")
    return response.get_json()


def walk(node, path=()):
    """Yield every object of a document with the keys that lead there."""
    if isinstance(node, dict):
        yield path, node
        for key, inner in node.items():
            yield from walk(inner, (*path, key))
    elif isinstance(node, list):
        for number, inner in enumerate(node):
            yield from walk(inner, (*path, number))


def resolve(document, reference):
    assert reference.startswith("#/")
    node = document
    for step in reference[2:].split("/"):
        node = node[step]
    return node


def operations(document):
    return {
        (path, method): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in OPERATIONS
    }


def test_it_is_a_document_of_openapi_3_1(document):
    assert re.fullmatch(r"3\.1\.\d+", document["openapi"])
    assert document["info"].keys() >= {"title", "version", "description"}
    assert document["paths"]
    assert document.keys() <= {"openapi", "info", "paths", "components", "tags", "servers", "security"}


def test_every_operation_says_what_it_does_and_what_comes_back(document):
    for operation in operations(document).values():
        assert operation["summary"]
        assert operation["responses"]
        for status, response in operation["responses"].items():
            assert re.fullmatch(r"[2-5]\d\d", status)
            assert response["description"]
            assert all(medium.keys() == {"schema"} for medium in response["content"].values())


def test_every_reference_leads_somewhere_and_nothing_is_described_for_nobody(document):
    references = {node["$ref"] for _, node in walk(document) if "$ref" in node}
    assert all(isinstance(resolve(document, reference), dict) for reference in references)
    assert {f"#/components/schemas/{name}" for name in document["components"]["schemas"]} == references


def test_every_schema_is_one_of_json_schema(document):
    for path, node in walk(document["components"]["schemas"]):
        if "type" in node and not (path and path[-1] == "properties"):
            types = node["type"] if isinstance(node["type"], list) else [node["type"]]
            assert set(types) <= JSON_TYPES, path
        assert "nullable" not in node, f"{path}: a word of OpenAPI 3.0"
        if "required" in node and isinstance(node["required"], list):
            assert set(node["required"]) <= node["properties"].keys(), path


def test_every_address_under_v1_is_described_with_its_methods_and_no_other(document, service):
    served = {
        (re.sub(r"<(?:[^:<>]+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in service.app.url_map.iter_rules()
        if rule.rule.startswith("/v1/")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    described = {key for key in operations(document) if key[0].startswith("/v1/")}
    assert described == served


def test_every_path_is_served(document, service):
    served = {re.sub(r"<(?:[^:<>]+:)?(\w+)>", r"{\1}", rule.rule) for rule in service.app.url_map.iter_rules()}
    assert document["paths"].keys() <= served


def test_whoever_needs_a_token_is_told_so(document, service):
    for (path, _), operation in operations(document).items():
        is_guarded = path.startswith("/v1/") and path != "/v1/openapi.json"
        assert operation.get("security") == ([{"token": []}] if is_guarded else None)
        if is_guarded:
            assert {"200", "401", "403", "429", "503"} <= operation["responses"].keys()
    assert document["components"]["securitySchemes"]["token"] == {"type": "http", "scheme": "bearer"}


@pytest.mark.parametrize("path", ["/v1/lookups", "/v1/lookups/batch"])
def test_asking_lists_every_status_it_may_end_in(path, document):
    responses = operations(document)[path, "post"]["responses"]
    assert list(responses) == ["200", "400", "401", "403", "413", "415", "422", "429", "503"]
    for status, response in responses.items():
        assert list(response["content"]) == ["application/json" if status == "200" else "application/problem+json"]


def test_a_question_is_described_field_by_field_and_takes_no_others(document):
    lookup = document["components"]["schemas"]["Lookup"]
    assert lookup["properties"].keys() == {*question(), "client_reference", "prison", "trigger_offence", "drug_test",
                                           "assessed_need"}  # fmt: skip
    assert set(lookup["required"]) == {"setting", "purpose", "person"}
    assert lookup["properties"]["setting"]["enum"] == ["arrest", "prison_reception", "prison_release"]
    for name in ("Lookup", "Person", "Alias", "Batch", "BatchItem"):
        assert document["components"]["schemas"][name]["additionalProperties"] is False


def test_an_item_of_a_batch_is_a_question_with_an_id(document):
    schemas = document["components"]["schemas"]
    assert schemas["Batch"]["properties"]["lookups"]["items"] == {"$ref": "#/components/schemas/BatchItem"}
    assert schemas["BatchItem"]["properties"].keys() - schemas["Lookup"]["properties"].keys() == {"id"}


KINDS = {str: "string", bool: "boolean", int: "integer", float: "number", dict: "object", list: "array"}


def conforms(value, schema, document):
    """Tell whether a value has the form of a schema, as far as types, required, enum and null go."""
    if "$ref" in schema:
        return conforms(value, resolve(document, schema["$ref"]), document)
    if "anyOf" in schema:
        return any(conforms(value, each, document) for each in schema["anyOf"])
    kind = "null" if value is None else KINDS[type(value)]
    types = schema.get("type", kind)
    if kind not in (types if isinstance(types, list) else [types]):
        return False
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        return set(schema.get("required", [])) <= value.keys() and all(
            conforms(inner, properties.get(name, {}), document) for name, inner in value.items()
        )
    if isinstance(value, list):
        return all(conforms(each, schema.get("items", {}), document) for each in value)
    return value in schema.get("enum", [value])


def test_what_is_asked_and_answered_conforms_to_what_is_described(document, service):
    schemas = operations(document)["/v1/lookups", "post"]
    for role in QUESTIONS:
        asked = question(role, person={"family_name": "Unlisted", "given_names": "Ashley", "aliases": []})
        assert conforms(asked, schemas["requestBody"]["content"]["application/json"]["schema"], document)
        described = schemas["responses"]["200"]["content"]["application/json"]["schema"]
        assert conforms(service.ask(role, **asked), described, document)
        assert not conforms(asked, described, document)


def test_the_document_is_made_from_the_schemas_and_the_same_each_time():
    assert build_document() == build_document()


def test_the_page_that_shows_it_has_all_it_needs_from_here(service):
    page = service.get("/docs")
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    needed = re.findall(r'(?:src|href|data-document)="([^"]+)"', page.text)
    assert len(needed) >= 5
    for address in needed:
        assert address.startswith("/")
        assert service.get(address).status_code == 200, address
