"""How an area's own master list is described, and which descriptions are refused."""

import re
from datetime import date
from pathlib import Path

import pytest

from flagging.configuration.master_list import (
    FIELDS,
    LIST_DATE,
    fold_column,
    is_excel_day,
    read_day,
    read_master_list_format,
)
from flagging.errors import ConfigurationInvalid
from flagging.terms import Need, Scheme, Sex, Stage

SHIPPED = Path(__file__).parents[2] / "config" / "master_list.toml"


@pytest.fixture
def read(tmp_path):
    def read(text):
        path = tmp_path / "master_list.toml"
        path.write_text(text)
        return read_master_list_format(path)

    return read


def test_the_shipped_file_is_the_contract_itself():
    form = read_master_list_format(SHIPPED)
    assert dict(form.columns) == {field: field for field in FIELDS}
    assert form.date_formats == ("%Y-%m-%d",)
    assert (form.encoding, form.dated_column, form.dated_row, form.file_name_field) == ("utf-8", None, None, None)


def test_an_empty_file_is_the_contract_too(read):
    assert read("").columns == read_master_list_format(SHIPPED).columns


def test_an_own_column_takes_the_place_of_the_contracts(read):
    form = read('[columns]\nfamily_name = "Sur Name"')
    assert form.columns["sur_name"] == "family_name"
    assert "family_name" not in form.columns
    assert form.column_of("family_name") == "sur_name"


def test_two_fields_may_exchange_their_columns(read):
    form = read('[columns]\nhome_ocu = "offending_ocu"\noffending_ocu = "home_ocu"')
    assert form.columns["home_ocu"] == "offending_ocu"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[columns]\nsurname = "x"', "columns.surname"),
        ('[columns]\nfamily_name = "given names"', "columns.given_names"),
        ('[columns]\nfamily_name = " - "', "columns.family_name"),
        ('date_formats = ["%d/%m/%y"]', "date_formats"),
        ('date_formats = ["%d/%m"]', "date_formats"),
        ("date_formats = []", "date_formats"),
        ('date_formats = ["%d/%m/%Y", "%m/%d/%Y"]', "read one text as two different days"),
        ("size_limit_mib = 0", "size_limit_mib"),
        ('encoding = "latin-1"', "encoding"),
        ('encoding = "utf-16"', "encoding"),
        ('file_name = "scheme"', "file_name"),
        ('[dated]\ncolumn = "updated_at"\nrow = "Exported"', "not by both"),
        ('[dated]\ncolumn = " - "', "dated.column"),
        ('[dated]\nrow = "#"', "dated.row"),
        ('[dated]\nheader = "Last-Modified"', "dated.header"),
    ],
)
def test_a_faulty_description_is_refused_by_key(read, text, fault):
    with pytest.raises(ConfigurationInvalid, match=r"^master_list\.toml: ") as refusal:
        read(text)
    assert fault in str(refusal.value)


def test_formats_that_cannot_be_confused_may_stand_together(read):
    assert len(read('date_formats = ["%Y-%m-%d", "%d/%m/%Y", "%d %b %Y", "%Y-%m-%dT%H:%M:%S"]').date_formats) == 4


def test_day_numbers_of_excel_may_stand_beside_any_form(read):
    formats = read('date_formats = ["%d/%m/%Y", "excel"]').date_formats
    assert read_day("30348", formats) == read_day("01/02/1983", formats) == date(1983, 2, 1)


@pytest.mark.parametrize(
    ("number", "day"),
    [("10000", date(1927, 5, 18)), ("25569", date(1970, 1, 1)), ("45000.99", date(2023, 3, 15)), ("1983", None),
     ("9999", None), ("70000", None), ("-30348", None), ("19830201", None)],
)  # fmt: skip
def test_a_day_number_counts_as_excel_counts_and_a_year_is_none(number, day):
    assert read_day(number, ("excel",)) == day
    assert is_excel_day(number) is (day is not None)


def test_a_list_may_be_dated_by_a_column_of_its_own(read):
    form = read('[dated]\ncolumn = "Exported On"')
    assert (form.dated_column, form.columns["exported_on"]) == ("exported_on", LIST_DATE)


def test_a_list_may_be_dated_by_a_field_wherever_that_stands(read):
    form = read('[dated]\ncolumn = "Last Change"\n[columns]\nupdated_at = "last_change"')
    assert form.columns[form.dated_column] == "updated_at"


def test_a_fingerprint_tells_descriptions_apart(read):
    texts = (
        "",
        '[columns]\ncrn = "case"',
        'date_formats = ["%d/%m/%Y"]',
        'encoding = "cp1252"',
        'file_name = "home_ocu"',
        '[dated]\ncolumn = "exported"',
        '[dated]\nrow = "Exported"',
    )
    assert len({read(text).fingerprint() for text in texts}) == len(texts)


@pytest.mark.parametrize("name", ["PPO Ref", "ppo-ref", " ppo__ref ", "PPO_REF", "\ufeffppo\xa0ref\u200b", "ppo\nref"])
def test_spellings_of_one_column_name_meet(name):
    assert fold_column(name) == "ppo_ref"


class TestPage:
    """docs/master-list.md, for whoever has to write a list."""

    def test_it_tells_of_every_field_and_of_no_other(self):
        assert [field for fields, _ in _rows_of_the_page() for field in re.findall(r"`(\w+)`", fields)] == [*FIELDS]

    @pytest.mark.parametrize(
        ("field", "words"),
        [("sex", Sex), ("scheme", Scheme), ("stage", Stage), ("drug_treatment_need", Need)],
    )
    def test_it_tells_of_every_word_that_a_field_may_say(self, field, words):
        told = next(text for fields, text in _rows_of_the_page() if f"`{field}`" in fields)
        assert re.findall(r"`(\w+)`", told) == [word.value for word in words]


def _rows_of_the_page() -> list[tuple[str, str]]:
    """Return the fields and the last cell of each row of its table."""
    lines = (SHIPPED.parents[1] / "docs" / "master-list.md").read_text(encoding="utf-8").splitlines()
    rows = [line.strip("| ").split("|") for line in lines if line.startswith("| `")]
    return [(cells[0], cells[-1]) for cells in rows]
