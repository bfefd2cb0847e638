"""The synthetic master list: the study's proportions, nobody real, every row readable."""

import csv
import re
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sweeps import first_of

from flagging.configuration.master_list import FIELDS, IDENTIFIER_FIELDS, read_master_list_format
from flagging.sync.reading import read_list
from flagging.sync.sources.master_list import ListFile, MasterList
from flagging.synth import EXAMPLES, PEOPLE, pick_examples, synthesise, write_master_list
from flagging.synth_people import OCUS
from flagging.terms import Status

TODAY = date(2026, 3, 2)
FORM = read_master_list_format(Path(__file__).parents[1] / "config" / "master_list.toml")
INTENDED = {
    ("offender_manager", "has no usable contact"),
    ("home_ocu", "is missing"),
    ("date_of_birth", "is missing"),
    ("pnc_id", "check letter is wrong or missing"),
}


@pytest.fixture(scope="module")
def rows():
    return synthesise(PEOPLE, seed=1, today=TODAY)


def age(row):
    born = date.fromisoformat(row["date_of_birth"])
    return TODAY.year - born.year - ((TODAY.month, TODAY.day) < (born.month, born.day))


def share(rows, field, value):
    return sum(row[field] == value for row in rows) / len(rows)


def read(rows, tmp_path):
    path = tmp_path / "list.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        writer.writerows(rows)
    master_list = MasterList("list.csv", (ListFile(path.read_bytes()),), datetime(2026, 3, 2, tzinfo=UTC), "")
    return read_list(master_list, FORM, frozenset(OCUS), TODAY)


def test_the_study_counted_321_people():
    assert PEOPLE == len(synthesise(PEOPLE, 3, TODAY)) == 321


@pytest.mark.parametrize(
    ("field", "value", "published"),
    [
        ("sex", "male", 0.98),
        ("ethnicity", "", 0.26),
        ("ethnicity", "White", 0.49),
        ("stage", "in_custody", 0.40),
        ("stage", "supervised", 0.17),
        ("stage", "in_court_process", 0.12),
        ("stage", "at_liberty", 0.12),
        ("drug_treatment_need", "yes", 0.575),
        ("drug_treatment_need", "no", 0.40),
    ],
)
def test_proportions_are_the_published_ones(rows, field, value, published):
    assert share(rows, field, value) == pytest.approx(published, abs=0.02)


def test_53_of_100_are_between_18_and_25_and_few_are_younger(rows):
    ages = [age(row) for row in rows if row["date_of_birth"]]
    assert sum(18 <= each <= 25 for each in ages) / len(ages) == pytest.approx(0.53, abs=0.03)
    assert 0 < sum(each < 18 for each in ages) / len(ages) < 0.04


def test_every_ocu_has_30_to_40_people(rows):
    counts = Counter(row["home_ocu"] for row in rows)
    assert all(28 <= counts[ocu] <= 42 for ocu in OCUS)


def test_some_live_in_one_ocu_and_offend_in_another(rows):
    assert 0.1 < sum(row["home_ocu"] != row["offending_ocu"] for row in rows) / len(rows) < 0.3


def test_a_few_are_removed_on_older_schemes_or_known_by_several_names_and_numbers(rows):
    assert 0.03 < share(rows, "status", "removed") < 0.10
    assert 0.02 < share(rows, "scheme", "POPP") < 0.08
    assert 0.01 < share(rows, "scheme", "Chrysalis") < 0.06
    assert sum(bool(row["aliases"]) for row in rows) > 50
    assert any(";" in row["pnc_id"] for row in rows)
    assert any(";" in row["crn"] for row in rows)


@pytest.mark.parametrize("seed", first_of(range(5)))
def test_every_row_is_read_with_no_warning_but_the_intended(seed, tmp_path):
    listed = read(synthesise(600, seed, TODAY), tmp_path)
    assert listed.rejected == ()
    assert listed.warnings == ()
    told = Counter((warning.field, warning.reason) for row in listed.accepted for warning in row.warnings)
    assert set(told) == INTENDED
    assert sum(told.values()) < 30


