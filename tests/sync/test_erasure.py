"""Whose time is up is erased from all that is kept, on record, and however often that is cut short."""

from contextlib import suppress
from datetime import timedelta

import pytest
from listed import DAY, EVERYBODY, FullDisk, everybody_but, removed, row
from published import after, before, out_of_reach

from flagging.errors import StoreUnreachable
from flagging.register.chunks import chunk_key, manifest_key
from flagging.register.edition import load_edition
from flagging.register.publication import Publication
from flagging.register.replica import LOCK_NAME, NAME, NOTE_NAME
from flagging.sync.report import Result
from flagging.terms import Status


def everything_kept_of(site, ref):
    """The places in which a person still stands: editions by number, reports by result and edition."""
    places = []
    for number in site.store.kept():
        manifest = site.store.manifest(number)
        edition = load_edition(manifest, site.store.chunks_of(manifest), site.store.seal, lambda: None)
        places += [number] if any(record.ppo_ref == ref for record in edition.index.records) else []
        places += [f"report {number}"] if f"'{ref}'" in str(site.store.edition_report(number)) else []
    places += [(report["result"], report["edition"]) for report in site.reports() if f"'{ref}'" in str(report)]
    return places


# -- everywhere ------------------------------------------------------------------------------------------------------


def test_whoever_is_erased_stands_nowhere_any_more(site_with_former):
    site = site_with_former
    assert everything_kept_of(site, "B00")
    site.day += timedelta(days=1)
    site.sync()
    assert everything_kept_of(site, "B00") == []
    assert site.store.look().erasing == ()
    assert site.reports()[0]["counts"]["erased"] == 1


def test_nobody_else_is_lost_by_it(site_with_former):
    site = site_with_former
    before_it = {number: site.store.manifest(number) for number in site.store.kept()}
    site.day += timedelta(days=1)
    site.sync()
    assert site.store.kept() == [*before_it, 4]
    for number, was in before_it.items():
        manifest = site.store.manifest(number)
        assert manifest.counts.records == was.counts.records - 1
        assert manifest.number == number
        assert site.store.is_whole(manifest)
        assert (manifest.list_digest, manifest.built_at, manifest.list_dated) == (
            was.list_digest, was.built_at, was.list_dated,
        )  # fmt: skip


def test_going_back_to_an_edition_from_before_does_not_bring_them_back(site_with_former):
    site = site_with_former
    site.day += timedelta(days=1)
    site.sync()
    for number in (1, 2, 3):
        site.go_back(number)
        assert "B00" not in site.records()
        assert len(site.records()) >= 19
    site.sync()
    assert "B00" not in site.records()


def test_a_kept_edition_without_them_is_left_as_it_is(site_with_former):
    site = site_with_former
    site.day += timedelta(days=1)
    site.sync()
    manifests = {number: site.store.manifest(number) for number in site.store.kept()}
    site.former_days = 1
    site.restart()
    site.write_and_sync([*EVERYBODY[1:], row(6, ppo_ref="B91", status="removed", removed_on=site.day.isoformat())])
    site.day += timedelta(days=2)
    assert site.sync().erased == ("B91",)
    for number in site.store.kept()[:-2]:
        assert site.store.manifest(number) == manifests[number]


def test_a_kept_edition_that_cannot_be_cleared_is_deleted(site_with_former):
    site = site_with_former
    site.client.delete(chunk_key(1, 0))
    site.client.set(manifest_key(2), b"rubbish")
    site.day += timedelta(days=1)
    assert site.sync().result is Result.PUBLISHED
    assert site.store.kept() == [3, 4]
    assert site.client.keys("flagging:edition:1*") == site.client.keys("flagging:edition:2*") == []


def test_the_workers_own_copy_is_of_the_edition_without_them(site_with_former):
    site = site_with_former
    site.has_disk = True
    site.restart()
    site.sync()
    site.synchroniser.remember()
    assert "B00" in site.synchroniser.memory.last.records
    site.day += timedelta(days=1)
    site.sync()
    site.restart()
    assert site.synchroniser.memory.last.manifest.number == 4
    assert "B00" not in site.synchroniser.memory.last.records
    # No copy of before is left beside it.
    assert {each.name for each in (site.list.parent / "state").iterdir()} == {NAME, NOTE_NAME, LOCK_NAME}


