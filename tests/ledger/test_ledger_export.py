"""An extract opens in a spreadsheet as what it is: text, and no formula."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kept import lookup

from flagging.ledger.export import COLUMNS, harmless, write_csv
from flagging.ledger.search import Found, Sought

DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1", '=HYPERLINK("https://x.example")']


def exported(*found):
    file = io.StringIO(newline="")
    assert write_csv(found, file) == len(found)
    file.seek(0)
    return list(csv.DictReader(file))


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_cell_is_taken_for_a_formula(text):
    person = dict.fromkeys(("family_name", "given_names", "date_of_birth", "pnc_id"), text)
    entry = lookup(person=person, caller=text, refs=[text], reason=text, outcome=text)
    (row,) = exported(Found(1, entry | {"question": entry["question"] | {"client_reference": text}}, None))
    for column in ("family_name", "pnc_id", "caller", "reason", "client_reference", "outcome"):
        assert row[column] == f"'{text}"
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for cell in row.values())


@given(st.text())
def test_whatever_a_cell_holds_it_starts_no_formula(text):
    assert not harmless(text).lstrip().startswith(("=", "+", "-", "@", "\uff1d"))
    assert harmless(text).removeprefix("'") == text.replace("\0", "") or harmless(text) == text.replace("\0", "")


def test_everything_of_an_entry_is_in_its_row(kept):
    kept.record(lookup(drug_test="positive", unheard_of={"of": "later"}, register={"edition": 42}))
    (row,) = exported(*kept.search.every(Sought()))
    assert tuple(row) == COLUMNS
    assert (row["number"], row["operator"], row["family_name"], row["edition"]) == ("1", "4711", "Quillfeather", "42")
    assert '"unheard_of":{"of":"later"}' in row["more"]
    assert row["receipt"].startswith("r1.")


def test_lines_and_quotes_within_a_cell_stay_within_it():
    person = {"family_name": 'Quill"feather\nsecond,line'}
    (row,) = exported(Found(1, lookup(person=person), None))
    assert row["family_name"] == 'Quill"feather\nsecond,line'
