"""Entries are found by whom they are about, by who asked and when; spellings meet."""

from datetime import UTC, datetime

import pytest
from kept import lookup

from flagging.entries import EntryKind, begin_entry
from flagging.errors import QuestionInvalid
from flagging.ledger.search import Sought

JASPER = {
    "family_name": "Quillfeather",
    "given_names": "Jasper Odo",
    "date_of_birth": "1983-02-11",
    "pnc_id": "01/171310W",
}
WILLIAM = {"family_name": "O'Brien", "given_names": "William", "date_of_birth": "1990"}
HAZEL = {"family_name": "Nettleship", "given_names": "Hazel", "approximate_age": 30}


@pytest.fixture
def three(kept):
    kept.record(
        lookup("2026-03-01T10:00:00.000Z", JASPER, refs=["TST-0001"], client_reference="jasper"),
        lookup(
            "2026-03-02T10:00:00.000Z", WILLIAM, caller="C-2", handles={"ab12": "TST-0009"}, client_reference="william"
        ),
        lookup("2026-03-03T10:00:00.000Z", HAZEL, client_reference="hazel"),
        begin_entry(EntryKind.ROLLBACK)
        | {"at": "2026-03-04T10:00:00.000Z", "caller": "shell:root", "operator": "A 17"},
    )
    return kept


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ({"family_name": "Quilfeather"}, ["jasper"]),
        ({"family_name": "QUILLFEATHER", "given_names": "jasper"}, ["jasper"]),
        ({"family_name": "Quillfeather", "given_names": "Hazel"}, []),
        ({"family_name": "obrien", "given_names": "Bill"}, ["william"]),
        ({"family_name": "Nettleship"}, ["hazel"]),
        ({"date_of_birth": "1983-02-11"}, ["jasper"]),
        ({"date_of_birth": "1983-11-02"}, ["jasper"]),
        ({"date_of_birth": "1983"}, ["jasper"]),
        ({"date_of_birth": "1990", "family_name": "O Brien"}, ["william"]),
        ({"identifier": "2001/0171310W"}, ["jasper"]),
        ({"ref": "tst-0001"}, ["jasper"]),
        ({"ref": "TST-0009"}, ["william"]),
        ({"handle": "ab12"}, ["william"]),
        ({"caller": "c-2"}, ["william"]),
        ({"operator": "47 11", "caller": "C-1"}, ["hazel", "jasper"]),
        ({"since": datetime(2026, 3, 2, 10, tzinfo=UTC), "kind": "lookup"}, ["hazel", "william"]),
        ({"until": datetime(2026, 3, 2, 10, tzinfo=UTC)}, ["jasper"]),
        ({"operator": "a17"}, [None]),
        ({"kind": "rollback"}, [None]),
        ({"family_name": "Unlisted"}, []),
    ],
    ids=str,
)
def test_entries_are_found_by(sought, found, three):
    entries = [each.entry for each in three.search.find(Sought(**sought))]
    assert [
        entry.get("question", {}).get("client_reference", entry.get("client_reference")) for entry in entries
    ] == found


def test_a_lookup_is_found_by_its_id(three):
    (newest, *_) = three.search.find(Sought(kind="lookup"))
    (found,) = three.search.find(Sought(lookup_id=newest.entry["lookup_id"]))
    assert found == newest


@pytest.mark.parametrize(
    ("sought", "where"),
    [
        ({"date_of_birth": "never"}, "/date_of_birth"),
        ({"identifier": "what?"}, "/identifier"),
        ({"family_name": "unknown"}, "/family_name"),
    ],
)
def test_what_cannot_be_read_is_told_instead_of_finding_nothing(sought, where, three):
    with pytest.raises(QuestionInvalid) as raised:
        three.search.find(Sought(**sought))
    assert [fault.where for fault in raised.value.faults] == [where]


def test_pages_follow_each_other_newest_first(kept):
    kept.record(*(lookup() for _ in range(7)))
    first = kept.search.find(Sought(), limit=3)
    second = kept.search.find(Sought(), limit=3, before=first[-1].number)
    assert [each.number for each in first + second] == [7, 6, 5, 4, 3, 2]
    assert [each.number for each in kept.search.every(Sought())] == list(range(1, 8))


def test_a_refused_question_is_found_by_its_name_too(kept):
    refused = begin_entry(EntryKind.LOOKUP) | {
        "kind": "request_refused",
        "at": "2026-03-01T10:00:00.000Z",
        "caller": "c-1",
    }
    kept.record(
        refused | {"question": {"person": {"family_name": "Quillfeather", "date_of_birth": 7, "aliases": "none"}}}
    )
    assert len(kept.search.find(Sought(family_name="Quillfeather"))) == 1