def test_of_somebody_erased_whose_row_is_still_there_nothing_is_reported(site_with_former):
    site = site_with_former
    site.day += timedelta(days=1)
    site.sync()
    gone = removed(DAY - timedelta(days=365), police_om_phone="", given_names="")
    report = site.write_and_sync([gone, *EVERYBODY[1:], row(6, ppo_ref="B91")])
    assert report.result is Result.PUBLISHED
    assert "'B00'" not in str(report.as_dict())


def test_somebody_erased_who_is_put_on_the_list_again_is_a_new_person(site_with_former):
    site = site_with_former
    site.day += timedelta(days=1)
    site.sync()
    assert site.write_and_sync(EVERYBODY).added == ("B00",)
    assert site.records()["B00"].status is Status.ACTIVE


# -- on record -------------------------------------------------------------------------------------------------------


def test_an_erasure_is_on_record(site_with_former):
    site = site_with_former
    site.day += timedelta(days=1)
    site.sync()
    (entry,) = site.entries()
    assert entry.items() >= {"kind": "erasure", "caller": "worker", "refs": ["B00"], "edition": 4}.items()
    assert entry["reason"] == "former for longer than such people are kept"


@pytest.mark.parametrize("spool", [FullDisk(), None], ids=["full-disk", "no-spool"])
def test_whoever_cannot_be_erased_on_record_stays_former_and_the_register_goes_on(site_with_former, spool):
    site = site_with_former
    spool, site.spool = site.spool, spool
    site.restart()
    site.day += timedelta(days=1)
    report = site.sync()
    assert (report.result, report.erased) == (Result.UNCHANGED, ())
    told = "1 people are due, but it cannot be recorded"
    assert told in [warning.reason for warning in report.warnings]
    assert told in str(site.reports()[0]["warnings"]), "an administrator is not told"
    assert site.records()["B00"].status is Status.FORMER
    newcomer = [*everybody_but(removed(DAY - timedelta(days=365))), row(6, ppo_ref="B91")]
    assert site.write_and_sync(newcomer).result is Result.PUBLISHED
    assert {"B00", "B91"} <= site.records().keys()
    site.spool = spool
    site.restart()
    site.day += timedelta(days=1)
    assert site.sync().erased == ("B00",)


# -- cut short -------------------------------------------------------------------------------------------------------


STEPS = {
    "before the switch": lambda: before(Publication, "switch", out_of_reach),
    "after the switch": lambda: after(Publication, "switch", out_of_reach),
    "while editions are deleted": lambda: before(Publication, "retire", out_of_reach),
    "at the first edition": lambda: before(Publication, "replace_edition", out_of_reach),
    "after the first edition": lambda: after(Publication, "replace_edition", out_of_reach),
    "at the reports": lambda: before(Publication, "revise_reports", out_of_reach),
    "at the end": lambda: before(Publication, "finish_erasing", out_of_reach),
}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
@pytest.mark.parametrize("next_is", ["sync", "sync by another", "going back", "unreadable list"])
def test_an_erasure_cut_short_is_finished_by_whoever_comes_next(site_with_former, step, next_is):
    site = site_with_former
    site.day += timedelta(days=1)
    with step(), suppress(StoreUnreachable):
        site.sync()
    is_begun = bool(site.store.look().erasing)
    if next_is == "sync by another":
        site.restart()
    if next_is == "unreadable list":
        site.list.rename(site.list.with_suffix(".away"))
        site.sync()
        site.list.with_suffix(".away").rename(site.list)
    if next_is == "going back":
        site.go_back(1)
        assert ("B00" in site.records()) is not is_begun
        site.go_back(max(site.store.kept()))
    elif is_begun and next_is == "unreadable list":
        assert everything_kept_of(site, "B00") == []
    site.sync()
    assert everything_kept_of(site, "B00") == []
    assert site.store.look().erasing == ()
    assert site.entries("erasure")
