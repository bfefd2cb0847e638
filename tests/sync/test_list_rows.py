"""What a row of the master list comes to: a record, what was left aside of it, or a rejection."""

import dataclasses

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flagging.configuration.master_list import FIELDS
from flagging.identity.person import BirthDate, Persona, PersonName
from flagging.sync.raw_row import RawRow
from flagging.sync.reading import MOST_ETHNICITIES, count_ethnicity
from flagging.sync.row_schema import MOST_ALIASES, build_row_schema
from flagging.sync.rows import Accepted, Rejected, parse_row
from flagging.terms import Agency, Need, Scheme, Sex, Stage, Status

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
NAMELESS = {"family_name": "", "given_names": "", "pnc_id": ""}


def accepted(read, **row):
    (only,) = read(row).accepted
    return only


def rejected(read, **row):
    (only,) = read(row).rejected
    return only


def told(row):
    return [(warning.field, warning.reason) for warning in row.warnings]


def test_a_row_without_fault_becomes_a_record_without_warning(read):
    row = accepted(read)
    assert row.warnings == ()
    assert row.record.identity.personas == (Persona(PersonName(("alex",), ("sample",)), BirthDate(1983, 2, 1)),)
    assert [held.canonical for held in row.record.identity.identifiers] == ["2001/0171310W"]


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("status", "removed", Status.FORMER),
        ("sex", "not recorded", Sex.NOT_RECORDED),
        ("sex", "Female", Sex.FEMALE),
        ("scheme", "chrysalis", Scheme.CHRYSALIS),
        ("scheme", "", Scheme.PPO),
        ("home_ocu", "f2", "F2"),
        ("stage", "In custody", Stage.IN_CUSTODY),
        ("stage", "", None),
        ("statutory", "TRUE", True),
        ("statutory", "false", False),
        ("drug_treatment_need", "yes", Need.YES),
        ("drug_treatment_provider", "Drug Solutions", "Drug Solutions"),
        ("updated_at", "2026-02-01T10:00:00+00:00", "2026-02-01T10:00:00+00:00"),
        ("updated_at", "2026-02-01", "2026-02-01T00:00:00"),
    ],
)
def test_words_are_read_whatever_their_case(read, field, text, value):
    row = accepted(read, **{field: text})
    assert getattr(row.record, field) == value
    assert row.warnings == ()


@pytest.mark.parametrize(
    ("row", "field", "value_class", "reason"),
    [
        ({"ppo_ref": " "}, "ppo_ref", "blank", "is missing"),
        ({"ppo_ref": "B" * 33}, "ppo_ref", "text of 33 characters", "is longer than 32 characters"),
        ({"status": ""}, "status", "blank", "is missing"),
        ({"status": "live"}, "status", "text of 4 characters", "is none of active, removed"),
        (NAMELESS, "family_name", "blank", "is missing"),
        ({"status": "1"}, "status", "digits, 1", "is none of active, removed"),
        ({"status": "\x00\u200b"}, "status", "control characters", "is missing"),
        ({"status": " \t"}, "status", "blank", "is missing"),
        ({"status": "acti\ufffde"}, "status", "undecodable text", "holds bytes that are not of the list's encoding"),
        ({"ppo_ref": "B" * 20_000}, "ppo_ref", "text of 20000 characters", "is longer than 10000 characters"),
        (NAMELESS | {"family_name": "Unknown"}, "family_name", "placeholder", "is a placeholder"),
        (NAMELESS | {"given_names": "N/K"}, "given_names", "placeholder", "is a placeholder"),
        (NAMELESS | {"pnc_id": "000000/00Z"}, "family_name", "blank", "is missing"),
        (NAMELESS | {"aliases": "[1983-02-01]"}, "family_name", "blank", "is missing"),
    ],
)
def test_a_row_without_usable_reference_status_or_name_is_rejected(read, row, field, value_class, reason):
    row = rejected(read, **row)
    assert (row.line, row.field, row.value_class, row.reason) == (2, field, value_class, reason)


def test_a_rejected_row_keeps_its_reference_where_that_can_be_read(read):
    assert rejected(read, status="live").ppo_ref == "BHM-0001"
    assert rejected(read, ppo_ref="").ppo_ref is None


