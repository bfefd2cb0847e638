"""An edition exists in memory only if everything its manifest promises was found."""

from dataclasses import replace

import pytest
from editions import (
    FORMER,
    KEYRING,
    MISSING,
    NEWCOMER,
    OTHER_KEYRING,
    PEOPLE,
    ROTATED_KEYRING,
    SAMPLE,
    SPECIMEN,
    build,
    configuration,
    person,
)

from flagging.errors import EditionUnverified
from flagging.identity.person import Identity
from flagging.matching.derived import MATCHING_VERSION, derive
from flagging.matching.search import search
from flagging.register import chunks as chunks_module
from flagging.register.edition import RECORDS_PER_SLICE, count, load_edition, load_records
from flagging.register.manifest import FORMAT, Counts, Manifest
from flagging.sealing import Purpose

SEAL = KEYRING.seal_for(Purpose.EDITION)


@pytest.fixture(autouse=True)
def _two_to_a_chunk(monkeypatch):
    monkeypatch.setattr(chunks_module, "RECORDS_PER_CHUNK", 2)


def load(built, seal=SEAL):
    return load_edition(built.manifest, built.read, seal, lambda: None)


def test_everybody_of_a_loaded_edition_is_found():
    edition = load(build())
    assert edition.index.records == list(PEOPLE)
    for record in PEOPLE:
        found = search(record.identity, edition.index, configuration().matching, lambda: False)
        assert record in [match.record for match in found.matches]


def after(before, built):
    return load_edition(built.manifest, built.read, SEAL, lambda: None, before.by_row)


def test_a_record_that_is_the_same_in_the_edition_before_is_taken_over_and_no_other():
    before = load(build())
    altered = replace(SPECIMEN, home_ocu="F9")
    edition = after(before, build((FORMER, SAMPLE, altered, NEWCOMER), number=8))
    assert edition.index.records == [FORMER, SAMPLE, altered, NEWCOMER]
    known = {id(record) for record in before.index.records}
    assert [id(record) in known for record in edition.index.records] == [True, True, False, False]
    found = search(FORMER.identity, edition.index, configuration().matching, lambda: False)
    assert [match.record for match in found.matches] == [FORMER]


def test_an_edition_is_verified_though_all_its_records_are_known():
    before, built = load(build()), build(number=8)
    for fault in ({"counts": Counts(9, 0, 0)}, {"content_digest": "0" * 64}, {"canaries": ("T-9",)}):
        with pytest.raises(EditionUnverified):
            after(before, replace(built, manifest=replace(built.manifest, **fault)))


def test_an_edition_of_nobody_can_be_loaded():
    built = build(())
    assert len(load(built).index) == 0
    assert built.manifest.counts == Counts(0, 0, 0)


def test_counts_are_of_active_former_and_missing_people():
    assert count(PEOPLE) == Counts(active=3, former=1, missing=1)
    assert count(PEOPLE).records == 4


def test_it_pauses_after_every_slice():
    pauses = []
    built = build([person(f"T-{number}", "sampleton") for number in range(2 * RECORDS_PER_SLICE + 1)])
    load_edition(built.manifest, built.read, SEAL, lambda: pauses.append(None))
    assert len(pauses) == 2


DIGEST = "0" * 64
FALSE_MANIFESTS = {
    "of another format": {"format": FORMAT + 1},
    "of an older format": {"format": 0},
    "with another digest of the content": {"content_digest": DIGEST},
    "with one active person too many": {"counts": Counts(4, 1, 1)},
    "with a former person too few": {"counts": Counts(3, 0, 1)},
    "with active and former people exchanged": {"counts": Counts(1, 3, 1)},
    "with another count of missing people": {"counts": Counts(3, 1, 0)},
    "with another digest of a chunk": {"chunk_digests": (build().manifest.chunk_digests[0], DIGEST)},
}
FALSE_MATCHING = {
    "of another matching version": {"matching_version": MATCHING_VERSION + 1},
    "of an older matching version": {"matching_version": MATCHING_VERSION - 1},
}
FALSE_CANARIES = {
    "with a canary that is nobody": {"canaries": ("T-1", "T-9")},
    "with a canary named twice": {"canaries": ("T-1", "T-1")},
}


