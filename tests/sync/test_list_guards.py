"""When a master list as a whole is not to be trusted."""

from datetime import UTC, datetime, timedelta

import pytest

from flagging.sync.guards import CurrentList, Guards, Recognisable, tripped_by_outcome, tripped_guards

DATED = datetime(2026, 3, 1, tzinfo=UTC)
LIMITS = Guards()


def people(first, last):
    return [{"ppo_ref": f"B{number}"} for number in range(first, last + 1)]


def names(read, current=None, dated=DATED, limits=LIMITS):
    return [guard for guard, _ in tripped_guards(read, dated, current, limits)]


def test_a_sound_first_list_trips_no_guard(read):
    assert names(read(*people(1, 5))) == []


@pytest.mark.parametrize(
    ("content", "guards"),
    [
        ("ppo_ref,status,family_name\n", ["empty"]),
        ("", ["columns", "empty"]),
        ("name,dob\nSample,1983-02-01\n", ["columns", "empty", "reject_rate"]),
        ('{"ppo_ref": "B1"}\n', ["columns", "empty", "reject_rate"]),
    ],
    ids=["header-only", "empty-file", "other-columns", "json-without-status"],
)
def test_an_empty_list_and_one_without_required_columns_are_refused(read_text, content, guards):
    assert names(read_text(content)) == guards


@pytest.mark.parametrize(("sound", "bad", "guards"), [(19, 1, []), (18, 1, ["reject_rate"])], ids=["at", "above"])
def test_more_rejected_rows_than_the_limit_are_refused(read, sound, bad, guards):
    rows = people(1, sound) + [{"ppo_ref": f"X{number}", "status": ""} for number in range(bad)]
    assert names(read(*rows)) == guards


@pytest.mark.parametrize(("left", "guards"), [(18, []), (17, ["count_drop"]), (30, [])], ids=["at", "below", "growth"])
def test_a_greater_fall_in_people_than_the_limit_is_refused(read, left, guards):
    assert names(read(*people(1, left)), CurrentList(20, DATED)) == guards


def test_one_person_repeated_does_not_hide_a_fall(read):
    assert names(read(*people(1, 5) * 4), CurrentList(20, DATED)) == ["count_drop"]


def test_an_older_list_than_the_current_one_is_refused_and_the_same_again_is_not(read):
    current = CurrentList(2, DATED)
    assert names(read(*people(1, 2)), current, DATED - timedelta(seconds=1)) == ["list_date"]
    assert names(read(*people(1, 2)), current, DATED) == []


def test_limits_are_settings(read):
    strict, lax = Guards(count_drop=0.0, reject_rate=0.0), Guards(count_drop=1.0, reject_rate=1.0)
    read = read(*people(1, 9), {"ppo_ref": ""})
    assert names(read, CurrentList(10, DATED), limits=strict) == ["reject_rate", "count_drop"]
    assert names(read, CurrentList(10, DATED), limits=lax) == []


def test_a_refusal_names_its_guard_and_the_numbers_but_nobody(read):
    ((guard, reason),) = tripped_guards(read(*people(1, 2)), DATED, CurrentList(20, DATED), LIMITS)
    assert guard == "count_drop"
    assert reason == "the list tells of 2 people, the last one of 20: a fall of more than 10%"


@pytest.mark.parametrize(
    ("before", "after", "is_refused"), [(100, 49, True), (100, 50, False), (3, 0, True), (0, 0, False)]
)
def test_a_list_that_unflags_most_people_at_once_is_refused(before, after, is_refused):
    assert [
        guard for guard, _ in tripped_by_outcome(Recognisable(before, 9, 9), Recognisable(after, 9, 9), LIMITS)
    ] == ["unflagged"] * is_refused


def test_a_list_that_lost_a_column_most_people_were_known_by_is_refused():
    before = Recognisable(10, 8, 10)
    assert [guard for guard, _ in tripped_by_outcome(before, Recognisable(10, 0, 10), LIMITS)] == ["identifiers"]
    assert [guard for guard, _ in tripped_by_outcome(before, Recognisable(10, 8, 1), LIMITS)] == ["birth_dates"]
    assert list(tripped_by_outcome(before, Recognisable(10, 4, 5), LIMITS)) == []
