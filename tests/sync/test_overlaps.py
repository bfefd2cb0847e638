"""People held twice: found by a sync, told in its report, and held as one person by whoever loads the edition."""

from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from editions import LIMITS, ROTATED_KEYRING
from listed import DAY, EVERYBODY, row

from flagging.access.live import LiveAccess
from flagging.api.register_schemas import OverlapSchema
from flagging.matching import held_twice
from flagging.policy.managers import OcuOf
from flagging.register.live import LiveRegister
from flagging.register.manifest import Manifest
from flagging.sync.acts import Recorder
from flagging.sync.note import Notes
from flagging.sync.removal import Removals, confirm_removal
from flagging.sync.report import Result
from flagging.sync.reseal import Resealer

AGAIN = row(6, ppo_ref="B89", home_ocu="F1")
TWICE = [*EVERYBODY, AGAIN]
PAIR = ["B89", "B06"]  # B06 has no OCU, so that the record with one leads


@pytest.fixture
def twice(site):
    """A site whose list holds B06 under another reference as well."""
    assert site.write_and_sync(TWICE).result is Result.PUBLISHED
    return site


def held_as_one(site):
    """Whom a server that starts now holds as one person."""
    register = LiveRegister(site.store, LIMITS)
    register.look(wait=True)
    index = register.held.edition.index
    return {record.ppo_ref: [other.ppo_ref for other in index.others_of(record)] for record in index.records
            if index.others_of(record)}  # fmt: skip


def test_somebody_held_under_two_references_is_told_with_the_evidence(twice):
    (overlap,) = twice.reports()[0]["overlaps"]
    assert OverlapSchema().validate(overlap) == {}
    assert overlap == {
        "refs": PAIR,
        "strength": "definite",
        "one_person": True,
        "because": "the home OCU leads",
        "evidence": [
            {"field": "name", "level": "agrees", "detail": "family name agrees; given name agrees"},
            {"field": "date_of_birth", "level": "agrees", "detail": "date of birth agrees"},
        ],
        "warnings": [],
        "records": [
            {"ppo_ref": "B89", "status": "active", "scheme": "PPO", "home_ocu": "F1", "offending_ocu": None},
            {"ppo_ref": "B06", "status": "active", "scheme": "PPO", "home_ocu": None, "offending_ocu": None},
        ],
    }


def test_the_edition_holds_them_as_one_and_its_report_tells_of_them(twice):
    assert twice.manifest().overlaps == (tuple(PAIR),)
    assert held_as_one(twice) == {"B06": ["B89"], "B89": ["B06"]}
    report = twice.store.edition_report(2)
    assert (report["counts"]["overlaps"], report["overlaps"]) == (1, twice.reports()[0]["overlaps"])


def test_what_is_no_more_than_likely_is_told_and_not_held_as_one(site):
    report = site.write_and_sync([*EVERYBODY, row(6, ppo_ref="B89", date_of_birth="1976-05-11")])
    (overlap,) = report.overlaps
    assert (overlap["strength"], overlap["one_person"]) == ("possible", False)
    assert site.manifest().overlaps == ()
    assert held_as_one(site) == {}


def test_a_number_that_may_be_read_in_two_ways_holds_them_as_one_after_a_start_and_on_a_new_day_too(site):
    someone = {"family_name": "Marram", "date_of_birth": "1981-03-09"}
    twice = [
        row(6, ppo_ref="B89", cro_number="01000001Q", **someone),
        row(6, ppo_ref="B90", pnc_id="2001/0171310W", **someone),
    ]
    site.write_and_sync([*EVERYBODY, *twice])
    assert site.manifest().overlaps == (("B89", "B90"),)
    site.restart()
    site.day += timedelta(days=1)
    assert site.sync().result is Result.UNCHANGED
    assert site.manifest().overlaps == (("B89", "B90"),)


def test_they_stay_one_person_though_the_list_no_longer_tells_of_one_of_them(site):
    someone = {"family_name": "Marram", "date_of_birth": "1981-03-09"}
    kept = row(6, ppo_ref="B90", pnc_id="2001/0171310W", **someone)
    site.write_and_sync([*EVERYBODY, row(6, ppo_ref="B89", cro_number="01000001Q", **someone), kept])
    site.restart()
    site.write_and_sync([*EVERYBODY, kept])
    assert site.manifest().overlaps == (("B89", "B90"),)


DOUBTFUL = {"cro_number": "01000001Q"}
CERTAIN = {"pnc_id": "2001/0000001Q", "cro_number": "010000/01Q"}


@pytest.mark.parametrize(("first", "then", "held"), [(CERTAIN, DOUBTFUL, True), (DOUBTFUL, CERTAIN, False)])
def test_what_the_list_said_last_counts_though_only_what_else_a_number_may_be_has_changed(site, first, then, held):
    someone = {"family_name": "Marram", "date_of_birth": "1981-03-09"}
    for said in (first, then):
        report = site.write_and_sync([*EVERYBODY, row(6, ppo_ref="B89", **(someone | said))])
    assert report.changed == ()
    site.restart()
    site.write_and_sync([*EVERYBODY, row(6, ppo_ref="B90", pnc_id="2001/0171310W", **someone)])
    assert site.manifest().overlaps == ((("B89", "B90"),) if held else ())


def test_nothing_that_a_record_says_of_a_person_is_in_it(site):
    alias = {"aliases": "QUICKSILVER, Barney [1991-01-08]", "postcode": "B1 1AA"}
    report = site.write_and_sync([*EVERYBODY, row(6, ppo_ref="B89", **alias), row(6, ppo_ref="B90", **alias)])
    assert len(report.overlaps) == 3
    told = orjson.dumps(report.as_dict()["overlaps"]).decode().lower()
    for value in ("gorse", "alex", "1976", "quicksilver", "barney", "1991", "b1", "postcode", "0121"):
        assert value not in told, value