def test_names_come_whole_through_normalisation(rows, tmp_path):
    for row in read(rows, tmp_path).accepted:
        name = row.record.identity.personas[0].name
        assert name
        assert name.given
        assert name.family


def test_one_seed_and_day_give_one_list():
    assert synthesise(100, 7, TODAY) == synthesise(100, 7, TODAY)
    assert synthesise(100, 7, TODAY) != synthesise(100, 8, TODAY)


@pytest.mark.parametrize("people", [0, 1, EXAMPLES, EXAMPLES + 1, 20, 21, 50])
def test_a_short_list_has_as_many_people_as_asked_for_and_the_promised_first(people, tmp_path):
    rows = synthesise(people, 1, TODAY)
    assert len({row["ppo_ref"] for row in rows}) == people
    assert [row["home_ocu"] for row in rows[:9]] == list(OCUS)[:people]


@pytest.mark.parametrize("seed", first_of(range(5)))
def test_the_first_rows_are_of_the_promised_kinds_and_without_flaw(seed, tmp_path):
    rows = synthesise(PEOPLE, seed, TODAY)[:EXAMPLES]
    assert all(row["status"] == "active" and row["scheme"] == "PPO" and age(row) >= 18 for row in rows[:9])
    assert (rows[9]["status"], age(rows[10]) < 18, rows[11]["scheme"]) == ("removed", True, "POPP")
    listed = read(rows, tmp_path)
    assert [row.warnings for row in listed.accepted] == [()] * EXAMPLES
    assert all(row.record.identity.identifiers for row in listed.accepted)


def test_one_example_of_each_kind_can_be_picked_from_a_list(rows):
    examples = pick_examples(rows, TODAY)
    assert set(examples) == {"ppo", "former", "under_18", "popp"}
    assert examples["ppo"]["ppo_ref"] == "BHM-0001"
    assert age(examples["under_18"]) < 18
    assert examples["popp"]["scheme"] == "POPP"


def test_a_former_person_was_removed_recently_enough_to_be_still_on_the_register(rows, tmp_path):
    for row in read(rows, tmp_path).accepted:
        if row.record.status is Status.FORMER:
            assert 0 < (TODAY - row.record.removed_on).days <= 300


def test_hard_cases_stand_in_the_list(rows):
    def pairs(*fields):
        groups = Counter(tuple(row[field] for field in fields) for row in rows)
        return sum(times > 1 for times in groups.values())

    assert pairs("family_name", "postcode", "date_of_birth") > 0
    assert pairs("family_name", "given_names") > 0
    assert pairs(*IDENTIFIER_FIELDS, "date_of_birth") > 0


def test_nobody_can_be_rung_or_written_to(rows):
    for row in rows:
        for agency in ("police", "probation"):
            assert re.fullmatch(r"(0121 496 0\d{3})?", row[f"{agency}_om_phone"])
            assert re.fullmatch(r"([^@]+@\w+\.example\.org)?", row[f"{agency}_om_email"])
        assert row["postcode"].startswith("BM")


def test_statutory_cases_have_a_probation_manager_and_others_one_of_the_police(rows):
    for row in rows:
        if row["police_om_name"] or row["probation_om_name"]:
            assert row["probation_om_name" if row["statutory"] == "true" else "police_om_name"]


def test_a_list_is_written_whole_in_the_contracts_columns(tmp_path):
    path = tmp_path / "list.csv"
    write_master_list(path, 40, 1, TODAY)
    with path.open(newline="") as file:
        assert list(csv.DictReader(file)) == synthesise(40, 1, TODAY)
    assert list(tmp_path.iterdir()) == [path]


def test_a_leap_day_is_no_trouble():
    assert len(synthesise(60, 1, date(2028, 2, 29))) == 60
