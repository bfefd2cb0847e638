"""The monthly return equals what is counted by hand from a month of simulated days."""

import csv
import io
import random
import statistics
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from kept import lookup
from service import BARE, PPO, record
from ulid import ULID

from flagging.entries import EntryKind, begin_entry
from flagging.errors import ReturnUnavailable
from flagging.ledger.monthly_return import Month, make_return, suppress, write_csv
from flagging.ledger.register_days import RegisterOfDay, days_between, record_day
from flagging.terms import Scheme, Sex, Stage, Status

MARCH = Month(date(2026, 3, 1))
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
FLAG = frozenset({Scheme.PPO})


def at(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def asked(moment: datetime, outcome: str, route: str, **question):
    entry = lookup(at(moment), {}, outcome=outcome, route=route, refs=["TST-0001"])
    entry["question"] = entry["question"] | question
    return entry


def told(entry, seconds: float):
    when = datetime.fromisoformat(entry["at"]) + timedelta(seconds=seconds)
    said = {"at": at(when), "caller": "worker", "lookup_id": entry["lookup_id"], "asked_at": entry["at"]}
    return begin_entry(EntryKind.NOTIFIED) | said | {"setting": entry["question"]["setting"]}


def made(kept, month=MARCH):
    return make_return(kept.search, month, LONG_AGO)


def test_a_month_of_simulated_days_is_counted_as_by_hand(kept):
    rng = random.Random(20260301)
    outcomes, routes = (
        ["flagged", "possible_match", "former", "not_on_register", "cannot_confirm"],
        ["DSB", "DIP", "hold", "none"],
    )
    tests = ["positive", "negative", "refused", "not_tested", None]
    by_outcome, by_route, waits, entries = dict.fromkeys(outcomes, 0), dict.fromkeys([*routes, "CARAT"], 0), [], []
    of = {"ppos": dict.fromkeys([*tests[:4], "not_stated"], 0), "others": dict.fromkeys([*tests[:4], "not_stated"], 0)}
    people = {f"T-{n}": record(f"T-{n}", f"Thistledown{n}", "Rufus", "1990-01-01", home_ocu="F1") for n in range(30)}
    record_day(kept.database, kept.keyring, RegisterOfDay(date(2026, 2, 28), 1, people, {}, FLAG))
    added = removed = 0
    for day in range(31):
        today = date(2026, 3, 1) + timedelta(days=day)
        if day % 3 == 0:
            people = people | {f"N-{day}": replace(BARE, ppo_ref=f"N-{day}", sex=Sex.FEMALE, home_ocu="D1")}
            added += 1
        if day % 5 == 0:
            gone = rng.choice([ref for ref, each in people.items() if each.status is Status.ACTIVE])
            people = people | {gone: replace(people[gone], status=Status.FORMER)}
            removed, added = (removed, added - 1) if gone == f"N-{day}" else (removed + 1, added)
        record_day(kept.database, kept.keyring, RegisterOfDay(today, 2 + day, people, {"A1": 7}, FLAG))
        for number in range(rng.randint(3, 9)):
            moment = datetime(2026, 3, 1, 9, tzinfo=UTC) + timedelta(days=day, minutes=number)
            outcome, route, test = rng.choice(outcomes), rng.choice(routes), rng.choice(tests)
            reference = f"F1/{day}-{number}/26"
            if rng.random() < 0.3:  # an earlier lookup of the same arrest, which a later one puts right
                entries.append(
                    asked(moment - timedelta(minutes=30), "possible_match", "hold", client_reference=reference)
                )
            entry = asked(moment, outcome, route, client_reference=reference, drug_test=test)
            entries.append(entry)
            by_outcome[outcome] += 1
            by_route[route] += 1
            of["ppos" if outcome == "flagged" else "others"][test or "not_stated"] += 1
            if outcome == "flagged":
                waits.append(rng.randint(1, 900))
                entries += [told(entry, waits[-1]), told(entry, waits[-1] + 40)]
        reception = asked(
            datetime(2026, 3, 1, 18, tzinfo=UTC) + timedelta(days=day), "flagged", "CARAT", setting="prison_reception"
        )
        entries += [reception, told(reception, 5)]
        by_route["CARAT"] += 1
    kept.record(
        *entries, *(asked(moment, "flagged", "DSB") for moment in (MARCH.begins - timedelta(seconds=1), MARCH.ends))
    )
    found = made(kept).as_dict()
    assert found["arrests_by_outcome"] == by_outcome
    assert found["referrals_by_route"] == by_route
    assert found["drug_tests_of_ppos"] == of["ppos"]
    assert found["drug_tests_of_others"] == of["others"]
    assert found["median_seconds_from_arrest_to_notification"] == statistics.median(waits)
    assert found["notifications"] == {"arrests_told_of": len(waits)}
    assert found["register_changes"] == {"added": added, "removed": removed}
    active = [each for each in people.values() if each.status is Status.ACTIVE]
    assert sum(found["ppos_by_home_ocu"].values()) == len(active)
    assert found["ppos_by_sex"].get("female") == sum(each.sex is Sex.FEMALE for each in active)
    assert found["ppos_by_ethnicity"] == {"A1": 7}
    assert found == made(kept).as_dict()


def test_ppos_are_counted_by_ocu_scheme_stage_case_sex_and_age_on_the_last_day(kept):
    people = [
        replace(PPO, stage=Stage.IN_CUSTODY, sex=Sex.MALE),
        replace(BARE, ppo_ref="T-2", scheme=Scheme.POPP, home_ocu="D1"),
        record("T-3", "Young", "Robin", "2008-03-20", home_ocu="D1", statutory=False),
        record("T-4", "Larkspur", "Odo", "2000-04-01", home_ocu="D1", status=Status.FORMER),
    ]
    day = RegisterOfDay(date(2026, 3, 19), 1, {each.ppo_ref: each for each in people}, {"W1": 3}, FLAG)
    record_day(kept.database, kept.keyring, day)
    found = made(kept).as_dict()
    assert found["register_day"] == "2026-03-19"
    assert found["ppos_by_home_ocu"] == {"E2": 1, "D1": 1}
    assert found["ppos_by_scheme"] == {"PPO": 2, "POPP": 1}
    assert found["ppos_by_stage"] == {"in_custody": 1, "not_recorded": 1}
    assert found["ppos_by_statutory"] == {"statutory": 1, "non_statutory": 1}
    assert found["ppos_by_age_band"] == {"36_to_45": 1, "under_18": 1}


def test_a_day_is_counted_as_its_last_edition_has_it(kept):
    first, second = {PPO.ppo_ref: PPO}, {PPO.ppo_ref: PPO, BARE.ppo_ref: BARE}
    for day, edition, people in ((1, 1, first), (2, 2, second), (2, 3, first), (3, 4, second)):
        record_day(kept.database, kept.keyring, RegisterOfDay(date(2026, 3, day), edition, people, {}, FLAG))
    assert made(kept).sections["register_changes"] == {"added": 1, "removed": 0}
    with kept.database.reading() as connection:
        days = days_between(connection, MARCH.first, MARCH.last)
    assert [row.refs is None for row in days] == [True, False, False]


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ({"a": 9, "b": 0}, {"a": 9, "b": 0}),
        ({"a": 9, "b": 2, "c": 7}, {"a": 9, "b": None, "c": None}),
        ({"a": 9, "b": 2, "c": 1}, {"a": 9, "b": None, "c": None}),
        ({"a": 3}, {"a": None}),
    ],
    ids=["none small", "never one alone", "two small", "nothing else"],
)
def test_small_numbers_can_be_left_out(counts, shown):
    assert suppress(counts, 5) == shown


