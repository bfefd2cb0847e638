"""Lists as Excel saves them, and what Excel makes of dates and numbers."""

import dataclasses

import pytest

from flagging.errors import SourceUnreadable
from flagging.identity.person import BirthDate
from flagging.sync.raw_row import CUT_SHORT
from flagging.sync.table import read_table

HEADER = ["ppo_ref", "status", "family_name", "given_names", "crn"]
ROWS = [["B1", "active", "Sample", "Alex", "X123456;X654321"], ["B2", "removed", "Quill", "Jo", ""]]


def rows_of(content, form):
    return list(read_table(content if isinstance(content, bytes) else content.encode(), form).rows)


def values(rows):
    return [[row.values.get(field) for field in HEADER] for row in rows]


def written(delimiter, *, end="\r\n", bom=b"", encoding="utf-8"):
    def cell(text):
        return f'"{text}"' if delimiter in text else text

    return bom + "".join(delimiter.join(map(cell, row)) + end for row in [HEADER, *ROWS]).encode(encoding)


# -- columns and lines -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "bar"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"], ids=["plain", "marked"])
@pytest.mark.parametrize("end", ["\r\n", "\n"], ids=["windows", "unix"])
def test_what_parts_the_columns_is_seen_from_the_header(form, delimiter, bom, end):
    assert values(rows_of(written(delimiter, end=end, bom=bom), form)) == ROWS


@pytest.mark.parametrize("sep", ["sep=;", "SEP=;", '"sep=;"'])
def test_a_first_line_may_name_what_parts_the_columns(form, sep):
    rows = rows_of(f"{sep}\r\n".encode() + written(";"), form)
    assert values(rows) == ROWS
    assert [row.line for row in rows] == [3, 4]


def test_what_parts_the_columns_inside_a_value_of_another_list_is_no_reason_to_take_it_for_that(form):
    rows = rows_of("ppo_ref,status,family_name;Alias,crn\nB1,active,x;y,X123456\n", form)
    assert rows[0].values == {"ppo_ref": "B1", "status": "active", "crn": "X123456"}


def test_trailing_empty_columns_and_wholly_empty_rows_are_nothing(form):
    content = ";;;;;;;\r\nppo_ref;status;family_name;;;\r\nB1;active;Sample;;;\r\n;;;;;\r\n;;;;;\r\nB2;active;Quill\r\n"
    assert [row.values["ppo_ref"] for row in rows_of(content, form)] == ["B1", "B2"]


def test_spaces_around_the_names_of_columns_make_no_difference(form):
    rows = rows_of(" PPO Ref ;\xa0Status\t; \u200bfamily_name\ufeff ;given_names\nB1;active;Sample;Alex\n", form)
    assert rows[0].values == {"ppo_ref": "B1", "status": "active", "family_name": "Sample", "given_names": "Alex"}


def test_the_name_of_a_column_may_take_two_lines(form):
    rows = rows_of('ppo_ref,status,"family\nname",given_names\r\nB1,active,Sample,Alex\r\n', form)
    assert rows[0].values == {"ppo_ref": "B1", "status": "active", "family_name": "Sample", "given_names": "Alex"}
    assert rows[0].line == 3


def test_a_stray_quotation_mark_in_the_header_swallows_no_row(form):
    rows = rows_of('ppo_ref,status,"family_name\nB1,active,Sample\nB2,active,Quill\n', form)
    assert len(rows) == 2


@pytest.mark.parametrize("header", ["ppo_ref;status;Status", "PPO Ref;ppo_ref;status"])
def test_a_header_that_names_a_column_twice_is_refused(form, header):
    with pytest.raises(SourceUnreadable, match="twice"):
        read_table(header.encode(), form)


def test_a_quoted_value_with_line_breaks_of_windows_is_one_value(form):
    rows = rows_of('ppo_ref;status;crn\r\nB1;active;"X123456\r\nX654321"\r\nB2;active;\r\n', form)
    assert [row.values["crn"] for row in rows] == ["X123456\r\nX654321", ""]


# -- encodings -------------------------------------------------------------------------------------------------------


@pytest.fixture
def ansi(form):
    return dataclasses.replace(form, encoding="cp1252")


MUNOZ = "ppo_ref;status;family_name\r\nB1;active;Mu\xf1oz\u2019s\r\n"


def test_cp1252_is_read_where_the_configuration_says_so(ansi):
    assert rows_of(MUNOZ.encode("cp1252"), ansi)[0].values["family_name"] == "Mu\xf1oz\u2019s"


def test_a_byte_order_mark_overrules_the_configuration(ansi):
    assert rows_of(b"\xef\xbb\xbf" + MUNOZ.encode(), ansi)[0].values["family_name"] == "Mu\xf1oz\u2019s"


def test_a_list_that_is_hardly_in_the_encoding_configured_is_warned_of(form, ansi):
    assert "cp1252" in read_table(MUNOZ.encode("cp1252"), form).note
    assert "utf-8" in read_table(MUNOZ.encode(), ansi).note
    assert read_table(MUNOZ.encode(), form).note is None
    assert read_table(MUNOZ.encode("cp1252"), ansi).note is None
    assert read_table(b"ppo_ref\n", ansi).note is None


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_told_by_its_name(form, ansi, encoding):
    for each in (form, ansi):
        with pytest.raises(SourceUnreadable, match="is UTF-16; a master list is CSV or JSON Lines"):
            read_table(written("\t", encoding=encoding), each)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"PK\x03\x04", "workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "workbook"),
        (b"\x1f\x8b\x08", "archive"),
        (b"%PDF-1.7", "document"),
        (b"\n<!DOCTYPE html><title>Sign in", "web page"),
        (b"<?xml version='1.0'?>", "XML"),
        (b' [ {"ppo_ref": "B1"}]', "one JSON array"),
    ],
)
def test_what_is_no_list_is_told_by_what_it_is(form, content, kind):
    with pytest.raises(SourceUnreadable, match=kind):
        read_table(content, form)


