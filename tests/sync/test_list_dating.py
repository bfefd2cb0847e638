"""Of when the list is, by its own word."""

import dataclasses
from datetime import UTC, datetime

import pytest

from flagging.configuration.master_list import LIST_DATE
from flagging.errors import SourceUnreadable
from flagging.sync.sources.dating import date_of
from flagging.sync.sources.master_list import ListFile

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
COPIED = datetime(2026, 3, 2, 3, tzinfo=UTC)
HEADER = "ppo_ref,status,family_name,updated_at,exported\n"


@pytest.fixture
def by_column(form):
    def by_column(column):
        columns = {**form.columns, **({} if column in form.columns else {column: LIST_DATE})}
        return dataclasses.replace(form, columns=columns, dated_column=column, date_formats=("%d/%m/%Y",))

    return by_column


@pytest.fixture
def by_row(form):
    return dataclasses.replace(form, dated_row="Exported at")


def dated(form, *texts, changed=COPIED):
    return date_of([ListFile(text.encode(), f"F{at}.csv") for at, text in enumerate(texts, 1)], changed, form, NOW)


def row(updated="", exported=""):
    return f"B1,active,Sample,{updated},{exported}\n"


def test_without_configuration_a_list_is_of_when_its_source_was_changed(form):
    assert dated(form, HEADER + row("2026-02-01")) == COPIED
    assert dated(form, HEADER, changed=None) is None


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("2026-02-01T04:05:06+00:00", datetime(2026, 2, 1, 4, 5, 6, tzinfo=UTC)),
        ("2026-02-01 04:05", datetime(2026, 2, 1, 4, 5, tzinfo=UTC)),
        ("2025-07-01T04:05:06", datetime(2025, 7, 1, 3, 5, 6, tzinfo=UTC)),
        ("2025-07-01", datetime(2025, 6, 30, 23, tzinfo=UTC)),
        ("01/02/2026", datetime(2026, 2, 1, tzinfo=UTC)),
    ],
    ids=["with-zone", "winter", "summer", "day", "configured-form"],
)
def test_a_time_without_zone_is_that_of_london_and_a_day_counts_from_its_beginning(by_column, written, date):
    assert dated(by_column("updated_at"), HEADER + row(written)) == date


def test_the_newest_row_dates_the_list(by_column):
    text = HEADER + row("2026-01-01") + row("2026-02-01") + row("") + row("never") + row("2025-12-31")
    assert dated(by_column("updated_at"), text) == datetime(2026, 2, 1, tzinfo=UTC)


def test_a_row_of_the_future_does_not_keep_an_old_list_fresh(by_column):
    text = HEADER + row("2062-01-01") + row("2026-02-01")
    assert dated(by_column("updated_at"), text) == datetime(2026, 2, 1, tzinfo=UTC)


def test_the_column_may_be_one_that_is_no_field(by_column):
    assert dated(by_column("exported"), HEADER + row("2026-01-01", "2026-02-01")) == datetime(2026, 2, 1, tzinfo=UTC)


def test_json_lines_are_dated_by_a_column_too(by_column):
    text = '{"ppo_ref": "B1", "exported": "2026-02-01"}\n{"ppo_ref": "B2", "exported": 7}\n'
    assert dated(by_column("exported"), text) == datetime(2026, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", [row("soon"), row("2062-01-01"), row()])
def test_a_list_that_does_not_say_of_when_it_is_does_not_count_as_of_now(by_column, text):
    with pytest.raises(SourceUnreadable, match=r"^F1\.csv: it has no date in the column updated_at"):
        dated(by_column("updated_at"), HEADER + text)


def test_a_list_that_has_lost_the_column_is_unreadable(by_column):
    with pytest.raises(SourceUnreadable, match="no date in the column updated_at"):
        dated(by_column("updated_at"), "ppo_ref,status\nB1,active\n")


def test_several_files_are_as_old_as_the_oldest_by_its_own_word(by_column):
    files = (HEADER + row("2026-02-01"), HEADER + row("2026-01-01") + row("2026-01-05"))
    assert dated(by_column("updated_at"), *files) == datetime(2026, 1, 5, tzinfo=UTC)


def test_a_file_of_nobody_is_of_when_it_was_changed(by_column):
    assert dated(by_column("updated_at"), HEADER, HEADER + row("2026-03-02T11:00:00+00:00")) == COPIED


@pytest.mark.parametrize(
    "text",
    [
        "Exported at: 2026-02-01T04:00,,,\n" + HEADER + row(),
        "# exported at 2026-02-01 04:00\n" + HEADER + row(),
        '"Exported at","2026-02-01 04:00"\n' + HEADER + row(),
        "\n,,,\n" + HEADER + row() + "Exported at,2026-02-01 04:00,,,\n",
        "sep=;\nExported at;2026-02-01 04:00\n" + HEADER.replace(",", ";") + row().replace(",", ";"),
        '{"Exported at": "2026-02-01 04:00"}\n{"ppo_ref": "B1"}\n',
    ],
    ids=["above", "comment", "two-cells", "below", "semicolons", "json"],
)
def test_a_row_may_date_the_list(by_row, text):
    assert dated(by_row, text) == datetime(2026, 2, 1, 4, tzinfo=UTC)


def test_a_list_without_the_row_is_unreadable(by_row):
    with pytest.raises(SourceUnreadable, match="no date in a row Exported at"):
        dated(by_row, HEADER + row("2026-02-01"))


def test_the_row_that_dates_the_list_is_nobody_and_costs_nobody_their_line_number(by_row, read_text):
    text = "Exported at,2026-02-01\nppo_ref,status,family_name\nB1,active,Sample\nExported at,2026-02-01\n"
    read = read_text(text, by_row)
    assert [(row.line, row.record.ppo_ref) for row in read.accepted] == [(3, "B1")]
    assert (read.rejected, read.warnings, read.missing_columns) == ((), (), ())