@pytest.mark.parametrize(
    "row",
    [
        {"family_name": "Sample"},
        {"given_names": "Alex"},
        {"pnc_id": "01/171310W"},
        {"pnc_id": "2001/0171310S"},
        {"prison_number": "A1234BC"},
        {"crn": "X123456"},
        {"cro_number": "65656/91H"},
        {"aliases": "SAMPLE, Alex"},
    ],
    ids="-".join,
)
def test_one_usable_name_or_an_identifier_is_enough(read, row):
    assert accepted(read, **NAMELESS | row)


def test_a_placeholder_name_counts_as_missing_with_a_warning(read):
    row = accepted(read, family_name="Unknown")
    assert row.record.identity.personas[0].name == PersonName(("alex",), ())
    assert told(row) == [("family_name", "placeholder")]


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [
        ("date_of_birth", "1983-13-01", "no such date"),
        ("date_of_birth", "2090-01-01", "in the future"),
        ("date_of_birth", "01/02/1983", "not an ISO date"),
        ("sex", "m", "is none of male, female, other, not_recorded"),
        ("postcode", "B1", "not a full UK postcode"),
        ("scheme", "PPPO", "is none of ppo, popp, chrysalis"),
        ("home_ocu", "Z9", "is no OCU of the directory"),
        ("offending_ocu", "Z9", "is no OCU of the directory"),
        ("stage", "away", "is none of at_liberty, in_court_process, in_custody, supervised"),
        ("statutory", "perhaps", "is none of true, false"),
        ("probation_om_phone", "ask Pat", "is not a telephone number"),
        ("probation_om_email", "pat at example", "is not an e-mail address"),
        ("drug_treatment_need", "some", "is none of yes, no, unknown"),
        ("drug_treatment_provider", "x" * 121, "is longer than 120 characters"),
        ("family_name", "x" * 201, "is longer than 200 characters"),
        ("given_names", "x" * 20_000, "is longer than 10000 characters"),
        ("ethnicity", "<b>", "is not an ethnic group or its code"),
        ("ethnicity", "x" * 81, "is not an ethnic group or its code"),
        ("added_on", "yesterday", "is not a date in a configured form"),
        ("review_on", "1899-01-01", "is before 1900"),
        ("removed_on", "2026-02-30", "is not a date in a configured form"),
        ("removed_on", "2026-03-03", "is in the future"),
        ("updated_at", "noon", "is not a date in a configured form"),
        ("crn", "12", "not a CRN"),
    ],
)
def test_any_other_fault_blanks_its_field_with_one_warning(read, field, text, reason):
    row = accepted(read, **{field: text})
    assert told(row) == [(field, reason)]
    assert row.warnings[0].ppo_ref == "BHM-0001"
    assert row.warnings[0].line == 2


@pytest.mark.parametrize(
    ("row", "warning"),
    [
        ({"date_of_birth": ""}, ("date_of_birth", "is missing")),
        ({"home_ocu": ""}, ("home_ocu", "is missing")),
        ({"offending_ocu": ""}, ("offending_ocu", "is missing")),
        ({"police_om_phone": ""}, ("offender_manager", "has no usable contact")),
        ({"police_om_phone": "", "police_om_name": ""}, ("offender_manager", "has no usable contact")),
        ({"pnc_id": "2001/0171310S"}, ("pnc_id", "check letter is wrong or missing")),
        ({"removed_on": "2026-01-01"}, ("removed_on", "is given for an active person")),
    ],
)
def test_what_makes_an_answer_poorer_is_a_warning(read, row, warning):
    assert told(accepted(read, **row)) == [warning]


def test_a_wrong_check_letter_is_kept_as_unverified(read):
    (held,) = accepted(read, pnc_id="2001/0171310S").record.identity.identifiers
    assert held.verified is False


def test_several_identifiers_of_every_kind_are_kept_and_bad_ones_told(read):
    row = accepted(read, pnc_id="01/171310W; NONE ;0273319Z", crn="X123456;X654321", cro_number="65656/91H")
    kept = [held.canonical for held in row.record.identity.identifiers]
    assert kept == ["2001/0171310W", "2002/0073319Z", "065656/91H", "X123456", "X654321"]
    assert told(row) == [("pnc_id", "placeholder")]


