"""One sync after another: the list becomes the register, or leaves it as it is and says why."""

import csv
import time
from datetime import date, timedelta

import pytest
from editions import (
    KEYRING,
    LIMITS,
    OTHER_KEYRING,
    ROTATED_KEYRING,
    configuration,
    content_of,
    date_file,
    fake_redis,
    flip,
    publisher,
)

from flagging.errors import EditionUnverified, KeyUnknown, PublishConflict, StoreUnreachable
from flagging.matching.derived import MATCHING_VERSION
from flagging.register.chunks import chunk_key, manifest_key, report_key
from flagging.register.live import LiveRegister
from flagging.register.manifest import Heartbeat
from flagging.register.replica import ReplicaFile
from flagging.register.store import HEARTBEAT, LAST_REPORT, LAST_SYNC, LOCK, POINTER, EditionStore
from flagging.sync import publish as publish_module
from flagging.sync.guards import Guards
from flagging.sync.report import Result
from flagging.sync.synchronise import Synchroniser, london_today
from flagging.terms import Status

DAY = date(2026, 3, 2)
NAMES = [
    "Alder",
    "Birch",
    "Cedar",
    "Dogwood",
    "Elder",
    "Fir",
    "Gorse",
    "Hawthorn",
    "Ivy",
    "Juniper",
    "Kerria",
    "Larch",
    "Maple",
    "Nettle",
    "Oak",
    "Pine",
    "Quince",
    "Rowan",
    "Spruce",
    "Thistle",
]
COLUMNS = [
    *("ppo_ref", "status", "family_name", "given_names", "date_of_birth", "police_om_phone", "removed_on"),
    "scheme",
]


def row(number, **changes):
    return {
        "ppo_ref": f"B{number:02}",
        "status": "active",
        "family_name": NAMES[number % 20],
        "given_names": "Alex",
        "date_of_birth": f"19{70 + number % 30}-05-17",
        "police_om_phone": "0121 496 0701",
    } | changes


EVERYBODY = [row(number) for number in range(20)]


