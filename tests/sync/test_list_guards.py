"""When a master list as a whole is not to be trusted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from editions import person

from flagging.identity.person import BirthDate, Identifier, IdentifierKind, Identity, Persona, PersonName
from flagging.record import Manager
from flagging.sync.guards import CurrentList, Guards, tripped_by_list, tripped_by_outcome
from flagging.terms import Agency, Need, Scheme, Sex, Stage, Status

DATED = datetime(2026, 3, 1, tzinfo=UTC)
LIMITS = Guards()
PPO = frozenset({Scheme.PPO})


# -- by the list alone -----------------------------------------------------------------------------------------------


def people(first, last):
    return [{"ppo_ref": f"B{number}"} for number in range(first, last + 1)]


def names(read, current=None, dated=DATED, limits=LIMITS):
    return [guard for guard, _ in tripped_by_list(read, dated, current, limits)]


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


@pytest.mark.parametrize(("listed", "fewest", "guards"), [(9, 10, ["empty"]), (10, 10, []), (0, 0, [])])
def test_how_few_people_count_as_none_is_a_setting(read, listed, fewest, guards):
    assert names(read(*people(1, listed)), limits=Guards(fewest=fewest)) == guards


def test_a_list_that_provably_ends_in_the_middle_of_a_row_is_refused(read_text):
    whole = "ppo_ref,status,family_name,given_names\n" + "".join(f"B{each},active,Sample,Alex\n" for each in range(100))
    assert names(read_text(whole)) == []
    assert names(read_text(whole[:-1])) == []
    assert names(read_text(whole[:-12])) == ["cut_short"]


@pytest.mark.parametrize(("was_open_ended", "guards"), [(False, ["cut_short"]), (True, []), (None, [])])
@pytest.mark.parametrize("kept", [-1, -2, -5])
def test_a_list_that_does_not_end_its_last_line_as_the_last_one_did_may_be_cut_short(
    read_text, kept, was_open_ended, guards
):
    whole = "ppo_ref,status,family_name\n" + "".join(f"B{each},active,Sample\n" for each in range(100))
    current = CurrentList(100, DATED, is_open_ended=was_open_ended)
    assert names(read_text(whole), current) == []
    assert names(read_text(whole[:kept]), current) == guards


def test_of_json_lines_it_can_be_told_whether_the_last_value_is_whole(read_text):
    whole = "".join(f'{{"ppo_ref": "B{each}", "status": "active", "family_name": "Sample"}}\n' for each in range(100))
    current = CurrentList(100, DATED, is_open_ended=False)
    assert names(read_text(whole[:-1]), current) == []
    assert names(read_text(whole[:-2]), current) == ["cut_short"]


def test_a_list_in_several_files_that_lost_one_is_refused(read):
    both = replace(read(*people(1, 2)), file_names=("F1.csv", "F2.csv"))
    assert names(both, CurrentList(2, DATED, ("F1.csv",))) == []
    assert names(both, CurrentList(2, DATED, ("F1.csv", "F2.csv", "F3.csv"))) == ["files"]


@pytest.mark.parametrize(("sound", "bad", "guards"), [(19, 1, []), (18, 1, ["reject_rate"])], ids=["at", "above"])
def test_more_rejected_rows_than_the_limit_are_refused(read, sound, bad, guards):
    rows = people(1, sound) + [{"ppo_ref": f"X{number}", "status": ""} for number in range(bad)]
    assert names(read(*rows)) == guards


@pytest.mark.parametrize(("left", "guards"), [(18, []), (17, ["count_drop"]), (30, [])], ids=["at", "below", "growth"])
def test_a_greater_fall_in_people_than_the_limit_is_refused(read, left, guards):
    assert names(read(*people(1, left)), CurrentList(20, DATED)) == guards


def test_one_person_repeated_does_not_hide_a_fall(read):
    assert names(read(*people(1, 5) * 4), CurrentList(20, DATED)) == ["count_drop"]


@pytest.mark.parametrize(
    ("older", "allowed", "guards"), [(1, 0, ["list_date"]), (0, 0, []), (60, 60, []), (61, 60, ["list_date"])]
)
def test_an_older_list_than_the_current_one_is_refused_beyond_what_is_allowed(read, older, allowed, guards):
    dated = DATED - timedelta(seconds=older)
    assert names(read(*people(1, 2)), CurrentList(2, DATED), dated, Guards(list_older=allowed)) == guards


def test_a_list_that_nothing_says_the_date_of_cannot_be_older(read):
    assert names(read(*people(1, 2)), CurrentList(2, DATED), dated=None) == []


def test_limits_are_settings(read):
    strict, lax = Guards(count_drop=0.0, reject_rate=0.0), Guards(count_drop=1.0, reject_rate=1.0)
    read = read(*people(1, 9), {"ppo_ref": ""})
    assert names(read, CurrentList(10, DATED), limits=strict) == ["reject_rate", "count_drop"]
    assert names(read, CurrentList(10, DATED), limits=lax) == []


def test_a_refusal_names_its_guard_and_the_numbers_but_nobody(read):
    ((guard, reason),) = tripped_by_list(read(*people(1, 2)), DATED, CurrentList(20, DATED), LIMITS)
    assert guard == "count_drop"
    assert reason == "the list tells of 2 people, the last one of 20: a fall of more than 10%"


# -- by what comes of it ---------------------------------------------------------------------------------------------

NAME = PersonName(("alex",), ("sample",))
PRIMARY, ALIAS = Persona(NAME, BirthDate(1983, 2, 1)), Persona(PersonName((), ("ash",)), None)
IDENTIFIERS = tuple(Identifier(kind, "1", (f"{kind}:1",), verified=True) for kind in IdentifierKind)
FULL = replace(
    person("B", "sample"),
    identity=Identity((PRIMARY, ALIAS), IDENTIFIERS, "B1 1AA"),
    sex=Sex.FEMALE,
    scheme=Scheme.POPP,
    home_ocu="F1",
    offending_ocu="F2",
    stage=Stage.SUPERVISED,
    statutory=False,
    managers=tuple(Manager(agency, "Pat", "0121 496 0701", None) for agency in Agency),
    drug_treatment_need=Need.NO,
    drug_treatment_provider="Lantern House",
)


def without_identifier(kind):
    return lambda full: identity(
        full, identifiers=tuple(each for each in full.identity.identifiers if each.kind != kind)
    )


def identity(full, **changes):
    return replace(full, identity=full.identity._replace(**changes))


BLANKED = {
    "date_of_birth": lambda full: identity(full, personas=(Persona(NAME, None), ALIAS)),
    **{kind.value: without_identifier(kind) for kind in IdentifierKind},
    "family_name": lambda full: identity(
        full,
        personas=(Persona(PersonName(("alex",), ()), BirthDate(1983, 2, 1)), Persona(PersonName(("jo",), ()), None)),
    ),
    "given_names": lambda full: identity(
        full, personas=(Persona(PersonName((), ("sample",)), BirthDate(1983, 2, 1)), ALIAS)
    ),
    "aliases": lambda full: identity(full, personas=(PRIMARY,)),
    "postcode": lambda full: identity(full, postcode=None),
    "sex": lambda full: replace(full, sex=Sex.NOT_RECORDED),
    "scheme": lambda full: replace(full, scheme=Scheme.PPO),
    "home_ocu": lambda full: replace(full, home_ocu=None),
    "offending_ocu": lambda full: replace(full, offending_ocu=None),
    "stage": lambda full: replace(full, stage=None),
    "statutory": lambda full: replace(full, statutory=None),
    "police_om contact": lambda full: replace(full, managers=full.managers[1:]),
    "probation_om contact": lambda full: replace(full, managers=full.managers[:1]),
    "drug_treatment_need": lambda full: replace(full, drug_treatment_need=Need.UNKNOWN),
    "drug_treatment_provider": lambda full: replace(full, drug_treatment_provider=None),
}


def register_of(*records):
    return {f"B{number}": replace(record, ppo_ref=f"B{number}") for number, record in enumerate(records)}


def outcomes(before, after, limits=LIMITS):
    return list(tripped_by_outcome(before, after, PPO, limits))


@pytest.mark.parametrize("column", BLANKED)
def test_a_list_that_lost_a_column_is_refused_whatever_column_it_is(column):
    before = register_of(*[FULL] * 10)
    after = register_of(*[BLANKED[column](FULL)] * 10)
    assert outcomes(before, after) == [("blanked", f"more than 50% of people would lose their {column} (10 of 10)")]


@pytest.mark.parametrize(("lost", "is_refused"), [(5, False), (6, True)])
def test_a_loss_is_a_share_of_all_who_had_a_value_though_most_have_not_changed(lost, is_refused):
    before = register_of(*[FULL] * 10)
    after = {
        ref: BLANKED["crn"](record) if number < lost else record for number, (ref, record) in enumerate(before.items())
    }
    reason = f"more than 50% of people would lose their crn ({lost} of 10)"
    assert outcomes(before, after) == ([("blanked", reason)] if is_refused else [])


def test_columns_lost_together_are_told_together():
    before = register_of(*[FULL] * 10)
    after = register_of(*[BLANKED["stage"](BLANKED["crn"](FULL))] * 10)
    ((guard, reason),) = outcomes(before, after)
    assert (guard, reason) == ("blanked", "more than 50% of people would lose their crn (10 of 10), stage (10 of 10)")


@pytest.mark.parametrize(
    ("lost", "limit", "is_refused"), [(5, 0.5, False), (6, 0.5, True), (1, 0.0, True), (9, 1.0, False)]
)
def test_how_many_may_lose_a_value_is_a_setting(lost, limit, is_refused):
    blank = BLANKED["home_ocu"](FULL)
    tripped = outcomes(
        register_of(*[FULL] * 10), register_of(*[blank] * lost, *[FULL] * (10 - lost)), Guards(blanked=limit)
    )
    assert [guard for guard, _ in tripped] == ["blanked"] * is_refused


@pytest.mark.parametrize(
    ("having", "people", "is_refused"), [(2, 5, False), (3, 5, True), (9, 200, False), (10, 200, True)]
)
def test_a_column_that_hardly_anybody_has_a_value_in_may_be_emptied(having, people, is_refused):
    """Or a single treatment that has ended would refuse the list."""
    blank = BLANKED["drug_treatment_provider"](FULL)
    before = register_of(*[FULL] * having, *[blank] * (people - having))
    tripped = outcomes(before, register_of(*[blank] * people))
    assert [guard for guard, _ in tripped] == ["blanked"] * is_refused


ACTIVE = person("B", "sample")
UNFLAGGED = {
    "removed": replace(ACTIVE, status=Status.FORMER),
    "on another scheme": replace(ACTIVE, scheme=Scheme.CHRYSALIS),
}


@pytest.mark.parametrize("changed", UNFLAGGED.values(), ids=UNFLAGGED)
@pytest.mark.parametrize(("lost", "left", "is_refused"), [(51, 49, True), (50, 50, False), (3, 0, True), (0, 0, False)])
def test_a_list_that_unflags_most_people_at_once_is_refused(changed, lost, left, is_refused):
    before = register_of(*[ACTIVE] * (lost + left))
    after = register_of(*[changed] * lost, *[ACTIVE] * left)
    assert [guard for guard, _ in outcomes(before, after)] == ["unflagged"] * is_refused


def test_new_people_do_not_make_up_for_those_who_lose_the_flag():
    before = register_of(*[ACTIVE] * 10)
    after = register_of(*[UNFLAGGED["removed"]] * 6, *[ACTIVE] * 100)
    assert outcomes(before, after) == [("unflagged", "6 of 10 people would no longer be flagged, more than 50%")]


@pytest.mark.parametrize(("gone", "is_refused"), [(5, False), (6, True), (10, True)])
def test_a_list_from_which_most_people_are_absent_is_refused_though_it_is_as_long_as_ever(gone, is_refused):
    """Another area's list, say."""
    missing = replace(ACTIVE, missing_since=DATED.date())
    before = register_of(*[ACTIVE] * 10)
    after = register_of(*[missing] * gone, *[ACTIVE] * 10)
    assert [guard for guard, _ in outcomes(before, after)] == ["absent"] * is_refused
    assert outcomes(before, after, Guards(absent=1.0)) == []


def test_people_missing_for_long_do_not_count_as_newly_absent():
    missing = replace(ACTIVE, missing_since=DATED.date())
    both = register_of(*[missing] * 9, ACTIVE)
    assert outcomes(both, both) == []


def test_with_nobody_held_before_no_outcome_can_be_wrong():
    assert outcomes({}, register_of(ACTIVE)) == []
