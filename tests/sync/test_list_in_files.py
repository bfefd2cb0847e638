"""One list in several files: whose fault is whose, and what the name of a file says."""

from datetime import UTC, datetime

import pytest
import structlog

from flagging.errors import SourceUnreadable
from flagging.sync import reading as reading_module
from flagging.sync.reading import read_list
from flagging.sync.rows import parse_row
from flagging.sync.sources.master_list import ListFile, MasterList

KNOWN_OCUS = frozenset({"F1", "F2"})
HEADER = "ppo_ref,status,family_name,home_ocu\n"


@pytest.fixture
def read_files(form, today):
    def read_files(*files):
        return read_list(MasterList("lists", files, datetime(2026, 3, 1, tzinfo=UTC), ""), form, KNOWN_OCUS, today)

    return read_files


def csv(name, rows, header=HEADER, **defaults):
    return ListFile((header + rows).encode(), name, defaults)


def test_the_rows_of_all_files_are_one_list_and_know_their_file(read_files):
    read = read_files(
        csv("F1.csv", "B1,active,Sample,F1\n"),
        csv("F2.csv", "B2,live,Quill,F2\nB3,active,Ash,\n"),
        ListFile(b'{"ppo_ref": "B4", "status": "active", "family_name": "Oak"}', "F3.jsonl"),
    )
    assert [(row.file, row.line, row.record.ppo_ref) for row in read.accepted] == [
        ("F1.csv", 2, "B1"),
        ("F2.csv", 3, "B3"),
        ("F3.jsonl", 1, "B4"),
    ]
    assert [(row.file, row.line, row.ppo_ref) for row in read.rejected] == [("F2.csv", 2, "B2")]
    assert {warning.file for row in read.accepted for warning in row.warnings} == {"F1.csv", "F2.csv", "F3.jsonl"}
    assert read.file_names == ("F1.csv", "F2.csv", "F3.jsonl")


def test_files_may_differ_in_columns_and_in_what_parts_them(read_files):
    read = read_files(
        csv("F1.csv", "B1,active,Sample,F1\n"), csv("F2.csv", "F2;Quill;removed;B2\n", "home_ocu;family_name;status;ppo_ref\n")
    )  # fmt: skip
    assert [row.record.home_ocu for row in read.accepted] == ["F1", "F2"]


def test_a_missing_column_and_what_nobody_reads_are_told_with_the_file(read_files):
    read = read_files(csv("F1.csv", "B1,active,Sample,F1\n"), csv("F2.csv", "x\n", "hat\n"), csv("F3.csv", ""))
    assert read.missing_columns == ("F2.csv: ppo_ref", "F2.csv: status", "F2.csv: family_name")
    told = [(warning.file, warning.field, warning.reason) for warning in read.warnings]
    assert told == [("F2.csv", "header", "1 unknown columns"), ("F3.csv", "file", "has no row")]


def test_a_file_that_is_no_list_at_all_is_named(read_files):
    with pytest.raises(SourceUnreadable, match=r"^F2\.csv: it is a workbook"):
        read_files(csv("F1.csv", "B1,active,Sample,F1\n"), ListFile(b"PK\x03\x04", "F2.csv"))


def test_one_file_cut_short_is_a_list_cut_short(read_files):
    read = read_files(csv("F1.csv", "B1,active,Sam"), csv("F2.csv", "B2,active,Quill,F2\n"))
    assert read.is_cut_short


def test_a_row_that_trips_us_up_costs_itself_and_is_told(read_files, monkeypatch):
    def trip(row, schema):
        if row.line == 3:
            raise RuntimeError("Sample")
        return parse_row(row, schema)

    monkeypatch.setattr(reading_module, "parse_row", trip)
    with structlog.testing.capture_logs() as logs:
        read = read_files(csv("F1.csv", "B1,active,Sample,F1\nB2,active,Sample,F1\nB3,active,Sample,F1\n"))
    assert [row.record.ppo_ref for row in read.accepted] == ["B1", "B3"]
    assert [(row.file, row.line, row.value_class) for row in read.rejected] == [("F1.csv", 3, "unreadable")]
    assert [(line["event"], line["file"], line["line"]) for line in logs] == [("row_not_read", "F1.csv", 3)]
    assert "Sample" not in f"{logs}{read.rejected}"


@pytest.mark.parametrize(("written", "home_ocu"), [("", "F1"), ("  ", "F1"), ("F2", "F2"), ("Z9", None)])
def test_the_name_of_a_file_stands_in_for_an_ocu_that_its_row_leaves_blank(read_files, written, home_ocu):
    (row,) = read_files(csv("F1.csv", f"B1,active,Sample,{written}\n", home_ocu="F1")).accepted
    assert row.record.home_ocu == home_ocu


def test_the_name_of_a_file_stands_in_for_a_column_that_is_not_there(read_files):
    (row,) = read_files(csv("F1.csv", "B1,active,Sample\n", "ppo_ref,status,family_name\n", home_ocu="F1")).accepted
    assert row.record.home_ocu == "F1"
