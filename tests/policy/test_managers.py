from dataclasses import replace
from datetime import date

import pytest

from flagging.identity.person import Identity
from flagging.policy.managers import (
    LeadRule,
    OcuOf,
    duty_desk_of,
    list_managers,
    list_managers_of_all,
    order_held_twice,
)
from flagging.record import Manager, Record
from flagging.terms import Agency, Status

POLICE = Manager(Agency.POLICE, "Po Example", "0121 496 0901", None)
PROBATION = Manager(Agency.PROBATION, "Pro Example", None, "pro@probation.example")
POLICE_SILENT = Manager(Agency.POLICE, "Po Example", None, None)
PROBATION_SILENT = Manager(Agency.PROBATION, "Pro Example", "", None)


def _record(*managers, ref="BHM-0001", **fields):
    return Record(ref, Status.ACTIVE, Identity(()), managers=managers, **fields)


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


# -- held twice ------------------------------------------------------------------------------------------------------

HOME_FIRST, OFFENDING_FIRST = (OcuOf.HOME, OcuOf.OFFENDING), (OcuOf.OFFENDING, OcuOf.HOME)
LIVES_THERE = {"home_ocu": "F1", "offending_ocu": "D2"}
OFFENDS_THERE = {"offending_ocu": "D2"}
SAID_TO_LIVE_THERE = {"home_ocu": "D2"}  # where the other record says the person offends


@pytest.mark.parametrize("other", [OFFENDS_THERE, SAID_TO_LIVE_THERE], ids=["home not known", "home is said to be"])
@pytest.mark.parametrize(("rule", "leads", "words"), [
    (HOME_FIRST, "A", "the home OCU leads"), (OFFENDING_FIRST, "B", "the offending OCU leads"),
    ((OcuOf.HOME,), "A", "the home OCU leads"), ((OcuOf.OFFENDING,), "B", "the offending OCU leads"),
])  # fmt: skip
def test_of_two_records_that_of_the_ocu_named_first_leads(rule, leads, words, other):
    records = [_record(POLICE, ref="A", **LIVES_THERE), _record(POLICE, ref="B", **other)]
    for given in (records, records[::-1]):
        order = order_held_twice(given, rule)
        assert (order.records[0].ppo_ref, order.because) == (leads, words)
        assert len(order.records) == 2


@pytest.mark.parametrize(
    ("one", "other", "leads", "words"),
    [
        ({"home_ocu": "F1", "added_on": date(2026, 1, 2)}, {"home_ocu": "D2", "added_on": date(2025, 1, 2)}, "B", "held longer"),
        ({"home_ocu": "F1", "added_on": date(2026, 1, 2)}, {"home_ocu": "F1"}, "A", "held longer"),
        ({"home_ocu": "F1"}, {"home_ocu": "D2"}, "A", "nothing recorded says which leads"),
        ({"home_ocu": "F1", "offending_ocu": "D2"}, {"home_ocu": "D2", "offending_ocu": "F1"}, "A", "nothing recorded"),
        ({}, {"offending_ocu": "D2"}, "B", "the offending OCU leads"),
        ({}, {}, "A", "nothing recorded"),
    ],
    ids=["held longer", "day not known", "neither", "each the other's", "no OCU", "nothing known"],
)  # fmt: skip
def test_what_the_ocus_do_not_settle_goes_to_the_record_held_longer(one, other, leads, words):
    order = order_held_twice([_record(POLICE, ref="A", **one), _record(POLICE, ref="B", **other)], HOME_FIRST)
    assert order.records[0].ppo_ref == leads
    assert words in order.because


def test_a_record_from_which_nobody_can_be_reached_never_leads_before_one_from_which_somebody_can():
    records = [_record(POLICE_SILENT, ref="A", **LIVES_THERE), _record(PROBATION, ref="B", **OFFENDS_THERE)]
    order = order_held_twice(records, HOME_FIRST)
    assert order.records[0].ppo_ref == "B"
    assert "can be reached" in order.because


def test_the_managers_of_all_records_are_listed_and_one_alone_leads(routing):
    home = _record(POLICE, PROBATION, ref="A", statutory=True, **LIVES_THERE)
    offending = _record(replace(POLICE, name="Other Example"), ref="B", statutory=False, **OFFENDS_THERE)
    listed = list_managers_of_all([offending, home], routing.leads)
    assert [(manager.name, manager.lead) for manager in listed.managers] == [
        ("Pro Example", True), ("Po Example", False), ("Other Example", False),
    ]  # fmt: skip
    assert listed.lead.name == "Pro Example"
    assert listed.remarks == ("held under 2 references: the home OCU leads; whoever else is listed is to be informed",)


def test_of_three_records_one_leads(routing):
    records = [_record(POLICE, ref=ref, added_on=date(2026, 1, day)) for ref, day in (("A", 3), ("B", 1), ("C", 2))]
    assert [record.ppo_ref for record in order_held_twice(records, HOME_FIRST).records] == ["B", "C", "A"]
    assert sum(manager.lead for manager in list_managers_of_all(records, routing.leads).managers) == 1


def test_where_nobody_can_be_reached_from_any_record_nobody_leads(routing):
    records = [_record(POLICE_SILENT, ref="A"), _record(ref="B")]
    listed = list_managers_of_all(records, routing.leads)
    assert listed.lead is None
    assert any("ring the duty desk" in remark for remark in listed.remarks)


def test_which_ocu_leads_is_configuration(routing):
    assert routing.leads.held_twice == HOME_FIRST
