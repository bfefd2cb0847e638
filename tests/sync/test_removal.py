"""`confirm_removal`: a person absent from the list is gone once an administrator says so, and not before."""

from datetime import timedelta

import pytest
from listed import DAY, EVERYBODY, FullDisk, row

from flagging.errors import EditionUnverified, PublishConflict, RegisterChangeRefused
from flagging.register.chunks import chunk_key
from flagging.register.publication import LOCK
from flagging.register.store import POINTER
from flagging.sync.acts import Recorder
from flagging.sync.removal import Removals, confirm_removal
from flagging.sync.report import Result
from flagging.terms import Status

REASON = "moved abroad, agreed by the forum of 2 March"


@pytest.fixture
def missing(site):
    """A site from whose list B00 has dropped out."""
    site.write_and_sync(EVERYBODY[1:])
    assert site.records()["B00"].missing_since == DAY
    return site


def confirm(site, ref="B00", reason=REASON, seen=0):
    recorder = Recorder(site.spool, "shell:admin", "A-17")
    removals = Removals(site.synchroniser.publisher, site.synchroniser.notes, recorder, seen)
    return confirm_removal(removals, ref, reason, site.day)


def test_absence_alone_removes_nobody(missing):
    for _ in range(3):
        missing.day += timedelta(days=400)
        report = missing.sync()
        assert report.missing == ("B00",)
    assert missing.records()["B00"].status is Status.ACTIVE


def test_confirmed_a_missing_person_is_former_from_that_day(missing):
    missing.day += timedelta(days=5)
    confirmed = confirm(missing)
    record = missing.records()["B00"]
    assert (record.status, record.removed_on, record.missing_since) == (Status.FORMER, missing.day, None)
    assert (confirmed.record, confirmed.edition) == (record, 3)
    assert len(missing.records()) == 20


def test_it_follows_the_way_of_every_removal_from_then_on(missing):
    confirm(missing)
    for _ in range(2):
        assert missing.sync().result is Result.UNCHANGED
    assert missing.write_and_sync([*EVERYBODY[1:], row(5, ppo_ref="B90")]).missing == ()
    assert missing.records()["B00"].removed_on == DAY
    missing.day += timedelta(days=366)
    assert missing.sync().erased == ("B00",)


def test_the_list_has_the_last_word_should_it_tell_of_them_again(missing):
    confirm(missing)
    assert missing.write_and_sync(EVERYBODY).changed == ("B00",)
    assert missing.records()["B00"].status is Status.ACTIVE


def test_it_makes_the_register_neither_fresher_nor_of_another_list(missing):
    before, was = missing.store.look(), missing.manifest()
    confirm(missing)
    after, manifest = missing.store.look(), missing.manifest()
    assert (after.heartbeat.checked_at, after.heartbeat.list_dated) == (
        before.heartbeat.checked_at, before.heartbeat.list_dated,
    )  # fmt: skip
    assert after.heartbeat.fingerprint == manifest.fingerprint
    assert (manifest.list_digest, manifest.listed_count) == (was.list_digest, was.listed_count)
    assert after.last_sync == before.last_sync


def test_it_is_on_record_and_among_the_reports(missing):
    confirm(missing)
    (entry,) = missing.entries()
    assert entry.items() >= {
        "kind": "removal_confirmed", "caller": "shell:admin", "operator": "A-17", "reason": REASON, "refs": ["B00"],
        "edition": 3,
    }.items()  # fmt: skip
    report = missing.reports()[0]
    assert (report["source"], report["removed"], report["edition"], report["reason"]) == (
        "removal confirmed", ["B00"], 3, REASON,
    )  # fmt: skip


def test_saying_it_twice_changes_nothing_more(missing):
    confirm(missing)
    before = missing.pointer()
    again = confirm(missing)
    assert (again.edition, again.record.removed_on) == (None, DAY)
    assert missing.pointer() == before
    assert len(missing.entries()) == 1


def test_nor_does_it_for_somebody_whom_the_list_has_removed(site):
    site.write_and_sync([row(0, status="removed", removed_on=DAY.isoformat()), *EVERYBODY[1:]])
    assert confirm(site).edition is None


@pytest.mark.parametrize(
    ("ref", "why"),
    [("B01", "the list still tells of this person"), ("B99", "holds nobody under this reference")],
    ids=["on-the-list", "unknown"],
)
def test_nobody_else_can_be_removed_so(missing, ref, why):
    before = missing.client.get(POINTER)
    with pytest.raises(RegisterChangeRefused, match=f"{ref}: .*{why}"):
        confirm(missing, ref)
    assert missing.client.get(POINTER) == before
    assert missing.entries() == []


def test_somebody_whose_row_cannot_be_read_is_on_the_list(site):
    site.write_and_sync([row(0, status="?"), *EVERYBODY[1:]])
    with pytest.raises(RegisterChangeRefused, match="still tells"):
        confirm(site)


@pytest.mark.parametrize("spool", [FullDisk(), None], ids=["full-disk", "no-spool"])
def test_what_cannot_be_recorded_is_not_done(missing, spool):
    missing.spool, kept = spool, missing.spool
    with pytest.raises(RegisterChangeRefused, match="cannot be recorded"):
        confirm(missing)
    assert missing.records()["B00"].status is Status.ACTIVE
    missing.spool = kept


def test_while_another_publishes_or_redis_is_damaged_nothing_is_done(missing):
    missing.client.set(LOCK, "another")
    with pytest.raises(PublishConflict):
        confirm(missing)
    missing.client.delete(LOCK, chunk_key(2, 0))
    with pytest.raises(EditionUnverified):
        confirm(missing)
    missing.client.delete(POINTER)
    with pytest.raises(EditionUnverified, match="holds no register"):
        confirm(missing)
    assert missing.entries() == []


def test_in_an_old_copy_of_redis_nothing_is_changed(missing):
    """Built on what is older than what servers hold, it would take its place."""
    seen = missing.pointer().generation
    assert confirm(missing, "B00", seen=seen).edition == 3
    with pytest.raises(EditionUnverified, match="old copy"):
        confirm(missing, "B00", seen=missing.pointer().generation + 1)


def test_an_edition_that_holds_holds_on(missing):
    missing.write_and_sync([*EVERYBODY[1:], row(5, ppo_ref="B90")])
    missing.go_back(2)
    hold = missing.pointer().hold
    confirm(missing)
    assert (missing.pointer().hold, missing.pointer().because) == (hold, "rolled back")
    assert missing.sync().result is Result.UNCHANGED
    assert missing.records()["B00"].status is Status.FORMER
    assert "B90" not in missing.records()
