"""Who stands in the next edition: absence is never removal, and a bad row costs nobody the last good record."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from flagging.record import Manager
from flagging.register.wire import pack_record, unpack_record
from flagging.sync.merge import has_expired, merge
from flagging.terms import Agency, Status

FORMER_DAYS = 365
OTHER_PERSON = {"family_name": "Quill", "given_names": "Jo", "date_of_birth": "1990-05-05", "pnc_id": ""}


@pytest.fixture
def known(read, today):
    """What rows come to when they are the first list of all, by reference."""

    def known(*rows):
        return {record.ppo_ref: record for record in merge(read(*rows), {}, today, FORMER_DAYS).records}

    return known


@pytest.fixture
def merged(read, today):
    """Merge a list of rows into previous records."""

    def merged(previous, *rows, on=today):
        return merge(read(*rows), previous, on, FORMER_DAYS)

    return merged


def by_ref(merged):
    return {record.ppo_ref: record for record in merged.records}


def test_records_stand_in_order_of_their_references(merged):
    assert [record.ppo_ref for record in merged({}, {"ppo_ref": "B2"}, {"ppo_ref": "B1"}).records] == ["B1", "B2"]


def test_added_changed_and_removed_people_are_told_apart(known, merged):
    previous = known({"ppo_ref": "B1"}, {"ppo_ref": "B2"}, {"ppo_ref": "B3"})
    result = merged(
        previous,
        {"ppo_ref": "B1"},
        {"ppo_ref": "B2", "stage": "in_custody"},
        {"ppo_ref": "B3", "status": "removed", "removed_on": "2026-03-01"},
        {"ppo_ref": "B4"},
    )
    assert (result.added, result.changed, result.removed) == (("B4",), ("B2",), ("B3",))
    assert not result.is_unchanged


def test_the_same_list_again_changes_nothing(known, merged):
    rows = ({"ppo_ref": "B1"}, {"ppo_ref": "B2", "status": "removed"})
    assert merged(known(*rows), *rows).is_unchanged


def test_whoever_has_not_changed_is_the_very_record_of_before(known, merged):
    previous = known({"ppo_ref": "B1"}, {"ppo_ref": "B2"}, {"ppo_ref": "B3"})
    result = by_ref(merged(previous, {"ppo_ref": "B1"}, {"ppo_ref": "B2", "stage": "in_custody"}))
    assert [ref for ref, record in result.items() if record is previous[ref]] == ["B1"]
    assert (result["B2"].stage, result["B3"].missing_since is None) == ("in_custody", False)


def test_that_a_text_may_be_read_in_two_ways_is_published_though_nobody_has_changed_by_that(known, merged):
    two_ways = {"ppo_ref": "B1", "pnc_id": "", "cro_number": "01000001Q"}
    (read,) = known(two_ways).values()
    assert any(each.is_one_of_two for each in read.identity.identifiers)
    loaded = unpack_record(pack_record(read)[:-1])
    assert loaded == read
    result = merged({"B1": loaded}, two_ways)
    assert [each.is_one_of_two for each in result.records[0].identity.identifiers] == [
        each.is_one_of_two for each in read.identity.identifiers
    ]
    assert not result.is_unchanged
    assert result.changed == ()
    assert merged({"B1": read}, two_ways).is_unchanged


def test_somebody_added_or_erased_is_a_change_though_everybody_else_is_the_same(known, merged, today):
    previous = known({"ppo_ref": "B1"}, {"ppo_ref": "B2", "status": "removed"})
    assert not merged(previous, {"ppo_ref": "B1"}, {"ppo_ref": "B3"}).is_unchanged
    assert not merged(previous, {"ppo_ref": "B1"}, on=today + timedelta(days=FORMER_DAYS + 1)).is_unchanged


# -- absence ---------------------------------------------------------------------------------------------------------


def test_absence_is_never_removal(known, merged, today):
    previous = known({"ppo_ref": "B1"}, {"ppo_ref": "B2"})
    result = merged(previous, {"ppo_ref": "B1"})
    assert by_ref(result)["B2"] == replace(previous["B2"], missing_since=today)
    assert result.missing == ("B2",)
    assert (result.removed, result.erased, result.changed) == ((), (), ())
    assert not result.is_unchanged


def test_a_missing_person_is_missing_since_the_first_day(known, merged, today):
    first = by_ref(merged(known({"ppo_ref": "B1"}, {"ppo_ref": "B2"}), {"ppo_ref": "B1"}))
    later = merged(first, {"ppo_ref": "B1"}, on=today + timedelta(days=900))
    assert by_ref(later)["B2"].missing_since == today
    assert later.is_unchanged


def test_a_person_back_on_the_list_is_no_longer_missing(known, merged):
    previous = known({"ppo_ref": "B1"})
    missing = {"B1": replace(previous["B1"], missing_since=date(2026, 1, 1))}
    result = merged(missing, {"ppo_ref": "B1"})
    assert by_ref(result) == previous
    assert result.missing == ()


def test_a_former_person_absent_from_the_list_stays_former_and_is_not_missing(known, merged):
    previous = known({"ppo_ref": "B1", "status": "removed", "removed_on": "2026-01-01"})
    result = merged(previous, {"ppo_ref": "B2"})
    assert by_ref(result)["B1"] == previous["B1"]
    assert result.missing == ()


# -- former people ---------------------------------------------------------------------------------------------------


def test_a_removal_without_a_day_counts_from_the_day_it_was_first_seen(known, merged, today):
    row = {"ppo_ref": "B1", "status": "removed"}
    previous = known(row)
    assert previous["B1"].removed_on == today
    assert by_ref(merged(previous, row, on=today + timedelta(days=30)))["B1"].removed_on == today


def test_a_person_removed_again_without_a_day_counts_anew(known, merged, today):
    active_with_old_day = known({"ppo_ref": "B1", "removed_on": "2020-01-01"})
    result = merged(active_with_old_day, {"ppo_ref": "B1", "status": "removed"})
    assert by_ref(result)["B1"].removed_on == today


@pytest.mark.parametrize("removed_on", ["2001-01-01", "2025-02-28"], ids=["years-ago", "just-too-long-ago"])
def test_a_day_that_would_erase_somebody_at_once_counts_from_when_it_was_first_seen(known, merged, today, removed_on):
    row = {"ppo_ref": "B1", "status": "removed", "removed_on": removed_on}
    result = merged(known({"ppo_ref": "B1"}), row)
    assert (result.removed, result.erased, by_ref(result)["B1"].removed_on) == (("B1",), (), today)
    assert [warning.field for warning in result.warnings] == ["removed_on"]
    later = merged(by_ref(result), row, on=today + timedelta(days=200))
    assert by_ref(later)["B1"].removed_on == today
    assert later.is_unchanged
    assert merged(by_ref(result), row, on=today + timedelta(days=366)).erased == ("B1",)


def test_a_day_set_back_by_years_for_a_former_person_does_not_erase_at_once_either(known, merged, today):
    previous = known({"ppo_ref": "B1", "status": "removed", "removed_on": "2026-01-01"})
    result = merged(previous, {"ppo_ref": "B1", "status": "removed", "removed_on": "2016-01-01"})
    assert by_ref(result)["B1"].removed_on == date(2026, 1, 1)


def test_a_day_that_is_mended_counts(known, merged, today):
    previous = by_ref(
        merged(known({"ppo_ref": "B1"}), {"ppo_ref": "B1", "status": "removed", "removed_on": "2001-01-01"})
    )
    result = merged(previous, {"ppo_ref": "B1", "status": "removed", "removed_on": "2026-02-01"})
    assert by_ref(result)["B1"].removed_on == date(2026, 2, 1)
    assert result.warnings == ()


@pytest.mark.parametrize(("days", "is_gone"), [(365, False), (366, True)])
def test_a_former_person_is_erased_when_the_days_have_passed(known, merged, today, days, is_gone):
    removed_on = today - timedelta(days=days)
    row = {"ppo_ref": "B1", "status": "removed", "removed_on": removed_on.isoformat()}
    kept = replace(known({"ppo_ref": "B1"})["B1"], status=Status.FORMER, removed_on=removed_on)
    assert has_expired(kept, today, FORMER_DAYS) is is_gone
    for result in (merged({"B1": kept}, row), merged({"B1": kept}, {"ppo_ref": "B2"})):
        assert ("B1" not in by_ref(result)) is is_gone
        assert (result.erased == ("B1",)) is is_gone


def test_somebody_removed_long_ago_never_enters_and_is_not_reported_as_erased(merged):
    result = merged({}, {"ppo_ref": "B1", "status": "removed", "removed_on": "2001-01-01"})
    assert (result.records, result.erased, result.added) == ((), (), ())
    assert result.warnings == ()


def test_whoever_cannot_be_erased_yet_stays_former_and_it_is_told(known, read, today):
    kept = known({"ppo_ref": "B1", "status": "removed", "removed_on": "2026-01-01"})
    later = today + timedelta(days=900)
    result = merge(read({"ppo_ref": "B2"}), kept, later, FORMER_DAYS, erases=False)
    assert (by_ref(result)["B1"], result.erased) == (kept["B1"], ())
    assert [warning.reason for warning in result.warnings] == ["1 people are due, but it cannot be recorded"]


def test_a_removal_in_the_farthest_future_is_no_trouble(merged):
    assert len(merged({}, {"status": "removed", "removed_on": "9999-12-31"}).records) == 1


def test_an_active_person_is_never_erased(known, today):
    active = known({"ppo_ref": "B1", "removed_on": "2001-01-01"})["B1"]
    assert not has_expired(active, today, FORMER_DAYS)


# -- rejected rows ---------------------------------------------------------------------------------------------------


def test_a_rejected_row_of_a_known_person_keeps_the_last_good_record_without_caveat(known, merged):
    previous = known({"ppo_ref": "B1"})
    result = merged(previous, {"ppo_ref": "B1", "status": "???"})
    assert by_ref(result) == previous
    assert (result.caveats, result.missing) == ((), ())


@pytest.mark.parametrize(
    ("rows", "caveat"),
    [
        ([{"ppo_ref": "B8", "status": "?"}], "1 row of the master list could not be read"),
        ([{"ppo_ref": "B8", "status": "?"}, {"ppo_ref": ""}], "2 rows of the master list could not be read"),
    ],
    ids=["one", "two"],
)
def test_an_unread_row_of_nobody_known_is_a_caveat(known, merged, rows, caveat):
    assert merged(known({"ppo_ref": "B1"}), {"ppo_ref": "B1"}, *rows).caveats == (caveat,)


def test_a_rejected_row_of_somebody_new_who_has_a_good_one_too_is_no_caveat(merged):
    result = merged({}, {"ppo_ref": "B8"}, {"ppo_ref": "B8", "status": "?"})
    assert (len(result.records), result.caveats) == (1, ())


def test_a_caveat_goes_when_the_row_is_mended(known, merged):
    assert merged(known({"ppo_ref": "B1"}), {"ppo_ref": "B1"}, {"ppo_ref": "B8"}).caveats == ()


def test_warnings_of_rows_and_list_are_carried_on(merged):
    assert [(w.line, w.field) for w in merged({}, {"sex": "?"}).warnings] == [(2, "sex")]


def test_managers_of_the_list_stand_on_the_record(merged):
    (record,) = merged({}, {}).records
    assert record.managers == (Manager(Agency.POLICE, "Pat Example", "0121 496 0101", None),)
