import pytest

from flagging.identity.person import Identity
from flagging.policy.managers import LeadRule, OcuOf, duty_desk_of, list_managers
from flagging.record import Manager, Record
from flagging.terms import Agency, Status

POLICE = Manager(Agency.POLICE, "Po Example", "0121 496 0901", None)
PROBATION = Manager(Agency.PROBATION, "Pro Example", None, "pro@probation.example")
POLICE_SILENT = Manager(Agency.POLICE, "Po Example", None, None)
PROBATION_SILENT = Manager(Agency.PROBATION, "Pro Example", "", None)


def _record(*managers, statutory=None, home_ocu=None, offending_ocu=None):
    return Record(
        "BHM-0001",
        Status.ACTIVE,
        Identity(()),
        managers=managers,
        statutory=statutory,
        home_ocu=home_ocu,
        offending_ocu=offending_ocu,
    )


@pytest.mark.parametrize(
    ("managers", "statutory", "agencies", "lead", "remarks"),
    [
        ([POLICE, PROBATION], True, ["probation", "police"], "probation", []),
        ([PROBATION, POLICE], False, ["police", "probation"], "police", []),
        ([PROBATION, POLICE], None, ["police", "probation"], "police", ["not recorded"]),
        ([PROBATION], None, ["probation"], "probation", ["not recorded", "no usable contact for the police"]),
        ([POLICE, PROBATION_SILENT], True, ["police", "probation"], "police", ["no usable contact for the probation"]),
        ([POLICE], True, ["police"], "police", ["no usable contact for the probation"]),
        ([PROBATION, POLICE_SILENT], False, ["probation", "police"], "probation", ["no usable contact for the police"]),
        ([POLICE_SILENT, PROBATION_SILENT], True, ["probation", "police"], None, ["ring the duty desk"]),
        ([], False, [], None, ["ring the duty desk"]),
    ],
    ids=[
        "statutory", "non-statutory", "not recorded", "not recorded and alone", "lead silent", "lead missing",
        "police silent", "nobody to reach", "nobody at all",
    ],
)  # fmt: skip
def test_managers_stand_lead_first_and_a_stand_in_is_said_to_be_one(
    managers, statutory, agencies, lead, remarks, routing
):
    listed = list_managers(_record(*managers, statutory=statutory), routing.leads)
    assert [manager.agency for manager in listed.managers] == agencies
    assert [manager.lead for manager in listed.managers] == [agency == lead for agency in agencies]
    assert (listed.lead and listed.lead.agency) == lead
    assert len(listed.remarks) == len(remarks)
    assert all(words in remark for words, remark in zip(remarks, listed.remarks, strict=True))


def test_which_agency_leads_is_configuration():
    rule = LeadRule({True: Agency.POLICE, False: Agency.POLICE, None: Agency.POLICE})
    assert list_managers(_record(PROBATION, POLICE, statutory=True), rule).lead.agency is Agency.POLICE


@pytest.mark.parametrize(
    ("home", "offending", "desk"),
    [
        ("F1", "D1", "F1 duty desk"),
        (None, "D1", "Force-wide PPO duty desk"),
        ("X9", None, "Force-wide PPO duty desk"),
        (None, None, "Force-wide PPO duty desk"),
    ],
)
def test_the_fallback_is_the_duty_desk_of_the_home_ocu_or_force_wide(home, offending, desk, routing, directory):
    record = _record(home_ocu=home, offending_ocu=offending)
    assert duty_desk_of(record, routing.leads, directory).name == desk


@pytest.mark.parametrize(
    ("home", "offending", "desk"),
    [("F1", "D1", "D1 duty desk"), ("F1", None, "F1 duty desk"), ("F1", "X9", "F1 duty desk")],
)
def test_an_area_may_let_the_offending_ocu_lead(home, offending, desk, routing, directory):
    rule = LeadRule(routing.leads.agency, (OcuOf.OFFENDING, OcuOf.HOME))
    assert duty_desk_of(_record(home_ocu=home, offending_ocu=offending), rule, directory).name == desk
