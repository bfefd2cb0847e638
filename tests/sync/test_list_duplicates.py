"""Two rows with one reference: merged where they agree, otherwise the last good record; nobody is left off."""

import pytest

from flagging.sync.merge import merge
from flagging.terms import Scheme, Sex, Status

OTHER_PERSON = {"family_name": "Quill", "given_names": "Jo", "date_of_birth": "1990-05-05", "pnc_id": ""}
CONTRADICTIONS = {
    "other-person": OTHER_PERSON,
    "other-birth-date": {"date_of_birth": "1990-05-05"},
    "other-name": {"family_name": "Quill"},
}


@pytest.fixture
def known(read, today):
    """What rows come to when they are the first list of all, by reference."""

    def known(*rows):
        return {record.ppo_ref: record for record in merge(read(*rows), {}, today, 365).records}

    return known


@pytest.fixture
def merged(read, today):
    """Merge a list of rows into previous records."""

    def merged(previous, *rows):
        return merge(read(*rows), previous, today, 365)

    return merged


def by_ref(merged):
    return {record.ppo_ref: record for record in merged.records}


def test_two_rows_that_agree_are_merged(merged):
    result = merged(
        {},
        {"pnc_id": "", "postcode": "BM1 1AA", "aliases": "ASH, Al", "stage": "in_custody"},
        {"given_names": "", "family_name": "", "crn": "X123456", "aliases": "BAZ", "sex": "male"},
    )
    (record,) = result.records
    assert [held.canonical for held in record.identity.identifiers] == ["2001/0171310W", "X123456"]
    assert [persona.name.family for persona in record.identity.personas] == [("sample",), ("ash",), ("baz",)]
    assert (record.identity.postcode, record.sex) == ("BM1 1AA", Sex.MALE)
    assert ("ppo_ref", "2 rows with this reference are merged") in [(w.field, w.reason) for w in result.warnings]
    assert result.caveats == ()


def test_a_number_that_one_row_says_for_certain_is_in_doubt_by_no_other_whichever_comes_first(merged):
    doubtful = {"pnc_id": "", "cro_number": "01000001Q"}
    certain = {"pnc_id": "2001/0000001Q", "cro_number": "010000/01Q"}
    for rows in ((doubtful, certain), (certain, doubtful)):
        (record,) = merged({}, *rows).records
        assert [held.is_one_of_two for held in record.identity.identifiers] == [False, False]
    (record,) = merged({}, doubtful, doubtful).records
    assert [held.is_one_of_two for held in record.identity.identifiers] == [True, True]


def test_a_field_on_which_two_rows_differ_keeps_the_last_good_value(known, merged):
    previous = known({"home_ocu": "F2"})
    result = merged(previous, {"home_ocu": "F1", "stage": "supervised"}, {"home_ocu": "F2", "stage": "supervised"})
    (record,) = result.records
    assert (record.home_ocu, record.stage) == ("F2", "supervised")
    assert "home_ocu" in [warning.field for warning in result.warnings]


def test_without_a_last_good_value_a_field_on_which_two_rows_differ_is_blank(merged):
    (record,) = merged({}, {"police_om_name": "Pat"}, {"police_om_name": "Sam"}).records
    assert record.managers == ()


def test_a_ppo_row_is_not_turned_into_another_scheme_by_a_second_one(merged):
    (record,) = merged({}, {"scheme": "PPO"}, {"scheme": "POPP"}).records
    assert record.scheme is Scheme.PPO


@pytest.mark.parametrize("second", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_two_rows_of_different_people_leave_the_last_good_record_and_a_caveat(known, merged, second):
    previous = known({})
    result = merged(previous, {"stage": "in_custody"}, second)
    assert by_ref(result) == previous
    reason = "2 rows with this reference contradict each other; the last good record stays"
    assert [(w.line, w.reason) for w in result.warnings if w.field == "ppo_ref"] == [(2, reason), (3, reason)]
    assert result.caveats == ("1 row of the master list could not be read",)


@pytest.mark.parametrize("statuses", [("active", "removed"), ("removed", "active")], ids="-then-".join)
def test_two_rows_that_disagree_on_the_status_leave_the_last_good_record(known, merged, statuses):
    previous = known({})
    result = merged(previous, *({"status": status, "removed_on": "2026-03-01"} for status in statuses))
    assert by_ref(result) == previous
    assert result.caveats == ()


@pytest.mark.parametrize("order", [1, -1], ids=["in-order", "reversed"])
@pytest.mark.parametrize("second", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_whoever_contradicting_rows_of_a_new_reference_name_is_held(merged, second, order):
    """Each row says that its person is a PPO: leaving them off would be a no to both until somebody mends it."""
    rows = [{"pnc_id": "2001/0171310W", "home_ocu": "F1"}, {"pnc_id": "", "crn": "X123456", "home_ocu": "F2"} | second]
    result = merged({}, *rows[::order])
    (record,) = result.records
    assert record.status is Status.ACTIVE
    assert {(each.name.family[0], each.born.year) for each in record.identity.personas} == {
        ("sample", 1983),
        (second.get("family_name", "Sample").lower(), int(second.get("date_of_birth", "1983")[:4])),
    }
    assert {held.canonical for held in record.identity.identifiers} == {"2001/0171310W", "X123456"}
    assert record.home_ocu is None, "whose it is cannot be told"
    assert result.caveats == ()
    reason = "2 rows with this reference contradict each other; whoever they name is held until it is mended"
    assert [(w.line, w.field) for w in result.warnings if w.reason == reason] == [(2, "ppo_ref"), (3, "ppo_ref")]


@pytest.mark.parametrize("second", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_they_stay_held_so_without_a_caveat_until_it_is_mended(merged, second):
    rows = ({}, second)
    first = merged({}, *rows)
    again = merged(by_ref(first), *rows)
    assert again.is_unchanged
    assert again.caveats == ()
    mended = merged(by_ref(again), {}, second | {"ppo_ref": "BHM-0009"})
    assert [len(record.identity.personas) for record in mended.records] == [1, 1]


def test_the_order_of_contradicting_rows_decides_nothing(merged):
    assert merged({}, {}, OTHER_PERSON).records == merged({}, OTHER_PERSON, {}).records


@pytest.mark.parametrize("statuses", [("active", "removed"), ("removed", "active")], ids="-then-".join)
def test_somebody_new_whom_one_row_calls_active_is_held_as_active(merged, statuses):
    result = merged({}, *({"status": status} for status in statuses))
    assert [record.status for record in result.records] == [Status.ACTIVE]
    assert result.caveats == ()


def test_a_row_that_names_a_known_alias_speaks_of_nobody_unread(known, merged):
    previous = known({"aliases": "QUILL, Jo [1990-05-05]"})
    result = merged(previous, {}, OTHER_PERSON)
    assert by_ref(result) == previous
    assert result.caveats == ()


def test_three_rows_are_merged_like_two(merged):
    result = merged({}, {}, {"crn": "X123456"}, {"crn": "X654321"})
    assert len(result.records[0].identity.identifiers) == 3


def test_the_order_of_rows_with_one_reference_decides_nothing_contested(merged):
    rows = ({"police_om_phone": "0121 496 0001"}, {"police_om_phone": "0121 496 0002"}, {"postcode": "BM1 1AA"})
    forwards, backwards = merged({}, *rows).records, merged({}, *reversed(rows)).records
    assert forwards == backwards