def test_the_ocu_that_the_configuration_names_first_leads(site):
    rows = [*EVERYBODY[:6], *EVERYBODY[7:], row(6, home_ocu="F1", offending_ocu="D2"),
            row(6, ppo_ref="B00-AGAIN", offending_ocu="D2")]  # fmt: skip
    (overlap,) = site.write_and_sync(rows).overlaps
    assert (overlap["refs"], overlap["because"]) == (["B06", "B00-AGAIN"], "the home OCU leads")
    site.synchroniser.leads = (OcuOf.OFFENDING, OcuOf.HOME)
    (overlap,) = site.write_and_sync([*rows[:-1], rows[-1] | {"police_om_phone": "0121 496 0702"}]).overlaps
    assert (overlap["refs"], overlap["because"]) == (["B00-AGAIN", "B06"], "the offending OCU leads")


def test_of_an_active_record_and_a_former_one_the_active_one_comes_first_and_nobody_leads(site):
    rows = [*EVERYBODY, row(6, ppo_ref="A01", status="removed", removed_on=DAY.isoformat())]
    (overlap,) = site.write_and_sync(rows).overlaps
    assert (overlap["refs"], overlap["because"]) == (["B06", "A01"], None)


def test_a_dry_run_tells_of_them_and_a_refused_list_is_not_searched(site):
    site.write(TWICE)
    assert len(site.sync(is_dry=True).overlaps) == 1
    site.write([AGAIN])
    refused = site.sync()
    assert (refused.result, refused.overlaps) == (Result.REFUSED, ())


def test_a_list_that_says_the_same_tells_of_them_again(twice):
    report = twice.write_and_sync(TWICE[::-1])
    assert (report.result, len(report.overlaps)) == (Result.UNCHANGED, 1)
    assert twice.reports()[0]["counts"]["overlaps"] == 1


@pytest.mark.interpreted
def test_an_edition_that_does_not_know_of_them_is_published_anew(site, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(held_twice, "_worth_telling", lambda *_: [])
        site.write_and_sync(TWICE)
    assert site.manifest().overlaps == ()
    report = site.write_and_sync(TWICE[::-1])
    assert (report.result, report.edition) == (Result.PUBLISHED, 3)
    assert site.manifest().overlaps == (tuple(PAIR),)


def test_an_overlap_that_has_been_settled_is_gone(twice):
    assert twice.write_and_sync(EVERYBODY[:6] + EVERYBODY[7:] + [AGAIN]).overlaps != (), "absence is no removal"
    report = twice.write_and_sync([*EVERYBODY, AGAIN | {"family_name": "Larkspur", "date_of_birth": "1961-08-30"}])
    assert report.overlaps == ()
    assert held_as_one(twice) == {}


def test_going_back_to_an_edition_goes_back_to_what_it_knew(twice):
    twice.go_back(1)
    assert held_as_one(twice) == {}
    twice.go_back(2)
    assert held_as_one(twice).keys() == set(PAIR)


def test_records_that_share_one_thing_with_too_many_are_a_warning(site, monkeypatch):
    monkeypatch.setattr(held_twice, "_MOST_ALIKE", 1)
    report = site.write_and_sync(TWICE)
    assert report.overlaps == ()
    assert "2 records share one with too many others" in report.warnings[-1].reason


def test_how_far_it_has_got_is_told(site):
    steps = []
    site.synchroniser.progress = lambda *step: steps.append(step)
    site.write_and_sync(TWICE)
    assert [step for step in steps if step[0] == "comparing"]


# -- when no list is read ----------------------------------------------------------------------------------------------


def test_a_removal_that_is_confirmed_leaves_the_overlaps_of_others(twice):
    twice.write_and_sync(TWICE[1:])
    removals = Removals(twice.synchroniser.publisher, Notes(twice.store, 9), Recorder(twice.spool, "shell:tester"))
    confirm_removal(removals, "B00", "moved away", DAY)
    assert twice.manifest().number == 4
    assert held_as_one(twice).keys() == set(PAIR)
    assert [each["refs"] for each in twice.store.edition_report(4)["overlaps"]] == [PAIR]


def test_whoever_is_erased_is_in_no_overlap_of_any_edition_or_report(twice):
    gone = AGAIN | {"status": "removed", "removed_on": DAY.isoformat()}
    twice.former_days = 10
    twice.restart()
    twice.write_and_sync([*EVERYBODY, gone])
    twice.day = DAY + timedelta(days=11)
    twice.write_and_sync(EVERYBODY)
    assert len(twice.store.kept()) == 4
    for number in twice.store.kept():
        assert twice.store.manifest(number).overlaps == ()
        assert twice.store.edition_report(number)["overlaps"] == []
    assert all(report["overlaps"] == [] for report in twice.reports())
    assert held_as_one(twice) == {}


def test_a_rotation_of_keys_leaves_them_as_they_are(twice, tmp_path):
    twice.restart(ROTATED_KEYRING)
    access = LiveAccess(twice.client, ROTATED_KEYRING, tmp_path)
    assert Resealer(twice.synchroniser.publisher, Notes(twice.store, 9), access, ROTATED_KEYRING).run()
    assert twice.manifest().number == 3
    assert twice.manifest().overlaps == (tuple(PAIR),)
    assert [each["refs"] for each in twice.store.edition_report(3)["overlaps"]] == [PAIR]


def test_a_manifest_with_overlaps_survives_its_dictionary(twice):
    manifest = twice.manifest()
    assert Manifest.from_dict(orjson.loads(orjson.dumps(manifest.to_dict()))) == manifest
    assert replace(manifest, overlaps=()).fingerprint != manifest.fingerprint