def test_identifiers_on_lines_of_their_own_are_apart(read):
    held = accepted(read, pnc_id="01/171310W\n0273319Z").record.identity.identifiers
    assert [each.canonical for each in held] == ["2001/0171310W", "2002/0073319Z"]


def test_an_identifier_that_stands_in_two_fields_is_held_once(read):
    held = accepted(read, cro_number="2001/0171310W").record.identity.identifiers
    assert [each.canonical for each in held] == ["2001/0171310W"]


def test_the_date_of_birth_settles_the_century_of_a_pnc_id(read):
    (held,) = accepted(read, pnc_id="45/1A", date_of_birth="1930-01-01").record.identity.identifiers
    assert held.canonical.startswith("1945/")


def test_a_person_known_by_an_alias_alone_has_no_empty_identity_beside_it(read):
    row = accepted(read, **NAMELESS, date_of_birth="", aliases="QUILL, Jo")
    assert row.record.identity.personas == (Persona(PersonName(("jo",), ("quill",)), None),)


def test_each_alias_is_one_identity_with_its_own_date_of_birth(read):
    row = accepted(read, aliases="O'NEILL, Jo Ann [1982-01-02]; BAZ ;QUILL, Jo [1982]; QUILL, Jo [1982]")
    assert row.record.identity.personas[1:] == (
        Persona(PersonName(("jo", "ann"), ("oneill",)), BirthDate(1982, 1, 2)),
        Persona(PersonName((), ("baz",)), None),
        Persona(PersonName(("jo",), ("quill",)), BirthDate(1982)),
    )
    assert row.warnings == ()


@pytest.mark.parametrize(
    ("aliases", "names", "warnings"),
    [
        ("SAMPLE, Al [1983-13-01]", 1, [("aliases", "alias 1: date of birth no such date")]),
        ("UNKNOWN, N/K; QUILL, Jo", 1, [("aliases", "alias 1: placeholder")]),
        ("QUILL, Jo] [; ASH, Al", 1, [("aliases", "alias 1: has no name")]),
    ],
    ids=["bad-date-keeps-name", "placeholder", "malformed"],
)
def test_a_fault_in_one_alias_leaves_the_others(read, aliases, names, warnings):
    row = accepted(read, aliases=aliases)
    assert len(row.record.identity.personas) == 1 + names
    assert told(row) == warnings


