"""The rows of the action table, and the deadlines of each."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from flagging.policy.actions import ActionFacts, due_actions
from flagging.policy.directory import Contact
from flagging.policy.managers import OffenderManager
from flagging.terms import Age, Agency, DrugTest, Outcome, Setting

LONDON = ZoneInfo("Europe/London")
WEDNESDAY_NOON = datetime(2026, 1, 14, 12, 0, tzinfo=LONDON)
WEDNESDAY_3_AM = datetime(2026, 1, 14, 3, 0, tzinfo=LONDON)
DESK = Contact("Desk of the match", "0121 496 0999")
LEAD = OffenderManager(Agency.PROBATION, True, "Pat Example", "0121 496 0998", None)

AFTERCARE = ["offer_eespro", "offer_housing", "offer_mentoring"]
RECEPTION = ["tell_offender_manager_and_home_ocu", "flag_prison_record", "housing_tenancy"]
ROWS = {
    (Setting.ARREST, Outcome.FLAGGED): ["inform_offender_manager", "mark_custody_record", *AFTERCARE],
    (Setting.ARREST, Outcome.POSSIBLE_MATCH): ["confirm_identity"],
    (Setting.ARREST, Outcome.FORMER): [],
    (Setting.ARREST, Outcome.NOT_ON_REGISTER): [],
    (Setting.ARREST, Outcome.CANNOT_CONFIRM): ["ring_duty_desk"],
    (Setting.PRISON_RECEPTION, Outcome.FLAGGED): [*RECEPTION, "allocate_offender_supervisor"],
    (Setting.PRISON_RECEPTION, Outcome.POSSIBLE_MATCH): ["confirm_identity", *RECEPTION],
    (Setting.PRISON_RECEPTION, Outcome.FORMER): [],
    (Setting.PRISON_RECEPTION, Outcome.NOT_ON_REGISTER): [],
    (Setting.PRISON_RECEPTION, Outcome.CANNOT_CONFIRM): ["ring_duty_desk"],
    (Setting.PRISON_RELEASE, Outcome.FLAGGED): ["inform_offender_manager", "hand_on_care_plan", *AFTERCARE],
    (Setting.PRISON_RELEASE, Outcome.POSSIBLE_MATCH): ["confirm_identity"],
    (Setting.PRISON_RELEASE, Outcome.FORMER): [],
    (Setting.PRISON_RELEASE, Outcome.NOT_ON_REGISTER): [],
    (Setting.PRISON_RELEASE, Outcome.CANNOT_CONFIRM): ["ring_duty_desk"],
}
DEADLINES = {
    "ring_duty_desk": "at once",
    "inform_offender_manager": "at once",
    "mark_custody_record": "in custody",
    "drug_test": "in custody",
    "confirm_identity": "before any referral",
    "tell_offender_manager_and_home_ocu": "2026-01-15",
    "flag_prison_record": "2026-01-15",
    "housing_tenancy": "2026-01-16T12:00:00+00:00",
    "allocate_offender_supervisor": "2026-01-19",
    "hand_on_care_plan": "before release",
    "offer_eespro": "next contact",
    "offer_housing": "next contact",
    "offer_mentoring": "next contact",
}


@pytest.fixture
def due(action_table, directory):
    def ask(setting, outcome, asked_at=WEDNESDAY_NOON, **facts):
        facts = {"age": Age.ADULT, "duty_desk": DESK, "lead": LEAD, "prison": "BMI"} | facts
        return due_actions(ActionFacts(setting, outcome, **facts), action_table, directory, asked_at)

    return ask


@pytest.mark.parametrize(("place", "expected"), ROWS.items(), ids=["-".join(place) for place in ROWS])
def test_every_row_of_the_table_is_due_with_its_deadline(place, expected, due):
    actions = due(*place)
    assert sorted(action.action for action in actions) == sorted(expected)
    assert all(action.due == DEADLINES[action.action] for action in actions)


def test_the_rows_by_hand_cover_every_setting_and_outcome():
    assert set(ROWS) == {(setting, outcome) for setting in Setting for outcome in Outcome}


@pytest.mark.parametrize("age", Age)
@pytest.mark.parametrize(
    ("trigger_offence", "drug_test", "is_untested"),
    [
        (True, None, True),
        (True, DrugTest.NOT_TESTED, True),
        (True, DrugTest.REFUSED, False),
        (True, DrugTest.NEGATIVE, False),
        (True, DrugTest.POSITIVE, False),
        (False, DrugTest.NOT_TESTED, False),
    ],
)
def test_untested_adults_are_tested_after_a_trigger_offence_alone(trigger_offence, drug_test, is_untested, age, due):
    actions = due(Setting.ARREST, Outcome.FLAGGED, age=age, trigger_offence=trigger_offence, drug_test=drug_test)
    is_tested_at_that_age = age in (Age.ADULT, Age.UNKNOWN)
    assert ("drug_test" in [action.action for action in actions]) == (is_untested and is_tested_at_that_age)


@pytest.mark.parametrize("setting", Setting)
@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome is not Outcome.FLAGGED])
def test_nobody_but_a_ppo_is_tested_by_this_table(setting, outcome, due):
    assert "drug_test" not in [action.action for action in due(setting, outcome, trigger_offence=True)]


def test_of_a_possible_match_all_but_confirming_is_provisional_and_goes_to_the_duty_desk(due):
    confirm, *provisional = due(Setting.PRISON_RECEPTION, Outcome.POSSIBLE_MATCH, lead=None)
    assert not confirm.provisional
    assert confirm.contact == DESK
    assert provisional[0].contact == DESK
    assert all(action.provisional and action.text.startswith("Provisional") for action in provisional)


def test_nothing_is_provisional_about_a_flagged_person(due):
    assert not any(action.provisional for setting in Setting for action in due(setting, Outcome.FLAGGED))


@pytest.mark.parametrize("setting", [Setting.ARREST, Setting.PRISON_RELEASE])
def test_in_office_hours_the_lead_manager_is_informed(setting, due):
    inform = due(setting, Outcome.FLAGGED)[0]
    assert inform.contact == Contact("Pat Example", "0121 496 0998")


@pytest.mark.parametrize("setting", [Setting.ARREST, Setting.PRISON_RELEASE])
def test_out_of_hours_the_duty_desk_is_informed_and_the_answer_says_so(setting, due):
    inform = due(setting, Outcome.FLAGGED, WEDNESDAY_3_AM)[0]
    assert inform.contact == DESK
    assert "Out of office hours" in inform.text


def test_a_manager_to_be_told_within_a_working_day_is_named_at_night_too(due):
    tell = due(Setting.PRISON_RECEPTION, Outcome.FLAGGED, WEDNESDAY_3_AM)[0]
    assert tell.contact.name == "Pat Example"


def test_without_a_reachable_manager_the_duty_desk_is_informed_and_the_answer_says_so(due):
    inform = due(Setting.ARREST, Outcome.FLAGGED, lead=None)[0]
    assert inform.contact == DESK
    assert "No offender manager can be reached" in inform.text


def test_a_nameless_manager_is_called_by_the_agency(due):
    lead = OffenderManager(Agency.POLICE, True, None, "0121 496 0997", None)
    assert due(Setting.ARREST, Outcome.FLAGGED, lead=lead)[0].contact == Contact("police", "0121 496 0997")


def test_actions_inside_the_prison_name_its_ppo_contact(due):
    contacts = {action.action: action.contact for action in due(Setting.PRISON_RECEPTION, Outcome.FLAGGED)}
    assert contacts["flag_prison_record"].name == "PPO contact, HMP Birmingham"
    assert contacts["allocate_offender_supervisor"] == contacts["flag_prison_record"]
    assert contacts["housing_tenancy"].name.startswith("City Housing")


def test_an_unknown_prison_leaves_the_action_without_contact(due):
    flag = due(Setting.PRISON_RECEPTION, Outcome.FLAGGED, prison=None)[1]
    assert (flag.action, flag.contact) == ("flag_prison_record", None)
