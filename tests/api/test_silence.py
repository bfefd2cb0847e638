"""What the log of a run tells: ids, counts and kinds, and nothing of anybody asked about, of callers or of secrets."""

from dataclasses import replace

import pytest
from service import (
    ASKED_FORMER,
    ASKED_MAYBE,
    ASKED_POPP,
    ASKED_PPO,
    ASKED_STRANGER,
    POLICE,
    PROBATION,
    QUESTIONS,
    nothing_held,
    question,
)
from structlog.testing import capture_logs

from flagging.logs import tell_request
from flagging.spool import Spool

PERSON = {
    "family_name": "Zzfamily",
    "given_names": "Zzgiven",
    "date_of_birth": "1994-07-23",
    "pnc_id": "1998/7654321A",
    "cro_number": "765432/98A",
    "prison_number": "Z9876ZZ",
    "crn": "Z987654",
    "postcode": "ZE1 0AA",
    "aliases": [{"family_name": "Zzalias", "given_names": "Zzother", "date_of_birth": "1995-08-24"}],
}
FREE = {"operator": "zz-operator", "client_reference": "zz-reference"}
SECRET_VALUES = {
    *(value for value in PERSON.values() if isinstance(value, str)),
    *PERSON["aliases"][0].values(),
    *(
        value
        for asked in (ASKED_PPO, ASKED_MAYBE, ASKED_FORMER, ASKED_POPP, ASKED_STRANGER)
        for value in asked.values()
    ),
    *FREE.values(),
    *(value for manager in (POLICE, PROBATION) for value in (manager.name, manager.telephone, manager.email)),
    "TST-000",
    "Lantern House",
}


class Stumbling:
    """A lookup room that fails with what it was asked in its message."""

    def look_up(self, asked, *_):
        raise ValueError(f"cannot read {asked}")


@pytest.fixture
def everything_asked(service, tmp_path):
    """Ask everything there is to ask, of a service sound and broken."""

    def ask_around():
        for role in QUESTIONS:
            for person in (PERSON, ASKED_PPO, ASKED_MAYBE, ASKED_FORMER, ASKED_POPP, ASKED_STRANGER):
                body = question(role, person=person, **FREE)
                service.post(body, role, X_Request_ID="Zzfamily")
                service.post({"lookups": [body | {"id": "Zzgiven"}]}, role, "/v1/lookups/batch")
            service.post(question(role, person=PERSON | {"date_of_birth": "Zzfamily"}), role)
            service.post(question(role, person=PERSON, setting="Zzfamily", Zzfamily="Zzgiven"), role)
        service.post(b'{"Zzfamily": ')
        service.post(question(person=PERSON), role=None, Authorization="Bearer Zzfamily")
        service.get("/v1/Zzfamily")
        service.get("/health")

    def everything_asked():
        parts, register = service.parts, service.parts.register
        held, clock, book = register.held, register.clock, parts.access.book
        ask_around()
        service.swap(lookups=Stumbling())
        ask_around()
        place = tmp_path / "Zzfamily"
        place.write_bytes(b"")
        spool = Spool(place, service.keyring)
        spool.close()
        service.swap(lookups=replace(parts.lookups, spool=spool), spool=spool)
        ask_around()
        service.swap(lookups=parts.lookups, spool=parts.spool)
        register.held = nothing_held()
        ask_around()
        register.held = held
        service.pass_time(90_000)
        ask_around()
        register.clock = clock
        parts.access.book = None
        ask_around()
        parts.access.book = book

    return everything_asked


def test_no_log_line_of_a_run_holds_a_personal_value_or_a_secret(everything_asked, service, capsys):
    with capture_logs() as lines:
        everything_asked()
    assert {line["event"] for line in lines} >= {"unexpected_error", "spool_unwritable", "request_failed"}
    printed = capsys.readouterr()
    told = (repr(lines) + printed.out + printed.err).casefold()
    for value in SECRET_VALUES | set(service.tokens.values()):
        assert value.casefold() not in told


def test_a_lookup_nobody_can_answer_is_logged_with_the_ids_of_request_and_entry(service):
    held = service.parts.register.held
    service.parts.register.held = nothing_held()
    request_id = "01a2b3c4-d5e6-47a8-89c0-d1e2f3a4b5c6"
    with capture_logs(processors=[tell_request]) as lines:
        response = service.post(question(), X_Request_ID=request_id)
        service.post(question(), X_Request_ID="Zzfamily")
    service.parts.register.held = held
    first, second = [line for line in lines if line["event"] == "cannot_confirm"]
    assert response.headers["X-Request-ID"] == first["request_id"] == request_id
    assert first["lookup_id"] == service.entries()[-2]["lookup_id"]
    assert first["reason"] == "no_edition"
    assert second["request_id"] == "not shown"


def test_an_unexpected_fault_is_logged_by_kind_and_place(service):
    service.swap(lookups=Stumbling())
    with capture_logs() as lines:
        service.post(question())
    (line,) = [line for line in lines if line["event"] == "unexpected_error"]
    assert line["kind"] == "ValueError"
    assert line["at"].startswith("test_silence.py:")
    assert line["endpoint"] == "lookups.ask_one"