def test_aliases_are_bounded(read):
    row = accepted(read, aliases="; ".join(f"QUILL, Jo{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(60)))
    assert len(row.record.identity.personas) == 1 + MOST_ALIASES
    assert told(row) == [("aliases", "more than 50 aliases: the rest is not read")]


def test_both_agencies_may_manage_one_person(read):
    row = accepted(read, probation_om_name="Sam Instance", probation_om_email="sam@example.org")
    assert {manager.agency: manager.is_reachable for manager in row.record.managers} == dict.fromkeys(Agency, True)


def test_iso_days_are_read_whatever_forms_are_configured(read_text, form):
    own = dataclasses.replace(form, date_formats=("%d/%m/%Y",))
    header = "ppo_ref,status,family_name,removed_on,updated_at\n"
    (row,) = read_text(header + "B1,removed,Quill,2025-04-03,03/04/2025\n", own).accepted
    assert row.record.removed_on.isoformat() == "2025-04-03"
    assert row.record.updated_at == "2025-04-03"


def test_a_day_in_a_configured_form_is_read_and_iso_still_is(read_text, form):
    own = dataclasses.replace(form, date_formats=("%d/%m/%Y",))
    header = "ppo_ref,status,family_name,date_of_birth,removed_on\n"
    read = read_text(header + "B1,removed,Quill,01/02/1983,3/4/2025\nB2,removed,Quill,1983-02,\n", own)
    births = [row.record.identity.personas[0].born for row in read.accepted]
    assert births == [BirthDate(1983, 2, 1), BirthDate(1983, 2)]
    assert read.accepted[0].record.removed_on.isoformat() == "2025-04-03"


def test_invisible_and_direction_characters_are_no_part_of_a_value(read):
    row = accepted(
        read, ppo_ref="\u202eBHM\u200b-0001\x00", status="\ufeffactive", police_om_name="Pat\u2028\x07 Example"
    )
    assert row.record.ppo_ref == "BHM-0001"
    assert row.record.managers[0].name == "Pat Example"
    assert row.warnings == ()


def test_bytes_that_are_not_utf_8_cost_their_field(read_text):
    read = read_text("ppo_ref,status,family_name,given_names\nB1,active,Mu\xf1oz,Jo\n".encode("latin-1"))
    (row,) = read.accepted
    assert row.record.identity.personas[0].name == PersonName(("jo",), ())
    assert ("family_name", "holds bytes that are not of the list's encoding") in told(row)
    (warning,) = read.warnings
    assert (warning.field, "cp1252" in warning.reason) == ("encoding", True)


def test_json_values_are_read_as_their_text_and_structures_are_refused(read_text):
    (row,) = read_text(
        '{"ppo_ref": 42, "status": "active", "family_name": "Quill", "statutory": true, "stage": ["x"], "crn": null}'
    ).accepted
    assert (row.record.ppo_ref, row.record.statutory) == ("42", True)
    assert ("stage", "is not text") in told(row)


@pytest.mark.parametrize(
    ("value", "value_class"),
    [("[1]", "not text"), ("{}", "not text"), ("12345678901234567890123", "rounded number"), ("1e400", "unreadable")],
)
def test_what_json_may_hold_in_place_of_a_reference_is_told_by_its_class(read_text, value, value_class):
    (row,) = read_text(f'{{"ppo_ref": {value}, "status": "active", "family_name": "Quill"}}').rejected
    assert row.value_class == value_class


def test_a_row_whose_values_cannot_be_told_apart_is_rejected_with_its_reference(read_text):
    (row,) = read_text("ppo_ref,status,family_name\nB1,active,Sample,Jr\n").rejected
    assert (row.ppo_ref, row.field, row.reason) == ("B1", "row", "has more columns than the header")


def test_ethnicity_is_kept_beside_the_record_for_counting_only(read):
    row = accepted(read, ethnicity="White")
    assert row.ethnicity == "White"
    assert "White" not in repr(row.record)


def test_a_column_of_more_values_than_there_are_ethnicities_is_not_told_by_its_values(read):
    def counted(kinds):
        return count_ethnicity(
            read(*({"ppo_ref": f"B{at}", "ethnicity": f"Kind {at % kinds}"} for at in range(90))).accepted
        )

    assert len(counted(MOST_ETHNICITIES)) == MOST_ETHNICITIES
    assert counted(MOST_ETHNICITIES + 1) == {"not counted: too many different values": 90}


def test_unknown_columns_are_one_warning(read_text):
    read = read_text("ppo_ref,status,family_name,shoe size,hat\nB1,active,Quill,9,\n")
    (warning,) = read.warnings
    assert (warning.line, warning.field, warning.reason) == (None, "header", "unknown columns: hat, shoe size")


HOSTILE = (
    st.text(max_size=60)
    | st.text(st.characters(categories=("Cc", "Cf", "Co", "Mn")), max_size=20)
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.lists(st.text(), max_size=2)
    | st.dictionaries(st.text(), st.text(), max_size=2)
    | st.sampled_from(
        ["active", "1983-02-01", "01/171310W", "SAMPLE, Alex [1983]", "x" * 1_000_000, "[" * 9000, ";" * 9000]
    )
)


@pytest.fixture(scope="module")
def schema(form, today):
    return build_row_schema(form, frozenset({"F1"}), today)


@UNHURRIED
@given(st.dictionaries(st.sampled_from(FIELDS), HOSTILE))
def test_no_row_crashes_and_every_row_is_accounted_for(schema, values):
    row = parse_row(RawRow(7, values), schema)
    assert isinstance(row, Accepted | Rejected)
    assert row.line == 7


@UNHURRIED
@given(value=st.text("QXJqxj0123456789!?", min_size=12, max_size=300), field=st.sampled_from(FIELDS))
def test_no_warning_or_reason_repeats_a_value(read, value, field):
    listed = read({field: value})
    reasons = [w.reason for row in listed.accepted for w in row.warnings] + [row.reason for row in listed.rejected]
    assert not any(value in reason for reason in reasons)