class Site:
    """A list on disk, a Redis, and the synchroniser of a worker that works there."""

    def __init__(self, directory, client):
        self.client = client
        self.list = directory / "list.csv"
        self.day = DAY
        self.dated = time.time() - 100_000
        self.guards = Guards()
        self.has_disk = False
        self.restart()

    def restart(self, keyring=KEYRING):
        """Have another worker, which remembers nothing."""
        self.store = EditionStore(self.client, keyring)
        self.synchroniser = Synchroniser(
            publisher=publisher(self.store),
            form=configuration().master_list,
            known_ocus=frozenset(configuration().directory.ocus),
            guards=self.guards,
            former_days=365,
            today=lambda: self.day,
            replica=ReplicaFile(self.list.parent / "state", self.store) if self.has_disk else None,
        )

    def write(self, rows, *, later=60):
        with self.list.open("w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        self.date(later)

    def date(self, later):
        self.dated += later
        date_file(self.list, self.dated)

    def sync(self, **options):
        return self.synchroniser.run(str(self.list), **options)

    def write_and_sync(self, rows, **options):
        self.write(rows)
        return self.sync(**options)

    def records(self):
        """Everybody in what a server that starts now would hold."""
        register = LiveRegister(self.store, LIMITS)
        register.look(wait=True)
        return {record.ppo_ref: record for record in register.held.edition.index.records}

    def manifest(self):
        return self.store.manifest(self.store.look().pointer.edition)

    def last_sync(self):
        return self.store.look().last_sync


@pytest.fixture(params=["fake", "real"])
def client(request):
    return fake_redis() if request.param == "fake" else request.getfixturevalue("redis_client")


@pytest.fixture
def site(tmp_path, client):
    """A site whose register is what the list says."""
    site = Site(tmp_path, client)
    assert site.write_and_sync(EVERYBODY).result is Result.PUBLISHED
    return site


# -- published, unchanged --------------------------------------------------------------------------------------------


def test_a_first_list_becomes_the_register(site):
    assert site.records().keys() == {f"B{number:02}" for number in range(20)}
    manifest = site.manifest()
    assert (manifest.number, manifest.list_name, manifest.listed_count) == (1, "list.csv", 20)
    assert manifest.list_dated == pytest.approx(site.dated, abs=1e-3)
    assert site.last_sync()["result"] == "published"
    assert site.last_sync()["counts"]["added"] == 20
    assert site.store.last_report()["edition"] == 1
    assert site.store.documents.read(report_key(1))["added"] == site.store.last_report()["added"]


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
    site.synchroniser._beat(site.store.look(), 1, now + 3600)
    heartbeat = site.store.look().heartbeat
    assert heartbeat.list_dated == heartbeat.checked_at


# -- refused, unreadable ---------------------------------------------------------------------------------------------


def test_a_refused_list_leaves_register_and_heartbeat_and_says_why(site):
    before = {key: site.client.get(key) for key in (POINTER, HEARTBEAT)}
    report = site.write_and_sync(EVERYBODY[:15])
    assert (report.result, report.guard, report.edition) == (Result.REFUSED, "count_drop", None)
    assert {key: site.client.get(key) for key in before} == before
    assert site.store.kept() == [1]
    assert (site.last_sync()["result"], site.last_sync()["guard"]) == ("refused", "count_drop")
    assert site.last_sync()["reason"] == report.reason
    assert site.store.last_report()["result"] == "refused"


def test_a_refused_list_is_refused_again_and_never_taken_for_unchanged(site):
    site.write(EVERYBODY[:15])
    beat = site.client.get(HEARTBEAT)
    for _ in range(3):
        assert site.sync().result is Result.REFUSED
    site.restart()
    assert site.sync().result is Result.REFUSED
    assert site.client.get(HEARTBEAT) == beat


def test_the_list_accepted_before_a_refusal_is_still_known_after_it(site):
    accepted = site.last_sync()["accepted"]
    site.write_and_sync(EVERYBODY[:15])
    assert site.last_sync()["accepted"] == accepted
    assert site.write_and_sync(EVERYBODY).result is Result.UNCHANGED


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_bytes(b"\xff\xfea")])
def test_an_unreadable_list_is_reported_and_leaves_register_and_heartbeat(site, spoil):
    before = {key: site.client.get(key) for key in (POINTER, HEARTBEAT)}
    accepted = site.last_sync()["accepted"]
    spoil(site.list)
    report = site.sync()
    assert report.result is Result.UNREADABLE
    assert report.reason
    assert {key: site.client.get(key) for key in before} == before
    assert (site.last_sync()["result"], site.last_sync()["reason"]) == ("unreadable", report.reason)
    assert site.last_sync()["accepted"] == accepted
    assert site.store.last_report()["result"] == "unreadable"


def test_before_any_edition_an_empty_list_is_refused(tmp_path, client):
    site = Site(tmp_path, client)
    assert site.write_and_sync([]).guard == "empty"
    assert site.store.look().pointer is None


# -- forced ----------------------------------------------------------------------------------------------------------


def test_a_refused_list_is_published_on_an_administrators_word_and_the_reason_kept(site):
    site.write(EVERYBODY[:15])
    report = site.sync(force_reason="area F3 has left the scheme")
    assert (report.result, report.edition) == (Result.PUBLISHED, 2)
    assert report.forced == ("count_drop",)
    assert site.last_sync()["reason"] == "area F3 has left the scheme"
    kept = site.store.documents.read(report_key(2))
    assert (kept["forced"], kept["reason"]) == (["count_drop"], "area F3 has left the scheme")
    assert sum(record.missing_since == DAY for record in site.records().values()) == 5


def test_no_reason_no_force(site):
    site.write(EVERYBODY[:15])
    assert site.sync(force_reason="").result is Result.REFUSED


def test_a_reason_where_no_guard_objects_is_not_kept_as_if_one_had(site):
    report = site.write_and_sync([*EVERYBODY, row(5, ppo_ref="B90")], force_reason="just in case")
    assert (report.result, report.forced, report.reason) == (Result.PUBLISHED, (), None)


def unreadable_rows(number):
    return [row(each, ppo_ref=f"B{each:02}", status="?") for each in range(number)]


def test_a_forced_list_is_not_refused_again_the_next_day(site):
    spoilt = [*unreadable_rows(5), *EVERYBODY[5:]]
    assert site.write_and_sync(spoilt).guard == "reject_rate"
    assert site.sync(force_reason="known, being mended").result is Result.PUBLISHED
    for _ in range(3):
        site.day += timedelta(days=1)
        assert site.sync().result is Result.UNCHANGED
        assert site.sync().result is Result.UNCHANGED