FALSE = FALSE_MANIFESTS | FALSE_MATCHING | FALSE_CANARIES


@pytest.mark.parametrize("changes", FALSE.values(), ids=FALSE)
def test_an_edition_that_is_not_as_its_manifest_says_is_refused(changes):
    with pytest.raises(EditionUnverified):
        load(build(**changes))


@pytest.mark.parametrize("changes", FALSE_MANIFESTS.values(), ids=FALSE_MANIFESTS)
def test_nothing_is_built_on_an_edition_that_is_not_as_its_manifest_says(changes):
    built = build(**changes)
    with pytest.raises(EditionUnverified):
        load_records(built.manifest, built.read, SEAL)


def test_a_chunk_left_out_of_the_manifest_is_missed():
    built = build()
    shorter = replace(built, manifest=replace(built.manifest, chunk_digests=built.manifest.chunk_digests[:1]))
    with pytest.raises(EditionUnverified, match="digest of its records"):
        load(shorter)


def test_a_chunk_that_the_manifest_names_and_that_is_not_there_is_missed():
    built = build()
    with pytest.raises(EditionUnverified, match="chunk:1: missing"):
        load(replace(built, chunks=built.chunks[:1]))


def test_one_reference_for_two_people_is_refused():
    twice = (SAMPLE, replace(SPECIMEN, ppo_ref=SAMPLE.ppo_ref))
    for load_it in (load, lambda built: load_records(built.manifest, built.read, SEAL)):
        with pytest.raises(EditionUnverified, match="count of its records"):
            load_it(build(twice, canaries=()))


def test_a_canary_that_its_own_identity_does_not_find_is_refused(monkeypatch):
    nobody = derive(Identity(()))
    monkeypatch.setattr(chunks_module, "derive", lambda _: nobody)
    with pytest.raises(EditionUnverified, match="not found by its own identity"):
        load(build())


def test_another_key_opens_no_edition():
    with pytest.raises(EditionUnverified):
        load(build(), OTHER_KEYRING.seal_for(Purpose.EDITION))


def test_after_a_rotation_an_edition_of_the_old_key_is_still_loaded():
    assert len(load(build(), ROTATED_KEYRING.seal_for(Purpose.EDITION)).index) == len(PEOPLE)


@pytest.mark.parametrize("changes", (FALSE_MATCHING | FALSE_CANARIES).values(), ids=FALSE_MATCHING | FALSE_CANARIES)
def test_the_records_of_an_edition_can_be_built_on_whatever_matching_makes_of_them(changes):
    built = build(**changes)
    assert load_records(built.manifest, built.read, SEAL) == {
        "T-1": SAMPLE, "T-2": SPECIMEN, "T-3": FORMER, "T-4": MISSING,
    }  # fmt: skip


def test_a_manifest_survives_its_dictionary():
    manifest = build().manifest
    assert Manifest.from_dict(manifest.to_dict()) == manifest


@pytest.mark.parametrize("missing", sorted(build().manifest.to_dict().keys() - {"format"}))
def test_a_dictionary_that_lacks_anything_is_no_manifest(missing):
    found = build().manifest.to_dict()
    del found[missing]
    with pytest.raises((KeyError, TypeError)):
        Manifest.from_dict(found)


@pytest.mark.parametrize(
    "found",
    [{}, {**build().manifest.to_dict(), "more": 1}, [], None, "text"],
    ids=["empty", "one-field-more", "list", "nothing", "text"],
)
def test_anything_else_is_no_manifest(found):
    with pytest.raises((KeyError, TypeError, ValueError)):
        Manifest.from_dict(found)
