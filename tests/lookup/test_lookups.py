"""The one way to ask: what may not be asked is refused, what is answered is recorded first."""

import os
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from prometheus_client import REGISTRY
from service import ASKED_FORMER, ASKED_MAYBE, ASKED_POPP, ASKED_PPO, ASKED_STRANGER, nothing_held

from flagging import metrics, receipts
from flagging.access.caller import Caller
from flagging.errors import Forbidden, QuestionInvalid
from flagging.ledger.segments import read_segment
from flagging.lookup.finding import Unconfirmed
from flagging.lookup.question import AskedPerson, Question
from flagging.spool import Spool
from flagging.terms import Role, Setting

CUSTODY = Caller("c-1", "custody system", Role.CUSTODY)


def a_question(person=ASKED_STRANGER, **changes):
    asked = {"setting": Setting.ARREST, "purpose": "custody_booking_in", "operator": "4711", "ocu": "F1"}
    return Question(**asked | {"person": AskedPerson(**person)} | changes)


@pytest.fixture
def unwritable(service, tmp_path):
    """A spool that cannot be written: something else lies where its directory would be."""
    place = tmp_path / "in-the-way"
    place.touch()
    spool = Spool(place, service.keyring)
    yield spool
    spool.close()


def test_the_entry_is_written_before_the_answer_leaves(service, monkeypatch):
    answers, answers_before, write = 0, [], os.write

    def noting(file, content):
        answers_before.append(answers)
        return write(file, content)

    assert service.parts.spool.is_writable()
    monkeypatch.setattr("os.write", noting)
    for _ in range(3):
        service.parts.lookups.look_up(a_question(), CUSTODY)
        answers += 1
    assert answers_before == [0, 1, 2]


@pytest.mark.parametrize(
    ("person", "outcome", "refs"),
    [
        (ASKED_PPO, "flagged", ["TST-0001"]),
        (ASKED_MAYBE, "possible_match", ["TST-0001"]),
        (ASKED_FORMER, "former", ["TST-0002"]),
        (ASKED_POPP, "not_on_register", []),
        (ASKED_STRANGER, "not_on_register", []),
    ],
    ids=["ppo", "maybe", "former", "popp", "stranger"],
)
def test_the_entry_says_who_asked_what_why_and_what_was_disclosed(person, outcome, refs, service):
    reply = service.parts.lookups.look_up(a_question(person, client_reference="F1/0007/26"), CUSTODY)
    (entry,) = service.entries()
    assert entry["lookup_id"] == reply.body["lookup_id"]
    assert entry["at"] == reply.body["answered_at"]
    assert (entry["caller"], entry["role"]) == ("c-1", "custody")
    assert entry["question"]["purpose"] == "custody_booking_in"
    assert entry["question"]["operator"] == "4711"
    assert entry["question"]["client_reference"] == "F1/0007/26"
    assert entry["question"]["person"].items() >= person.items()
    assert (entry["outcome"], entry["refs"]) == (outcome, refs)
    assert entry["register"]["edition"] == reply.body["register"]["edition"]
    assert (entry["route"], entry["rule"]) == (reply.body["referral"]["route"], reply.body["referral"]["rule"])


def test_a_handle_quoted_on_the_telephone_leads_to_the_record_through_the_entry(service):
    reply = service.parts.lookups.look_up(a_question(ASKED_MAYBE), CUSTODY)
    (entry,) = service.entries()
    assert entry["handles"] == {reply.body["matches"][0]["handle"]: "TST-0001"}


def test_what_the_role_received_is_recorded_field_by_field(service):
    service.parts.lookups.look_up(a_question(ASKED_PPO), CUSTODY)
    service.parts.lookups.look_up(a_question(ASKED_MAYBE), CUSTODY)
    full, veiled = service.entries()
    assert full["fields"] == ["evidence_detail", "home_ocu", "offender_managers", "ppo_ref", "warnings"]
    assert veiled["fields"] == []


def test_the_receipt_proves_this_entry_and_no_other(service):
    replies = [service.parts.lookups.look_up(a_question(ASKED_PPO), CUSTODY).body for _ in range(2)]
    (segment,) = service.spool_dir.glob("*.spool")
    entries = list(read_segment(segment, service.keyring))
    for reply, entry in zip(replies, entries, strict=True):
        for other in entries:
            is_genuine = receipts.is_genuine(reply["receipt"], reply["lookup_id"], other, service.keyring)
            assert is_genuine == (other == entry)


def test_two_entries_of_the_same_question_never_look_alike(service):
    for _ in range(2):
        service.parts.lookups.look_up(a_question(), CUSTODY)
    first, second = service.entries()
    assert first["salt"] != second["salt"]