def test_a_forced_list_is_published_again_after_a_flush(site):
    site.write([*unreadable_rows(5), *EVERYBODY[5:]])
    site.sync(force_reason="known, being mended")
    site.client.flushall()
    assert site.sync().result is Result.PUBLISHED
    assert len(site.records()) == 20


def test_a_forced_list_that_changes_nobody_is_an_edition_all_the_same(site):
    site.write(EVERYBODY[::-1], later=-60)
    assert site.sync().guard == "list_date"
    report = site.sync(force_reason="restored from the copy of last night")
    assert (report.result, report.edition) == (Result.PUBLISHED, 2)
    site.day += timedelta(days=1)
    assert site.sync().result is Result.UNCHANGED


def test_the_guards_go_on_watching_after_a_forced_list(site):
    site.write(EVERYBODY[:15])
    site.sync(force_reason="area F3 has left the scheme")
    assert site.write_and_sync(EVERYBODY[:10]).guard == "count_drop"


# -- the next day ----------------------------------------------------------------------------------------------------


def test_former_people_are_forgotten_when_the_time_is_up_though_the_list_stays_the_same(site):
    gone = row(0, status="removed", removed_on=(DAY - timedelta(days=365)).isoformat())
    site.write_and_sync([gone, *EVERYBODY[1:]])
    assert site.records()["B00"].status is Status.FORMER
    assert site.sync().result is Result.UNCHANGED
    site.day += timedelta(days=1)
    report = site.sync()
    assert (report.result, report.erased) == (Result.PUBLISHED, ("B00",))
    assert "B00" not in site.records()
    assert site.sync().result is Result.UNCHANGED


@pytest.mark.parametrize("accepted", [EVERYBODY, EVERYBODY[::-1]], ids=["published", "unchanged"])
def test_an_accepted_list_restored_with_an_older_date_is_not_refused_the_next_day(site, accepted):
    site.write_and_sync(accepted)
    site.date(later=-3600)
    assert site.sync().result is Result.UNCHANGED
    site.day += timedelta(days=1)
    assert site.sync().result is Result.UNCHANGED


def test_the_register_changes_its_day_in_london():
    assert abs(london_today() - date.today()) <= timedelta(days=1)  # noqa: DTZ011


# -- going back ------------------------------------------------------------------------------------------------------


def test_an_edition_gone_back_to_holds_from_day_to_day_until_another_list_arrives(site):
    first_dated = site.manifest().list_dated
    site.write_and_sync([*EVERYBODY, row(5, ppo_ref="B90")])
    site.synchroniser.publisher.roll_back(1)
    pointer = site.store.look().pointer
    for _ in range(3):
        for _ in range(2):
            assert site.sync().result is Result.UNCHANGED
            sighting = site.store.look()
            assert sighting.pointer == pointer
            assert sighting.now - sighting.heartbeat.checked_at < 60
            assert sighting.heartbeat.list_dated == first_dated, "it passes for what the newer list says"
        site.day += timedelta(days=1)
        site.restart()
    assert "B90" not in site.records()
    report = site.write_and_sync([*EVERYBODY, row(6, ppo_ref="B91")])
    assert (report.result, report.edition) == (Result.PUBLISHED, 3)
    assert site.records().keys() >= {"B00", "B91"}


def test_a_refused_list_does_not_end_it_either(site):
    site.write_and_sync([*EVERYBODY, row(5, ppo_ref="B90")])
    site.synchroniser.publisher.roll_back(1)
    assert site.write_and_sync(EVERYBODY[:10]).result is Result.REFUSED
    assert site.store.look().pointer.edition == 1


# -- what Redis has lost ---------------------------------------------------------------------------------------------


MENDED = [row(0, status="?"), *EVERYBODY[2:], row(7, ppo_ref="B91", status="?")]
"""B00 cannot be read, B01 has dropped out of the list, B91 is nobody known."""


@pytest.fixture
def worn(site):
    """A site whose register knows more than its list says."""
    site.guards = Guards(reject_rate=0.2)
    site.restart()
    site.write_and_sync(EVERYBODY)
    assert site.write_and_sync(MENDED).result is Result.PUBLISHED
    return site


