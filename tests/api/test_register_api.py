"""GET /v1/register: how current the register is, to every role; what the last sync did, to administrators."""

from dataclasses import replace

import pytest
from prometheus_client import REGISTRY
from redis import Redis
from service import REPORT, nothing_held, publish

from flagging.api.register_schemas import RegisterStatusSchema, SyncReportSchema
from flagging.app import measure
from flagging.errors import StoreUnreachable
from flagging.register.sync_log import REPORTS
from flagging.sync.guards import GUARDS
from flagging.terms import Role

STANDING = {"edition", "checked_at", "list_dated", "age_seconds", "state", "source"}


@pytest.mark.parametrize("role", Role)
def test_every_role_learns_how_current_the_register_is(role, service):
    response = service.get("/v1/register", role)
    told = response.get_json()
    assert response.content_type == "application/json"
    for_administrators = {"holds", "reports"} if role is Role.ADMINISTRATOR else set()
    assert told.keys() == STANDING | {"counts", "last_sync"} | for_administrators
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


# -- how the last syncs went -----------------------------------------------------------------------------------------


@pytest.fixture
def reported(service, redis_url):
    """A service whose Redis, emptied for each test, holds a report of the last sync."""
    publish(redis_url, service.keyring, ())
    return service


@pytest.mark.parametrize("role", Role)
def test_the_report_of_the_last_sync_is_for_administrators_alone(role, reported):
    told = reported.get("/v1/register", role).get_json()
    if role is Role.ADMINISTRATOR:
        assert told["last_sync"]["report"]["rejected"][0].items() >= {"line": 3, "reason": "is missing"}.items()
        assert told["reports"][0].items() >= {"id": REPORT, "result": "published", "edition": 1, "times": 1}.items()
        assert told["holds"] is False
        assert RegisterStatusSchema().validate(told) == {}
    else:
        assert told["last_sync"].keys() == {"result", "at"}
        assert REPORT not in str(told)


@pytest.mark.parametrize("role", Role)
def test_a_kept_report_can_be_had_in_full_by_administrators_alone(role, reported):
    response = reported.get(f"/v1/register/reports/{REPORT}", role)
    if role is Role.ADMINISTRATOR:
        assert response.status_code == 200
        assert response.get_json()["rejected"][0]["field"] == "family_name"
        assert SyncReportSchema().validate(response.get_json()) == {}
    else:
        assert (response.status_code, response.get_json()["type"]) == (403, "forbidden")


def test_nobody_has_it_without_a_token(reported):
    assert reported.get(f"/v1/register/reports/{REPORT}").status_code == 401


@pytest.mark.parametrize("report", ["01J", "..", "%2e%2e", "last", "x" * 2000])
def test_a_report_that_is_not_kept_is_not_found(reported, report):
    response = reported.get(f"/v1/register/reports/{report}", "administrator")
    assert (response.status_code, response.get_json()["type"]) == (404, "not-found")


@pytest.mark.parametrize("trouble", ["none in Redis", "sealed by somebody else", "out of reach"])
def test_reports_that_cannot_be_had_are_none_and_no_error(trouble, service, redis_client, monkeypatch):
    if trouble == "sealed by somebody else":
        redis_client.set(REPORTS, b"rubbish")
    if trouble == "out of reach":
        monkeypatch.setattr(service.parts.register.store, "log", OutOfReach())
    told = service.get("/v1/register", "administrator").get_json()
    assert (told["last_sync"]["report"], told["reports"]) == (None, [])


class OutOfReach:
    def reports(self):
        raise StoreUnreachable("Redis: TimeoutError")


def test_why_a_list_was_refused_or_forced_is_for_administrators_alone(service):
    register = service.parts.register
    note = {
        "result": "refused", "at": "2026-03-02T09:00:00Z", "guard": "count_drop", "reason": "zz", "forced": ["empty"],
        "counts": {"rows": 3}, "report": "01J", "accepted": {"digest": "zz"},
    }  # fmt: skip
    register.held = replace(register.held, last_sync=note)
    assert service.get("/v1/register", "custody").get_json()["last_sync"] == {"result": "refused", "at": note["at"]}
    told = service.get("/v1/register", "administrator").get_json()["last_sync"]
    assert told == {name: note[name] for name in ("result", "at", "guard", "reason", "forced", "counts")} | {
        "report": None
    }


def test_that_an_edition_gone_back_to_holds_is_told_to_administrators(service):
    register = service.parts.register
    register.held = replace(register.held, pointer=replace(register.held.pointer, hold="digest of a list"))
    told = service.get("/v1/register", "administrator").get_json()
    assert told["holds"] is True
    assert "digest of a list" not in str(told)


# -- metrics ---------------------------------------------------------------------------------------------------------


def gauge(name, **labels):
    return REGISTRY.get_sample_value(f"flagging_{name}", labels)


def noted(service, **note):
    register = service.parts.register
    register.held = replace(register.held, last_sync={"at": "2026-03-02T09:00:00Z", "guard": None} | note)
    measure(register)


def test_how_the_last_sync_ended_is_there_for_an_alarm(service):
    noted(service, result="refused", guard="count_drop", counts={"rows": 9, "rejected": 2})
    assert {guard: gauge("list_refused", guard=guard) for guard in GUARDS} == dict.fromkeys(GUARDS, 0) | {
        "count_drop": 1
    }
    assert gauge("list_rows", what="rejected") == 2
    assert gauge("list_sync_timestamp_seconds") == 1772442000
    assert gauge("list_unreadable") == 0
    noted(service, result="unreadable")
    assert (gauge("list_unreadable"), gauge("list_refused", guard="count_drop")) == (1, 0)
    noted(service, result="published", counts={"rows": 9, "rejected": 0})
    assert (gauge("list_unreadable"), gauge("list_rows", what="rejected")) == (0, 0)


def test_so_is_an_edition_that_holds(service):
    register = service.parts.register
    measure(register)
    assert gauge("register_holds") == 0
    register.held = replace(register.held, pointer=replace(register.held.pointer, hold="digest of a list"))
    measure(register)
    assert gauge("register_holds") == 1


def test_nobody_waits_for_the_reports_of_a_redis_that_did_not_answer_just_now(service, monkeypatch):
    asked = []
    register = service.parts.register
    monkeypatch.setattr(register.store.log, "reports", lambda: asked.append(1) or [])
    with monkeypatch.context() as away:
        away.setattr(register.store, "look", OutOfReach().reports)
        register.look()
        assert service.get("/v1/register", "administrator").get_json()["reports"] == []
        assert asked == []
    register.look()
    service.get("/v1/register", "administrator")
    assert asked == [1]


def test_the_reports_are_told_though_redis_holds_no_register(reported, redis_url):
    with Redis.from_url(redis_url) as client:
        client.delete("flagging:current")
    reported.parts.register.look()
    assert reported.parts.register.held.trouble == "Redis answers, but holds no register"
    assert reported.get("/v1/register", "administrator").get_json()["reports"] != []
