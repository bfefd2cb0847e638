"""A list that is taken over: published, or found to say what the register says already."""

import pytest
from editions import content_of
from listed import DAY, EVERYBODY, row

from flagging.errors import SourceUnreadable
from flagging.register.store import HEARTBEAT
from flagging.register.sync_log import LAST_SYNC
from flagging.sync import reading as reading_module
from flagging.sync.report import Result


def test_a_first_list_becomes_the_register(site):
    assert site.records().keys() == {f"B{number:02}" for number in range(20)}
    manifest = site.manifest()
    assert (manifest.number, manifest.list_name, manifest.listed_count) == (1, "list.csv", 20)
    assert manifest.list_dated == pytest.approx(site.dated, abs=1e-3)
    assert site.last_sync()["result"] == "published"
    assert site.last_sync()["counts"]["added"] == 20
    (report,) = site.reports()
    assert (report["edition"], report["id"]) == (1, site.last_sync()["report"])
    assert site.store.edition_report(1)["added"] == report["added"] == [f"B{number:02}" for number in range(20)]


def test_an_unchanged_list_only_moves_the_heartbeat_on_and_dates_the_list_anew(site):
    before, beat = content_of(site.client), site.store.look().heartbeat
    site.date(later=60)
    report = site.sync()
    assert (report.result, report.edition) == (Result.UNCHANGED, 1)
    after = content_of(site.client)
    changed = {key.decode() for key in before | after if before.get(key) != after.get(key)}
    assert changed == {HEARTBEAT, LAST_SYNC}
    now = site.store.look().heartbeat
    assert now.edition == 1
    assert now.checked_at > beat.checked_at
    assert now.list_dated == pytest.approx(site.dated, abs=1e-3)
    assert site.last_sync()["result"] == "unchanged"
    assert site.last_sync()["counts"]["added"] == 20, "the counts of the last sync with news were lost"


def test_a_list_that_changed_and_says_the_same_is_accepted_without_a_new_edition(site):
    reordered = site.write_and_sync(EVERYBODY[::-1])
    assert (reordered.result, reordered.edition) == (Result.UNCHANGED, 1)
    assert site.store.kept() == [1]
    assert site.store.look().heartbeat.list_dated == pytest.approx(site.dated, abs=1e-3)


def test_a_changed_list_becomes_an_edition_built_on_the_last(site):
    report = site.write_and_sync([*EVERYBODY[1:], row(5, ppo_ref="B90", family_name="Newcomer")])
    assert (report.result, report.edition) == (Result.PUBLISHED, 2)
    assert (report.added, report.missing) == (("B90",), ("B00",))
    records = site.records()
    assert len(records) == 21
    assert records["B00"].missing_since == DAY


def test_an_unreadable_row_of_nobody_known_is_a_caveat_of_a_new_edition(site):
    report = site.write_and_sync([*EVERYBODY, row(3, ppo_ref="B90", status="unheard of")])
    assert report.result is Result.PUBLISHED
    assert site.manifest().caveats == ("1 row of the master list could not be read",)
    assert site.write_and_sync(EVERYBODY).result is Result.PUBLISHED
    assert site.manifest().caveats == ()


def test_a_list_dated_after_the_clock_of_redis_counts_as_of_now(site):
    now = site.store.look().now
    site.synchroniser._beat(site.store.look(), site.pointer(), now + 3600)
    heartbeat = site.store.look().heartbeat
    assert heartbeat.list_dated == heartbeat.checked_at


def test_a_worker_that_reads_ahead_vouches_first_and_changes_nothing_by_it(site):
    site.restart()
    before, beat = content_of(site.client), site.store.look().heartbeat
    report = site.synchroniser.run(str(site.list), reads_ahead=True)
    assert (report.result, report.edition) == (Result.UNCHANGED, 1)
    assert site.store.look().heartbeat.checked_at > beat.checked_at
    after = content_of(site.client)
    assert {key.decode() for key in before | after if before.get(key) != after.get(key)} == {HEARTBEAT, LAST_SYNC}


def test_a_list_accepted_before_stays_accepted_though_reading_it_ahead_fails(site, monkeypatch):
    def unreadable(*_):
        raise SourceUnreadable("no table at all")

    site.restart()
    monkeypatch.setattr(reading_module, "read_table", unreadable)
    assert site.synchroniser.run(str(site.list), reads_ahead=True).result is Result.UNCHANGED
    assert site.last_sync()["result"] == "unchanged"