def assert_intact(site):
    records = site.records()
    assert records.keys() == {f"B{number:02}" for number in range(20)}
    assert records["B00"].identity.personas[0].name.family == ("alder",)
    assert records["B01"].missing_since == DAY
    assert site.manifest().caveats == ("1 row of the master list could not be read",)
    assert site.store.is_whole(site.manifest())


def test_after_a_flush_the_register_is_published_again_with_all_it_knew(worn):
    generation, number = worn.store.look().pointer.generation, worn.manifest().number
    worn.client.flushall()
    worn.day += timedelta(days=3)
    report = worn.sync()
    assert report.result is Result.PUBLISHED
    assert report.edition > number
    assert worn.store.look().pointer.generation > generation
    assert_intact(worn)


def test_a_worker_that_never_published_remembers_the_register_as_well(worn):
    worn.restart()
    assert worn.sync().result is Result.UNCHANGED
    worn.synchroniser.remember()
    worn.client.flushall()
    assert worn.sync().result is Result.PUBLISHED
    assert_intact(worn)


def test_a_worker_remembers_what_another_has_published_since(worn):
    other = worn.synchroniser
    other.remember()
    worn.restart()
    worn.write_and_sync([*MENDED, row(7, ppo_ref="B92")])
    other.remember()
    worn.client.flushall()
    worn.write(MENDED)
    worn.synchroniser = other
    assert worn.sync().result is Result.PUBLISHED
    assert "B92" in worn.records()


def test_remembering_an_edition_that_no_longer_verifies_keeps_the_one_remembered(worn):
    worn.synchroniser.remember()
    worn.client.delete(chunk_key(worn.manifest().number, 0))
    worn.synchroniser.remember()
    worn.client.flushall()
    worn.sync()
    assert_intact(worn)


LOSSES = {
    "the pointer": lambda client, number: client.delete(POINTER),
    "the pointer, altered": lambda client, number: client.set(POINTER, b"garbage"),
    "pointer and notes": lambda client, number: client.delete(POINTER, HEARTBEAT, LAST_SYNC, LAST_REPORT),
    "the manifest": lambda client, number: client.delete(manifest_key(number)),
    "a chunk": lambda client, number: client.delete(chunk_key(number, 0)),
    "a chunk, altered": lambda client, number: client.set(
        chunk_key(number, 0), flip(client.get(chunk_key(number, 0)), -1)
    ),
}


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("is_new", [False, True], ids=["same-worker", "new-worker"])
def test_what_redis_has_lost_in_part_is_published_again_with_all_that_is_still_known(worn, lose, is_new):
    changed = [row(2, police_om_phone="0121 496 0702") if each["ppo_ref"] == "B02" else each for each in MENDED]
    assert worn.write_and_sync(changed).edition == 3  # so there are two that know of everybody
    lose(worn.client, worn.store.look().pointer.edition)
    worn.day += timedelta(days=1)
    if is_new:
        worn.restart()
    assert worn.sync().result is Result.PUBLISHED
    assert_intact(worn)
    assert worn.sync().result is Result.UNCHANGED


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
def test_the_guards_go_on_watching_though_redis_has_lost_something(worn, lose):
    lose(worn.client, worn.store.look().pointer.edition)
    worn.restart()
    assert worn.write_and_sync(EVERYBODY[:5]).guard == "count_drop"


def test_the_guards_go_on_watching_after_a_flush(worn):
    worn.client.flushall()
    assert worn.write_and_sync(EVERYBODY[:5]).guard == "count_drop"
    assert worn.store.look().pointer is None
    assert worn.write_and_sync(EVERYBODY).result is Result.PUBLISHED


def test_a_new_worker_after_a_flush_builds_on_what_the_last_one_kept_on_disk(worn):
    worn.has_disk = True
    worn.restart()
    worn.write_and_sync([*MENDED, row(7, ppo_ref="B92")])
    worn.client.flushall()
    worn.restart()
    assert worn.write_and_sync(EVERYBODY[:5]).guard == "count_drop"
    assert worn.store.look().pointer is None
    assert worn.write_and_sync(MENDED).result is Result.PUBLISHED
    assert {"B01", "B92"} <= worn.records().keys()


@pytest.mark.parametrize("changed", [{"status": "removed"}, {"scheme": "POPP"}], ids=["all-removed", "all-on-POPP"])
def test_a_list_that_would_unflag_everybody_is_refused(site, changed):
    site.write_and_sync(EVERYBODY)
    report = site.write_and_sync([each | changed for each in EVERYBODY])
    assert (report.result, report.guard) == (Result.REFUSED, "unflagged")
    assert site.manifest().counts.active == len(EVERYBODY)


