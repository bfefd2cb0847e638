"""Lists of arrivals as they come: typed, pasted, uploaded; with headings or without, in any order of columns."""

import pytest

from flagging.web.arrivals import Arrival, arrivals_in_text, person_of, text_of_file, typed_arrivals

JASPER = Arrival("Quillfeather", "Jasper Odo", "01/02/1983", "01/171310W")


@pytest.mark.parametrize(
    "text",
    [
        "Quillfeather\tJasper Odo\t01/02/1983\t01/171310W",
        "Quillfeather;Jasper Odo;01/02/1983;01/171310W",
        "Quillfeather,Jasper Odo,01/02/1983,01/171310W",
        "Surname\tForename\tDOB\tPNC\nQuillfeather\tJasper Odo\t01/02/1983\t01/171310W",
        "PNC ID,Date of birth,First name,Family name\n01/171310W,01/02/1983,Jasper Odo,Quillfeather",
        "Name;D.O.B.;PNC No.\nQuillfeather, Jasper Odo;01/02/1983;01/171310W",
        "name\tborn\tprison number\nJasper Odo Quillfeather\t01/02/1983\t01/171310W",
        "01/02/1983\t01/171310W\tQuillfeather\tJasper Odo",
        'sep=;\n"Quillfeather";"Jasper Odo";"01/02/1983";="01/171310W"',
        "Cell,Surname,Forename,DOB,PNC\nA3-12,Quillfeather,Jasper Odo,01/02/1983,01/171310W",
    ],
)
def test_row_is_read_whatever_the_layout(text):
    assert arrivals_in_text(text) == [JASPER]


def test_blank_lines_are_nothing():
    assert arrivals_in_text("\n\n \nQuillfeather\tJasper\n\t\t\n") == [Arrival("Quillfeather", "Jasper")]
    assert arrivals_in_text("") == []


def test_quotation_mark_never_closed_costs_no_other_row():
    found = arrivals_in_text('"Quill;Jasper;1983\nUnlisted;Ashley;1994')
    assert [each.family for each in found] == ["Quill", "Unlisted"]


def test_whole_name_without_a_comma_ends_with_the_family_name():
    assert arrivals_in_text("Jasper Odo Quillfeather") == [Arrival("Quillfeather", "Jasper Odo")]


def test_value_that_is_neither_stays_in_its_row_to_be_mended():
    (found,) = arrivals_in_text("Quillfeather\tJasper\t1/2/83\tA12")
    _, _, errors = person_of(found, 2026)
    assert (found.born, found.identifier) == ("1/2/83", "A12")
    assert {error.field for error in errors} == {"born", "identifier"}


def test_person_is_put_into_the_fields_of_a_question():
    person, box, errors = person_of(JASPER, 2026)
    assert errors == []
    assert person == {
        "family_name": "Quillfeather", "given_names": "Jasper Odo", "date_of_birth": "1983-02-01", "pnc_id": "01/171310W",
    }  # fmt: skip
    assert box.words == "PNC ID 2001/0171310W, check letter right"


def test_typed_rows_keep_their_order_and_leave_out_blank_ones():
    form = {"family-1": "Quill", "given-3": "Ashley", "born-3": "1994", "family-99": "beyond"}
    assert typed_arrivals(form, 5) == [Arrival("Quill"), Arrival("", "Ashley", "1994")]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Łukasz\tŚliwa".encode(), "Łukasz\tŚliwa"),
        ("Łukasz".encode("utf-8-sig"), "Łukasz"),
        ("Zoë".encode("cp1252"), "Zoë"),
        ("Zoë".encode("utf-16"), "Zoë"),
        (b"PK\x03\x04 a workbook", None),
        (b"\xd0\xcf\x11\xe0 an old workbook", None),
        (b"%PDF-1.7", None),
        (b"a\0b", None),
    ],
)
def test_uploaded_file_is_text_or_said_not_to_be(content, text):
    assert text_of_file(content) == text


@pytest.mark.parametrize("line", ["Sample,Alex,1/2/1983", "Sample\tAlex\t1/2/1983", "Sample Alex 1/2/1983"])
def test_a_row_parted_otherwise_than_its_table_is_a_fault_and_never_a_name_that_holds_a_date(line):
    found = arrivals_in_text(f"surname;forename;dob\nOther;Robin;3/4/1990\n{line}\nElse;Kim;5/6/1991")
    assert [arrival.family for arrival in found] == ["Other", "", "Else"]
    assert found[1].born == line
    assert [fault.field for fault in person_of(found[1], 2026)[2]] == ["born"]
