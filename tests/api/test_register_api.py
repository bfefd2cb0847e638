"""GET /v1/register: how current the register is, to every role; what the last sync did, to administrators."""

from dataclasses import replace

import pytest
from service import nothing_held, publish

from flagging.api.answer_schemas import RegisterStatusSchema
from flagging.register.store import LAST_REPORT
from flagging.terms import Role

STANDING = {"edition", "checked_at", "list_dated", "age_seconds", "state", "source"}


@pytest.mark.parametrize("role", Role)
def test_every_role_learns_how_current_the_register_is(role, service):
    response = service.get("/v1/register", role)
    told = response.get_json()
    assert response.content_type == "application/json"
    assert told.keys() == STANDING | {"counts", "last_sync"}
    assert RegisterStatusSchema().validate(told) == {}
    assert told["counts"] == {"active": 4, "former": 1, "missing": 1}
    assert (told["state"], told["source"]) == ("current", "redis")
    assert told["last_sync"].items() >= {"result": "published", "at": "2026-03-02T09:00:00Z"}.items()
    assert "accepted" not in told["last_sync"]


def test_it_tells_the_standing_that_answers_tell(service):
    told = service.get("/v1/register", "custody").get_json()
    answered = service.ask()["register"]
    assert {name: told[name] for name in STANDING - {"age_seconds"}} == {
        name: answered[name] for name in STANDING - {"age_seconds"}
    }


def test_time_that_passes_is_told(service):
    service.pass_time(7200)
    told = service.get("/v1/register", "custody").get_json()
    assert (told["state"], told["source"]) == ("stale", "replica")
    assert 7200 <= told["age_seconds"] < 7500


def test_with_nothing_held_that_is_told_and_nothing_made_up(service):
    service.parts.register.held = nothing_held()
    told = service.get("/v1/register", "administrator").get_json()
    assert told["counts"] == {"active": 0, "former": 0, "missing": 0}
    assert (told["edition"], told["checked_at"], told["state"]) == (None, None, "stale")
    assert told["last_sync"] is None
    assert RegisterStatusSchema().validate(told) == {}


@pytest.mark.parametrize("role", Role)
def test_the_report_of_the_last_sync_is_for_administrators_alone(role, service, redis_url):
    publish(redis_url, service.keyring, ())
    told = service.get("/v1/register", role).get_json()
    if role is Role.ADMINISTRATOR:
        assert told["last_sync"]["report"]["rejected"] == [{"line": 3, "reason": "no name"}]
    else:
        assert "report" not in told["last_sync"]


@pytest.mark.parametrize("trouble", ["none in Redis", "sealed by somebody else"])
def test_a_report_that_cannot_be_had_is_none_and_no_error(trouble, service, redis_client):
    if trouble == "sealed by somebody else":
        redis_client.set(LAST_REPORT, b"rubbish")
    told = service.get("/v1/register", "administrator").get_json()
    assert told["last_sync"]["report"] is None


def test_why_a_list_was_refused_or_forced_is_for_administrators_alone(service):
    register = service.parts.register
    note = {"result": "refused", "at": "2026-03-02T09:00:00Z", "guard": "count_drop", "reason": "zz", "counts": {}}
    register.held = replace(register.held, last_sync=note)
    assert service.get("/v1/register", "custody").get_json()["last_sync"] == {"result": "refused", "at": note["at"]}
    assert service.get("/v1/register", "administrator").get_json()["last_sync"]["reason"] == "zz"