@pytest.mark.parametrize("key", [HEARTBEAT, LAST_SYNC])
def test_an_altered_note_is_written_anew(site, key):
    site.client.set(key, b"garbage")
    assert site.sync().result is Result.UNCHANGED
    sighting = site.store.look()
    assert sighting.altered == ()
    assert sighting.heartbeat.edition == sighting.pointer.edition == 1
    assert site.sync().result is Result.UNCHANGED


def test_nothing_is_taken_for_settled_that_the_edition_was_not_accepted_for(site):
    """The worker loses Redis after the switch and before its note; then the list becomes what it was before."""
    removed = [row(0, status="removed"), *EVERYBODY[1:]]
    note = site.store.note_sync
    site.store.note_sync = fail_once(site.store, note)
    site.write(removed)
    with pytest.raises(StoreUnreachable):
        site.sync()
    assert site.records()["B00"].status is Status.FORMER
    assert site.write_and_sync(EVERYBODY).result is Result.PUBLISHED
    assert site.records()["B00"].status is Status.ACTIVE


def fail_once(store, note):
    def fail(*_args):
        store.note_sync = note
        raise StoreUnreachable("Redis: TimeoutError")

    return fail


def test_a_note_that_could_not_be_written_is_made_up_for(site):
    site.store.note_sync = fail_once(site.store, site.store.note_sync)
    site.write([*EVERYBODY, row(5, ppo_ref="B90")])
    with pytest.raises(StoreUnreachable):
        site.sync()
    assert site.sync().result is Result.UNCHANGED
    assert site.store.kept() == [1, 2]
    assert site.last_sync()["accepted"]["edition"] == 2


# -- dry run ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (EVERYBODY, Result.DRY_RUN),
        ([*EVERYBODY, row(5, ppo_ref="B90")], Result.DRY_RUN),
        (EVERYBODY[:10], Result.REFUSED),
        (None, Result.UNREADABLE),
    ],
    ids=["unchanged", "changed", "refused", "unreadable"],
)
@pytest.mark.parametrize("state", ["whole", "flushed", "pointer lost"])
def test_a_dry_run_changes_nothing(site, rows, expected, state):
    if state == "flushed":
        site.client.flushall()
    if state == "pointer lost":
        site.client.delete(POINTER)
    if rows is None:
        site.list.unlink()
    else:
        site.write(rows)
    before = content_of(site.client)
    assert site.sync(is_dry=True).result is expected
    assert content_of(site.client) == before


def test_a_dry_run_says_what_would_happen(site):
    site.write([*EVERYBODY[1:], row(5, ppo_ref="B90")])
    report = site.sync(is_dry=True)
    assert (report.added, report.missing, report.edition) == (("B90",), ("B00",), None)
    assert site.sync(is_dry=True, force_reason="sure").forced == ()
    site.write(EVERYBODY[:10])
    assert site.sync(is_dry=True, force_reason="sure").forced == ("count_drop",)


# -- other versions, other keys --------------------------------------------------------------------------------------


def test_another_matching_version_publishes_the_register_anew(worn, monkeypatch):
    worn.restart()
    for module in ("flagging.sync.synchronise", "flagging.sync.publish", "flagging.register.edition"):
        monkeypatch.setattr(f"{module}.MATCHING_VERSION", MATCHING_VERSION + 1)
    assert worn.sync().result is Result.PUBLISHED
    assert worn.manifest().matching_version == MATCHING_VERSION + 1
    assert_intact(worn)
    assert worn.sync().result is Result.UNCHANGED


def test_a_new_key_publishes_the_register_anew(worn):
    worn.restart(ROTATED_KEYRING)
    assert worn.sync().result is Result.PUBLISHED
    assert worn.manifest().key_id == "k-new"
    assert_intact(worn)
    worn.restart(OTHER_KEYRING)
    assert_intact(worn)
    assert worn.sync().result is Result.UNCHANGED


def test_a_worker_with_the_wrong_key_file_changes_nothing(site):
    before = content_of(site.client)
    site.restart(OTHER_KEYRING)
    with pytest.raises(KeyUnknown):
        site.sync()
    assert content_of(site.client) == before