# -- values ----------------------------------------------------------------------------------------------------------


def accepted(read, **row):
    listed = read(row)
    assert listed.rejected == ()
    return listed.accepted[0]


def told(row):
    return [(warning.field, warning.reason) for warning in row.warnings]


@pytest.mark.parametrize("written", ["1983-02-01 00:00:00", "1983-02-01 0:00", "1983-02-01T00:00:00.000Z"])
def test_midnight_is_no_part_of_a_date(read, written):
    row = accepted(read, date_of_birth=written, added_on=written)
    assert row.record.identity.personas[0].born == BirthDate(1983, 2, 1)
    assert row.record.added_on.isoformat() == "1983-02-01"


def test_another_time_of_day_may_stand_for_another_day_and_is_not_guessed(read):
    assert ("added_on", "is not a date in a configured form") in told(accepted(read, added_on="1983-02-01 23:00:00"))


@pytest.mark.parametrize("number", ["30348", "30348.0", "30348.75"])
def test_a_day_number_is_a_date_where_the_configuration_says_so(read_text, form, number):
    own = dataclasses.replace(form, date_formats=("%d/%m/%Y", "excel"))
    text = "ppo_ref,status,family_name,date_of_birth,added_on\n"
    (row,) = read_text(f"{text}B1,active,Quill,{number},{number}\n", own).accepted
    assert row.record.identity.personas[0].born == BirthDate(1983, 2, 1)
    assert row.record.added_on.isoformat() == "1983-02-01"


def test_a_day_number_that_nobody_configured_is_told_for_what_it_is(read):
    row = accepted(read, date_of_birth="30348", review_on="46000")
    assert {field for field, reason in told(row) if '"excel"' in reason} == {"date_of_birth", "review_on"}


def test_a_year_is_no_day_number(read_text, form):
    own = dataclasses.replace(form, date_formats=("excel",))
    (row,) = read_text("ppo_ref,status,family_name,date_of_birth\nB1,active,Quill,1983\n", own).accepted
    assert row.record.identity.personas[0].born == BirthDate(1983)


@pytest.mark.parametrize("written", ["1.23E+06", "1.23457e+15", "1,2E+10", "1E+07"])
def test_an_identifier_that_excel_has_rounded_is_warned_of_and_the_others_stay(read, written):
    row = accepted(read, crn=f"X123456;{written}", pnc_id="")
    assert [held.canonical for held in row.record.identity.identifiers] == ["X123456"]
    assert told(row) == [("crn", "is a number that a spreadsheet has rounded")]


def test_a_reference_that_excel_has_rounded_is_nobodys(read):
    (row,) = read({"ppo_ref": "1.23E+06"}).rejected
    assert (row.field, row.value_class, row.ppo_ref) == ("ppo_ref", "rounded number", None)


def test_digits_that_excel_was_told_to_leave_alone_are_read(read):
    row = accepted(read, police_om_phone='="0121 496 0101"', crn='="X123456"')
    assert row.record.managers[0].telephone == "0121 496 0101"
    assert row.warnings == ()


@pytest.mark.parametrize("formula", ['=HYPERLINK("https://example.org","x")', "@SUM(1+1)", "=1+1"])
def test_a_formula_is_no_value(read, formula):
    row = accepted(read, family_name=formula, police_om_name=formula)
    assert told(row) == [("family_name", "is a formula"), ("police_om_name", "is a formula")]
    (row,) = read({"ppo_ref": formula}).rejected
    assert row.value_class == "formula"


# -- cut off ---------------------------------------------------------------------------------------------------------


def last_fault(content, form):
    return rows_of(content, form)[-1].fault


@pytest.mark.parametrize(
    ("last", "values"),
    [
        ("B2,acti", {"ppo_ref": "B2"}),
        ("B", {}),
        ('B2,active,"Qui', {}),
        ('B2,active,"Qui\nll', {}),
    ],
    ids=["in-a-value", "in-the-reference", "in-quotation-marks", "in-a-quoted-line"],
)
def test_a_last_row_that_the_file_ends_within_proves_that_it_was_cut_off(form, last, values):
    rows = rows_of(f"ppo_ref,status,family_name,given_names\nB1,active,Sample,Alex\n{last}", form)
    assert rows[-1].fault == CUT_SHORT
    assert rows[-1].values == values


def test_json_lines_that_end_within_an_object_prove_it_too(form, read_text):
    assert last_fault('{"ppo_ref": "B1"}\n{"ppo_re', form) == CUT_SHORT
    assert read_text('{"ppo_ref": "B1"}\n{"ppo_re').is_cut_short


@pytest.mark.parametrize(
    "content",
    [
        "ppo_ref,status,family_name\nB1,active,Sample",
        "ppo_ref,status,family_name\nB1,active\n",
        "ppo_ref,status,family_name,given_names\nB1,active,Sample\nB2,active,Quill",
        '{"ppo_ref": "B1"}',
        '{"ppo_ref": "B1"}\n{"ppo_\n',
        "",
    ],
    ids=["whole-row", "short-row", "rows-always-short", "whole-object", "damaged-line", "nothing"],
)
def test_what_may_as_well_be_whole_proves_nothing(read_text, content):
    assert not read_text(content).is_cut_short
