"""The bytes of a list as rows: one row's fault of form costs that row and no other."""

import contextlib

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flagging.errors import SourceUnreadable
from flagging.sync.table import read_table

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
HEADER = "ppo_ref,status,family_name,given_names\n"


def rows_of(content, form):
    content = content if isinstance(content, bytes) else content.encode()
    return list(read_table(content, form).rows)


def refs(rows):
    return [row.values.get("ppo_ref") for row in rows if not row.fault]


def faults(rows):
    return [(row.line, row.fault) for row in rows if row.fault]


def test_csv_may_begin_with_a_byte_order_mark(form):
    assert refs(rows_of(b"\xef\xbb\xbf" + HEADER.encode() + b"B1,active,Sample,Alex\n", form)) == ["B1"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old-mac"])
def test_every_kind_of_line_end_is_understood(form, end):
    assert refs(rows_of((HEADER + "B1,active,Sample,Alex\nB2,active,Quill,Jo").replace("\n", end), form)) == [
        "B1",
        "B2",
    ]


def test_column_names_are_compared_without_case_and_separators(form):
    rows = rows_of("PPO Ref,STATUS,Family-Name\nB1,active,Sample\n", form)
    assert rows[0].values == {"ppo_ref": "B1", "status": "active", "family_name": "Sample"}


def test_blank_lines_are_no_rows(form):
    assert refs(rows_of("\n" + HEADER + "\n,,,\nB1,active,Sample,Alex\n\n", form)) == ["B1"]


def test_an_unclosed_quotation_mark_costs_its_own_row_only(form):
    rows = rows_of(HEADER + 'B1,active,Sample,Alex\nB2,active,"Quill,Jo\nB3,active,Brown,Jo\nB4,active,Ash,Al\n', form)
    assert refs(rows) == ["B1", "B3", "B4"]
    assert faults(rows) == [(3, "cannot be divided into columns")]


def test_a_quotation_mark_left_open_in_the_last_column_does_not_swallow_the_last_row(form):
    rows = rows_of(HEADER + 'B1,active,Sample,"Al\nB2,active,Quill,Jo\n', form)
    assert refs(rows) == ["B2"]
    assert faults(rows) == [(2, "cannot be divided into columns")]


def test_two_stray_quotation_marks_swallow_nobody_between_them(form):
    rows = rows_of(HEADER + 'B1,active,"Sample,Al\nB2,active,Quill,Jo\nB3,active,Brown,"Jo\nB4,active,Ash,Al\n', form)
    assert refs(rows) == ["B2", "B4"]
    assert [line for line, _ in faults(rows)] == [2, 4]


def test_a_row_enclosed_by_two_stray_quotation_marks_is_read_though_the_columns_add_up(form):
    rows = rows_of(HEADER + 'B1,active,"Sample\nB2,active,Quill,Jo\nB3",Brown\nB4,active,Ash,Al\n', form)
    assert {"B2", "B4"} <= set(refs(rows))


def test_a_quoted_value_may_span_lines_and_later_rows_keep_their_line_numbers(form):
    rows = rows_of(HEADER + 'B1,active,"Sam\nple",Al\nB2,active,Quill,Jo\n', form)
    assert [row.line for row in rows] == [2, 4]
    assert refs(rows) == ["B1", "B2"]


def test_a_row_with_more_values_than_columns_cannot_be_told_apart(form):
    rows = rows_of(HEADER + "B1,active,Sample, Jr,Alex\nB2,active,Quill,Jo,,\n", form)
    assert faults(rows) == [(2, "has more columns than the header")]
    assert refs(rows) == ["B2"]


def test_a_row_with_fewer_values_than_columns_is_read_with_a_note(form):
    rows = rows_of(HEADER + "B1,active,Sample\nB2,active,Quill,Jo\n", form)
    assert [row.note for row in rows] == ["has fewer columns than the header", None]


@pytest.mark.parametrize(
    "content", ["B1,active,Sample\nB2,active,Quill,Jo", "B1,active,Sample\n"], ids=["not-the-last", "whole-last-line"]
)
def test_a_short_row_that_the_file_does_not_end_within_is_not_cut_off(form, content):
    rows = rows_of(HEADER + content, form)
    assert (faults(rows), rows[0].note) == ([], "has fewer columns than the header")


def test_a_last_row_cut_off_by_the_end_of_the_file_is_no_row(form):
    rows = rows_of(HEADER + "B1,active,Sample,Alex\nB2,active,Qui", form)
    assert refs(rows) == ["B1"]
    assert faults(rows) == [(3, "is cut short: the file ends within it")]


def test_a_huge_value_does_not_end_the_list(form):
    rows = rows_of(HEADER + "B1,active," + "x" * 1_000_000 + ",Alex\nB2,active,Quill,Jo\n", form)
    assert refs(rows) == ["B1", "B2"]


def test_json_lines_are_recognised_by_their_first_character(form):
    rows = rows_of('{"ppo_ref": "B1", "PPO Status": 1, "status": null}\n\n{"ppo_ref": 7}\n', form)
    assert [row.values for row in rows] == [{"ppo_ref": "B1", "status": None}, {"ppo_ref": 7}]


def test_a_line_that_is_no_json_object_costs_itself_only(form):
    rows = rows_of('{"ppo_ref": "B1"}\n[1]\n{"ppo_ref": \n{"ppo_ref": "B2"}', form)
    assert refs(rows) == ["B1", "B2"]
    assert faults(rows) == [(2, "is not a JSON object"), (3, "is not a JSON object")]


def test_a_json_object_that_names_one_field_twice_cannot_be_told_apart(form):
    rows = rows_of('{"ppo_ref": "B1", "PPO Ref": "B2"}\n', form)
    assert faults(rows) == [(1, "names one field twice")]


@pytest.mark.parametrize(
    "line",
    ['{"ppo_ref": "B1", "ppo_ref": "B2"}', '{"status": "active", "ppo_ref": "B1", "status": "removed"}'],
    ids=["reference", "status"],
)
def test_a_json_object_that_repeats_a_key_cannot_be_told_apart(form, line):
    rows = rows_of(f'{line}\n{{"ppo_ref": "B3", "notes": {{"a": 1}}}}\n', form)
    assert faults(rows) == [(1, "names one field twice")]
    assert refs(rows) == ["B3"]


@pytest.mark.parametrize(
    "value",
    ["[" * 2000 + "]" * 2000, '{"a":' * 900 + "1" + "}" * 900, "9" * 5000, "1e400", '"\\ud800"', "NaN", "-Infinity"],
    ids=["deep-list", "deep-object", "long-number", "huge-number", "lone-surrogate", "nan", "infinity"],
)
def test_no_value_of_a_json_object_ends_the_list(form, value):
    rows = rows_of(f'{{"ppo_ref": "B1", "crn": {value}}}\n{{"ppo_ref": "B2"}}\n', form)
    assert "B2" in refs(rows)
    assert len(rows) == 2


def test_a_header_that_names_one_field_twice_makes_the_list_unreadable(form):
    with pytest.raises(SourceUnreadable, match="column of status twice"):
        read_table(b"ppo_ref,status,Status\n", form)


@pytest.mark.parametrize(
    ("content", "kind"),
    [(HEADER.encode("utf-16"), "UTF-16"), (b"PK\x03\x04rest", "workbook")],
    ids=["utf-16", "workbook"],
)
def test_another_kind_of_file_is_unreadable_and_told_by_name(form, content, kind):
    with pytest.raises(SourceUnreadable, match=kind):
        read_table(content, form)


@pytest.mark.parametrize(
    ("header", "missing"),
    [
        ("ppo_ref,status,family_name", ()),
        ("ppo_ref,status,crn", ()),
        ("status,given_names", ("ppo_ref",)),
        ("ppo_ref,status,postcode", ("family_name",)),
        ("", ("ppo_ref", "status", "family_name")),
    ],
)
def test_required_columns_are_reference_status_and_a_name_or_identifier(form, header, missing):
    assert read_table(header.encode(), form).missing_columns == missing


def test_unknown_columns_are_named_and_bounded(form):
    table = read_table(f"ppo_ref,{'x' * 500},shoe size,\n".encode(), form)
    assert table.unknown_columns == ("shoe size", "x" * 40)


def test_the_name_of_an_unknown_column_cannot_write_to_the_readers_terminal(form):
    assert read_table("ppo_ref,\x1b[2J\u202ehat\n".encode(), form).unknown_columns == ("?[2J?hat",)


@UNHURRIED
@given(
    cells=st.lists(st.lists(st.text(max_size=20), min_size=1, max_size=6), max_size=20),
    end=st.sampled_from(["\n", "\r\n", ""]),
)
def test_no_text_makes_a_csv_crash_or_lose_the_row_that_follows(form, cells, end):
    hostile = "\n".join(",".join(row) for row in cells).lstrip("{").encode(errors="replace")
    rows = rows_of(HEADER.encode() + hostile + b"\nLAST,active,Sample,Alex" + end.encode(), form)
    assert any(row.values.get("ppo_ref") == "LAST" for row in rows)


@UNHURRIED
@given(st.binary(max_size=400))
def test_no_bytes_make_a_list_crash(form, content):
    with contextlib.suppress(SourceUnreadable):
        list(read_table(content, form).rows)


@UNHURRIED
@given(
    st.lists(
        st.dictionaries(
            st.text(max_size=8) | st.sampled_from(["ppo_ref", "status"]), st.none() | st.integers(0, 9) | st.text()
        ),
        min_size=1,
    )
)
def test_every_json_object_is_a_row(form, objects):
    content = b"\n".join(map(orjson.dumps, objects))
    assert len(rows_of(content, form)) == len(objects)
