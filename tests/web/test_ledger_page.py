"""/ledger: who looked at whom, for auditors; that they looked is on record before anything is shown."""

import csv
import io
from contextlib import nullcontext

import pytest
from test_check_page import FILLED

from flagging.errors import LedgerUnreachable, SpoolUnwritable
from flagging.ledger.append import Appender
from flagging.ledger.database import LedgerDatabase
from flagging.ledger.drain import Drain
from flagging.ledger.search import LedgerSearch


@pytest.fixture
def auditor(browser, site, tmp_path):
    """An auditor before a ledger into which a lookup by an arrest referral worker was drained."""
    database = LedgerDatabase(None, tmp_path, most_readers=2)
    site.swap(ledger=LedgerSearch(database, site.keyring))
    browser.sign_in("arrest_referral")
    browser.post("/check", **FILLED)
    browser.post("/sign-out", form_at="/check")
    Drain(site.spool_dir, database, Appender(site.keyring)).run()
    browser.sign_in("auditor")
    yield browser
    database.close()


def search(auditor, **fields):
    return auditor.post(
        "/ledger", **{"reason": "complaint 17"} | {name.replace("_", "-"): value for name, value in fields.items()}
    )


def test_a_lookup_is_found_by_another_spelling_of_the_name(auditor):
    text = search(auditor, family_name="Quilfeather").text
    assert "1 entry" in text
    assert "Quillfeather, Jasper Odo, 1983-02-01" in text
    assert "arrest_referral" in text
    assert "TST-0001" in text


def test_it_is_found_by_who_asked_and_when(auditor):
    assert "entries" in search(auditor, operator="arrest_referral", since="1 1 2020").text
    assert "No entry fits" in search(auditor, operator="arrest_referral", until="1 1 2020").text


def test_that_somebody_searched_is_recorded_first_with_what_and_why(auditor, site):
    search(auditor, family_name="Quillfeather")
    entry = site.all_entries()[-1]
    assert (entry["kind"], entry["operator"], entry["reason"]) == ("ledger_searched", "auditor", "complaint 17")
    assert entry["sought"] == {"family_name": "Quillfeather"}


def test_what_cannot_be_recorded_is_not_shown(auditor, site, monkeypatch):
    def full(_):
        raise SpoolUnwritable("full")

    monkeypatch.setattr(site.parts.spool, "append", full)
    response = search(auditor, family_name="Quillfeather")
    assert response.status_code == 503
    assert "Jasper" not in response.text


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({}, "family-name", "at least one thing to search by"),
        ({"family_name": "Quill", "reason": ""}, "reason", "Enter why you are looking"),
        ({"identifier": "rubbish"}, "identifier", "is no PNC ID"),
        ({"date_of_birth": "1/2/83"}, "date-of-birth", "a year of four digits"),
        ({"since": "2026"}, "since", "needs to be a whole date"),
        ({"until": "soon"}, "until", "needs to be a whole date"),
    ],
    ids=str,
)
def test_a_fault_is_told_beside_its_field_and_nothing_is_recorded(fields, field, says, auditor, site):
    before = len(site.all_entries())
    response = search(auditor, **fields)
    assert response.status_code == 422
    assert f'href="#{field}"' in response.text
    assert says in response.text
    assert len(site.all_entries()) == before


def test_all_that_fits_is_exported_as_csv_and_recorded(auditor, site):
    response = search(auditor, family_name="Quillfeather", export="csv")
    assert response.content_type == "text/csv; charset=utf-8"
    (row,) = csv.DictReader(io.StringIO(response.text))
    assert row["family_name"] == "Quillfeather"
    assert site.all_entries()[-1]["kind"] == "ledger_exported"


@pytest.mark.parametrize(("sought", "recorded"), [({"export": "csv"}, "ledger_exported"), ({}, "ledger_searched")])
def test_what_was_refused_for_want_of_a_turn_is_on_record_as_neither_exported_nor_searched(
    sought, recorded, auditor, site
):
    reading = site.parts.ledger.database.reading
    with reading(at_length=True), nullcontext() if sought else reading():
        refused = search(auditor, family_name="Quillfeather", **sought)
    assert (refused.status_code, "Jasper" in refused.text) == (503, False)
    assert recorded not in [entry["kind"] for entry in site.all_entries()]
    assert search(auditor, family_name="Quillfeather", **sought).status_code == 200
    assert [entry["kind"] for entry in site.all_entries()].count(recorded) == 1


@pytest.mark.parametrize("sought", [{"export": "csv"}, {}], ids=["export", "search"])
def test_the_record_is_written_before_an_entry_is_read(sought, auditor, site, monkeypatch):
    def read(*_):
        raise AssertionError("an entry was read")

    def full(_):
        raise SpoolUnwritable("full")

    monkeypatch.setattr("flagging.ledger.search._found", read)
    monkeypatch.setattr(site.parts.spool, "append", full)
    assert search(auditor, family_name="Quillfeather", **sought).status_code == 503


def test_an_export_that_nobody_has_read_yet_keeps_nobody_from_the_ledger(auditor):
    unread = [search(auditor, family_name="Quillfeather", export="csv") for _ in range(3)]
    assert [response.status_code for response in unread] == [200] * 3
    assert "1 entry" in search(auditor, family_name="Quillfeather").text


def test_a_ledger_out_of_reach_is_said_to_be(auditor, site, monkeypatch):
    def away(*_, **__):
        raise LedgerUnreachable("away")

    monkeypatch.setattr(LedgerSearch, "opened", away)
    assert search(auditor, family_name="Quillfeather").status_code == 503


@pytest.mark.parametrize("role", ["custody", "arrest_referral", "prison", "administrator"])
def test_other_roles_do_not_see_it(role, browser):
    browser.sign_in(role)
    assert browser.get("/ledger").status_code == 403