@pytest.mark.parametrize("person", [ASKED_PPO, ASKED_STRANGER], ids=["ppo", "stranger"])
def test_what_cannot_be_recorded_is_not_answered(person, unwritable, service):
    service.swap_of_lookups(spool=unwritable)
    reply = service.parts.lookups.look_up(a_question(person), CUSTODY)
    assert reply.unconfirmed is Unconfirmed.NOT_RECORDED
    assert set(reply.body) == {"outcome", "register", "duty_desk", "referral", "actions"}
    assert reply.body["outcome"] == "cannot_confirm"
    assert "TST-0001" not in str(reply.body)


def test_that_nobody_could_say_is_recorded_too_with_a_receipt(service):
    service.parts.register.held = nothing_held()
    reply = service.parts.lookups.look_up(a_question(ASKED_PPO), CUSTODY)
    (entry,) = service.entries()
    assert reply.unconfirmed is Unconfirmed.NO_EDITION
    assert (entry["lookup_id"], entry["outcome"], entry["refs"]) == (reply.body["lookup_id"], "cannot_confirm", [])
    assert reply.body["receipt"]


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("setting", Setting)
@pytest.mark.parametrize(
    "purpose", ["custody_booking_in", "arrest_referral_assessment", "prison_reception", "release_planning", "curiosity"]
)
def test_only_allowed_combinations_of_role_purpose_and_setting_are_asked(role, purpose, setting, service):
    allowed = {
        (Role.CUSTODY, "custody_booking_in", Setting.ARREST),
        (Role.ARREST_REFERRAL, "arrest_referral_assessment", Setting.ARREST),
        (Role.PRISON, "prison_reception", Setting.PRISON_RECEPTION),
        (Role.PRISON, "release_planning", Setting.PRISON_RELEASE),
    }
    question = a_question(ASKED_PPO, setting=setting, purpose=purpose, prison="BMI")
    if (role, purpose, setting) in allowed:
        assert service.parts.lookups.look_up(question, replace(CUSTODY, role=role)).body["outcome"] == "flagged"
    else:
        with pytest.raises(Forbidden):
            service.parts.lookups.look_up(question, replace(CUSTODY, role=role))
        assert service.entries() == []


def test_a_question_that_nobody_could_be_recognised_by_is_not_asked(service):
    with pytest.raises(QuestionInvalid):
        service.parts.lookups.look_up(a_question({"family_name": "Sample"}), CUSTODY)
    assert service.entries() == []


def test_a_lookup_without_time_ends_without_an_answer(service):
    service.swap_of_lookups(seconds_allowed=-1.0)
    reply = service.parts.lookups.look_up(a_question(ASKED_PPO), CUSTODY)
    assert reply.unconfirmed is Unconfirmed.OUT_OF_TIME
    assert reply.body["outcome"] == "cannot_confirm"


@pytest.mark.parametrize("moment", ["2026-06-30T23:30:00", "2026-07-01T11:00:00"])
def test_the_day_is_that_of_england_where_it_has_begun_an_hour_earlier_in_summer(moment, service):
    service.swap_of_lookups(now=lambda: datetime.fromisoformat(moment).replace(tzinfo=UTC))
    for born, is_under_18 in (("2008-07-01", False), ("2008-07-02", True)):
        person = {"family_name": "Sample", "date_of_birth": born}
        reply = service.parts.lookups.look_up(a_question(person), CUSTODY)
        assert (reply.body["referral"]["rule"] == "under-18") == is_under_18


def test_each_lookup_is_counted_once_by_role_setting_and_outcome(service, unwritable):
    def counted(outcome):
        labels = {"role": "custody", "setting": "arrest", "outcome": outcome}
        return REGISTRY.get_sample_value("flagging_lookups_total", labels) or 0

    def timed():
        return REGISTRY.get_sample_value("flagging_lookup_seconds_count")

    metrics.count_lookups()
    before = counted("flagged"), counted("cannot_confirm"), timed()
    service.parts.lookups.look_up(a_question(ASKED_PPO), CUSTODY)
    service.swap_of_lookups(spool=unwritable)
    service.parts.lookups.look_up(a_question(ASKED_PPO), CUSTODY)
    metrics.count_lookups()
    assert (counted("flagged"), counted("cannot_confirm"), timed()) == (before[0] + 1, before[1] + 1, before[2] + 2)


def test_somebody_whose_question_is_not_even_read_is_told_whom_to_ring(service):
    reply = service.parts.lookups.unasked(Unconfirmed.CALLERS_UNKNOWN)
    assert reply.unconfirmed is Unconfirmed.CALLERS_UNKNOWN
    assert reply.body["outcome"] == "cannot_confirm"
    assert reply.body["duty_desk"]["telephone"]
    assert reply.body["referral"]["route"] == "hold"
    assert service.entries() == []
