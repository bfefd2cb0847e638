"""A list that is taken over: published, or found to say what the register says already."""

from datetime import timedelta

import pytest
from editions import content_of
from listed import DAY, EVERYBODY, row

from flagging.errors import SourceUnreadable
from flagging.register.store import HEARTBEAT
from flagging.register.sync_log import LAST_SYNC
from flagging.sync import reading as reading_module
from flagging.sync.report import Result
from flagging.sync.rows import parse_row


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


# -- reading ahead ---------------------------------------------------------------------------------------------------


@pytest.fixture
def parsed(site, monkeypatch):
    """The lines of rows worked through by a worker that has found the list of the one before it accepted."""
    lines = []
    monkeypatch.setattr(
        reading_module, "parse_row", lambda row, schema: lines.append(row.line) or parse_row(row, schema)
    )
    site.restart()
    assert site.sync().result is Result.UNCHANGED
    assert lines == [], "it reads before it vouches"
    return lines


def test_a_list_accepted_before_is_read_ahead_once_and_nothing_comes_of_it(site, parsed):
    before = content_of(site.client)
    for _ in range(2):
        site.synchroniser.read_ahead(lambda: False)
    assert len(parsed) == len(EVERYBODY)
    assert content_of(site.client) == before
    site.write_and_sync([*EVERYBODY, row(5, ppo_ref="B90")])
    assert len(parsed) == len(EVERYBODY) + 1


def test_a_list_that_was_read_today_is_not_read_ahead_again(site, parsed, monkeypatch):
    site.synchroniser.read_ahead(lambda: False)
    read_table, reads = reading_module.read_table, []
    monkeypatch.setattr(reading_module, "read_table", lambda *args: reads.append(args) or read_table(*args))
    assert site.sync().result is Result.UNCHANGED
    site.synchroniser.read_ahead(lambda: False)
    assert reads == []


def test_a_list_that_another_worker_has_read_on_a_new_day_is_read_ahead_on_that_day(site, parsed):
    site.synchroniser.read_ahead(lambda: False)
    late = site.synchroniser
    site.day += timedelta(days=1)
    site.restart()
    site.sync()
    before = len(parsed)
    assert late.run(str(site.list)).result is Result.UNCHANGED
    assert len(parsed) == before
    late.read_ahead(lambda: False)
    assert len(parsed) == before + len(EVERYBODY)


def test_reading_ahead_ends_when_the_worker_is_told_to_stop(site, parsed, monkeypatch):
    monkeypatch.setattr(reading_module, "_ROWS_BETWEEN_TELLING", 3)
    site.synchroniser.read_ahead(lambda: True)
    assert len(parsed) == 3


@pytest.mark.parametrize("fault", [SourceUnreadable("no table at all"), RuntimeError("a fault of ours")])
def test_a_list_accepted_before_stays_accepted_though_reading_it_ahead_fails(site, parsed, monkeypatch, fault):
    def fail(*_):
        raise fault

    with monkeypatch.context() as patch:
        patch.setattr(reading_module, "read_table", fail)
        site.synchroniser.read_ahead(lambda: False)
    assert site.last_sync()["result"] == "unchanged"
    assert site.write_and_sync([*EVERYBODY, row(5, ppo_ref="B90")]).added == ("B90",)