def test_a_worker_of_another_version_changes_nothing(site):
    site.store.documents.write(POINTER, {"edition": 1, "generation": 2, "because": "published", "more": 1})
    before = content_of(site.client)
    with pytest.raises(EditionUnverified):
        site.sync()
    assert content_of(site.client) == before


# -- several workers -------------------------------------------------------------------------------------------------


def test_while_another_worker_publishes_this_one_says_so_and_notes_nothing(site):
    site.write([*EVERYBODY, row(5, ppo_ref="B90")])
    site.client.set(LOCK, 99)
    before = site.client.get(LAST_SYNC)
    with pytest.raises(PublishConflict):
        site.sync()
    assert site.client.get(LAST_SYNC) == before
    site.client.delete(LOCK)
    assert site.sync().result is Result.PUBLISHED


def test_an_edition_that_does_not_verify_after_writing_is_not_noted_as_accepted(site, monkeypatch):
    def fail(*_args):
        raise EditionUnverified("edition 2: a canary lookup does not find its own record")

    monkeypatch.setattr(publish_module, "load_edition", fail)
    site.write([*EVERYBODY, row(5, ppo_ref="B90")])
    for _ in range(2):
        with pytest.raises(EditionUnverified):
            site.sync()
    assert site.store.look().pointer.edition == 1
    assert site.last_sync()["result"] == "published"
    monkeypatch.undo()
    assert site.sync().result is Result.PUBLISHED


def test_an_edition_published_from_another_list_is_not_taken_for_what_this_list_says(site):
    other = site.list.with_name("other.csv")
    mine, site.list = site.list, other
    site.write_and_sync([row(0, status="removed"), *EVERYBODY[1:]])
    assert site.records()["B00"].status is Status.FORMER
    site.list = mine
    site.date(later=60)
    assert site.sync().result is Result.PUBLISHED
    assert site.records()["B00"].status is Status.ACTIVE


def test_the_date_of_a_heartbeat_for_another_edition_is_not_held_against_a_list(site):
    site.store.beat(Heartbeat(77, site.store.look().now, site.dated + 50_000))
    assert site.write_and_sync([*EVERYBODY, row(5, ppo_ref="B90")]).result is Result.PUBLISHED


def test_a_list_older_than_the_one_last_checked_is_refused(site):
    site.date(later=600)
    site.sync()
    site.write([*EVERYBODY, row(5, ppo_ref="B90")], later=-300)
    assert site.sync().guard == "list_date"


def test_a_lagging_redis_that_points_to_an_earlier_edition_is_brought_up_to_the_list(site):
    earlier = {key: site.client.get(key) for key in (POINTER, HEARTBEAT, LAST_SYNC)}
    site.write_and_sync([row(0, status="removed"), *EVERYBODY[1:]])
    newest = site.store.look().pointer
    for key, value in earlier.items():
        site.client.set(key, value)
    assert site.sync().result is Result.PUBLISHED
    assert site.store.look().pointer.generation > newest.generation
    assert site.records()["B00"].status is Status.FORMER


def test_an_earlier_pointer_put_back_alone_is_not_vouched_for(site):
    earlier = site.client.get(POINTER)
    site.write_and_sync([row(0, status="removed"), *EVERYBODY[1:]])
    site.client.set(POINTER, earlier)
    assert site.sync().result is Result.PUBLISHED
    assert site.records()["B00"].status is Status.FORMER


def test_an_old_copy_of_redis_put_back_counts_as_lost_and_costs_nobody_their_place(site):
    site.write_and_sync(EVERYBODY)
    old = site.client.get(POINTER)
    site.write_and_sync([*EVERYBODY, row(7, ppo_ref="B92")])
    site.write_and_sync(EVERYBODY)
    site.client.set(POINTER, old)
    report = site.sync()
    assert (report.result, report.edition) == (Result.PUBLISHED, 4)
    assert site.records()["B92"].missing_since == DAY


def test_a_clock_of_redis_that_was_set_back_keeps_no_new_edition_from_being_followed(site):
    site.write_and_sync(EVERYBODY)
    seen = site.synchroniser.generation = site.store.look().pointer.generation + 10**9
    assert site.sync().result is Result.PUBLISHED
    assert site.store.look().pointer.generation == seen + 1
    assert site.sync().result is Result.UNCHANGED
