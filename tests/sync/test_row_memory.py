"""A row that has not changed is not worked through again, and comes to the same."""

import dataclasses
from datetime import UTC, date, datetime

import pytest

from flagging.sync import reading as reading_module
from flagging.sync.progress import untold
from flagging.sync.reading import read_list
from flagging.sync.row_memory import RowMemory
from flagging.sync.rows import parse_row
from flagging.sync.sources.master_list import ListFile, MasterList

HEADER = "ppo_ref,status,family_name,date_of_birth\n"
ROWS = ["B1,active,Sample,1983-02-01\n", "B2,active,Quill,2026-03-03\n", "B3,live,Ash,\n", "B4,active,Oak,\n"]


class Reader:
    """Reads one list after another, and counts the rows that are worked through."""

    def __init__(self, form, monkeypatch):
        self.form, self.memory, self.parsed = form, RowMemory(), []
        monkeypatch.setattr(reading_module, "parse_row", self.parse)

    def parse(self, row, schema):
        self.parsed.append(row.line)
        return parse_row(row, schema)

    def read(self, *files, form=None, ocus=frozenset(), today=date(2026, 3, 2)):
        self.parsed.clear()
        files = tuple(ListFile((HEADER + "".join(rows)).encode(), name) for name, rows in files)
        master_list = MasterList("list", files, datetime(2026, 3, 1, tzinfo=UTC), "")
        remembered = read_list(master_list, form or self.form, ocus, today, untold, self.memory)
        worked_through = list(self.parsed)
        assert remembered == read_list(master_list, form or self.form, ocus, today), "it came to something else"
        return worked_through


@pytest.fixture
def reader(form, monkeypatch):
    return Reader(form, monkeypatch)


def test_an_unchanged_row_is_not_worked_through_again_wherever_it_stands(reader):
    assert reader.read((None, ROWS)) == [2, 3, 4, 5]
    assert reader.read((None, ROWS)) == []
    assert reader.read((None, ROWS[::-1])) == []
    assert reader.read((None, ["\n", *ROWS])) == []


def test_a_changed_row_is_worked_through_alone(reader):
    reader.read((None, ROWS))
    assert reader.read((None, [*ROWS[:2], "B3,active,Ash,\n", ROWS[3]])) == [4]


@pytest.mark.parametrize(
    "how",
    [{"today": date(2026, 3, 3)}, {"ocus": frozenset({"F1"})}, {"date_formats": ("%d/%m/%Y",)}],
    ids=["day", "ocus", "form"],
)
def test_another_day_or_configuration_reads_every_row_anew(reader, how):
    reader.read((None, ROWS))
    if forms := how.pop("date_formats", None):
        how["form"] = dataclasses.replace(reader.form, date_formats=forms)
    assert reader.read((None, ROWS), **how) == [2, 3, 4, 5]


def test_a_row_that_was_gone_for_one_list_is_worked_through_again(reader):
    reader.read((None, ROWS))
    reader.read((None, ROWS[1:]))
    assert reader.read((None, ROWS)) == [2]


def test_the_same_row_in_another_file_is_told_of_that_file(reader):
    reader.read(("F1.csv", ROWS), ("F2.csv", []))
    assert reader.read(("F1.csv", ROWS[1:]), ("F2.csv", ROWS[:1])) == [2]


def test_values_of_another_kind_are_another_row(reader, form):
    def read(line):
        files = (ListFile(line.encode()),)
        listed = MasterList("list", files, datetime(2026, 3, 1, tzinfo=UTC), "")
        return read_list(listed, form, frozenset(), date(2026, 3, 2), untold, reader.memory)

    assert read('{"ppo_ref": "1", "status": "active", "family_name": "Ash", "statutory": "1"}').accepted[0].warnings
    read('{"ppo_ref": 1, "status": "active", "family_name": "Ash", "statutory": true}')
    assert reader.parsed == [1, 1]