def test_a_return_without_small_numbers_gives_no_median_of_a_few(kept):
    entry = asked(datetime(2026, 3, 5, 9, tzinfo=UTC), "flagged", "DSB", client_reference=str(ULID()))
    kept.record(entry, told(entry, 60))
    assert made(kept).median_seconds == 60
    assert made(kept).suppressed(5).median_seconds is None


def test_a_month_begins_and_ends_by_the_clock_in_england(kept):
    april = Month(date(2026, 4, 1))
    kept.record(asked(datetime(2026, 3, 31, 22, 30, tzinfo=UTC), "flagged", "DSB"))
    kept.record(asked(datetime(2026, 3, 31, 23, 30, tzinfo=UTC), "flagged", "DSB"))
    assert made(kept).sections["arrests_by_outcome"]["flagged"] == 1
    assert made(kept, april).sections["arrests_by_outcome"]["flagged"] == 1


def test_a_month_whose_entries_were_erased_is_refused(kept):
    with pytest.raises(ReturnUnavailable):
        make_return(kept.search, MARCH, datetime(2026, 3, 2, tzinfo=UTC))


def test_a_month_of_which_nothing_was_recorded_is_refused_and_not_all_noughts(kept):
    kept.record(asked(datetime(2026, 3, 5, 9, tzinfo=UTC), "flagged", "DSB"))
    with pytest.raises(ReturnUnavailable, match="2026-04"):
        made(kept, Month(date(2026, 4, 1)))


def test_as_csv_it_has_a_row_for_each_figure(kept):
    kept.record(asked(datetime(2026, 3, 5, 9, tzinfo=UTC), "flagged", "DSB"))
    file = io.StringIO()
    write_csv(made(kept), file)
    rows = list(csv.DictReader(io.StringIO(file.getvalue())))
    assert {"month": "2026-03", "section": "arrests_by_outcome", "group": "flagged", "count": "1"} in rows
