"""Dates of birth as people type them: day first, partial ones, and what is said of those that cannot be read."""

import pytest

from flagging.web.typed_dates import DateFault, date_in_one, typed_date


@pytest.mark.parametrize(
    ("boxes", "iso"),
    [
        (("1", "2", "1983"), "1983-02-01"),
        (("01", "02", "1983"), "1983-02-01"),
        ((" 1 ", "feb", "1983"), "1983-02-01"),
        (("1", "February", "1983"), "1983-02-01"),
        (("", "2", "1983"), "1983-02"),
        (("", "", "1983"), "1983"),
        (("1/2/1983", "", ""), "1983-02-01"),
        (("", "", "1 Feb 1983"), "1983-02-01"),
        (("१", "२", "१९८३"), "1983-02-01"),
    ],
    ids=str,
)
def test_boxes_come_to_a_date_as_far_as_it_is_known(boxes, iso):
    assert typed_date(*boxes) == iso


def test_empty_boxes_say_nothing():
    assert typed_date("", " ", "") is None
    assert date_in_one("  ") is None


@pytest.mark.parametrize(
    ("boxes", "part"),
    [
        (("1", "", "1983"), "month"),
        (("1", "2", ""), "year"),
        (("1", "2", "83"), "year"),
        (("1", "13", "1983"), "month"),
        (("32", "1", "1983"), "day"),
        (("x", "1", "1983"), "day"),
        (("", "spring", "1983"), "month"),
        (("1", "2", "19x3"), "year"),
    ],
    ids=str,
)
def test_fault_is_told_of_the_box_that_is_to_be_mended(boxes, part):
    fault = typed_date(*boxes)
    assert isinstance(fault, DateFault)
    assert fault.part == part


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("1983-02-01", "1983-02-01"),
        ("1983-02", "1983-02"),
        ("1983", "1983"),
        ("01/02/1983", "1983-02-01"),
        ("1.2.1983", "1983-02-01"),
        ("1 Feb 1983", "1983-02-01"),
        ("1st of February 1983", "1983-02-01"),
        ("February 1 1983", "1983-02-01"),
        ("Feb 1983", "1983-02"),
        ("1983-02-01 00:00:00", "1983-02-01"),
        ("01/02/1983 00:00", "1983-02-01"),
    ],
)
def test_date_in_one_cell_is_read_day_first(text, iso):
    assert date_in_one(text) == iso


@pytest.mark.parametrize("text", ["1/2/83", "45000", "soon", "1/2/1983 14:30", "1983-02-01T09:15", "1" * 50])
def test_what_is_no_date_beyond_doubt_is_a_fault(text):
    assert isinstance(date_in_one(text), DateFault)
