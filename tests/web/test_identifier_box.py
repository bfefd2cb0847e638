"""One box for every kind of identifier: which kind each is, in words, and the field of the question it goes into."""

import pytest
from service import pnc_id

from flagging.web.identifier_box import read_box

PNC = pnc_id(2001, 171310)


@pytest.mark.parametrize(
    ("text", "field", "called"),
    [
        ("01/171310W", "pnc_id", "PNC ID 2001/0171310W, check letter right"),
        (" 2001/0171310w ", "pnc_id", "PNC ID 2001/0171310W, check letter right"),
        ("PNC: 01/171310W", "pnc_id", "PNC ID 2001/0171310W, check letter right"),
        ("a1234bc", "prison_number", "prison number A1234BC"),
        ("X123456", "crn", "CRN X123456"),
        ("284307/18W", "cro_number", "CRO number 284307/18W, check letter right"),
    ],
)
def test_kind_is_recognised_whatever_the_spelling_and_said(text, field, called):
    box = read_box(text, 1983, 2026)
    assert box.fields == {field: text.strip()}
    assert box.words == called
    assert not box.unread


def test_wrong_check_letter_is_told_at_once():
    assert "check letter is not the one" in read_box("01/171310A", 1983, 2026).words


@pytest.mark.parametrize(
    "text", ["01/171310W, A1234BC", "01/171310W; A1234BC", "01/171310W\nA1234BC", "01/171310W A1234BC"]
)
def test_several_are_told_apart(text):
    assert read_box(text, 1983, 2026).fields == {"pnc_id": "01/171310W", "prison_number": "A1234BC"}


def test_two_of_one_kind_share_its_field():
    assert read_box(f"01/171310W, {PNC}", 1983, 2026).fields == {"pnc_id": f"01/171310W; {PNC}"}


@pytest.mark.parametrize("text", ["", "  ", "none", "not known", "N/A"])
def test_words_for_none_count_as_nothing(text):
    box = read_box(text)
    assert (box.fields, box.unread) == ({}, 0)


@pytest.mark.parametrize("text", ["rubbish", "1234567", "01/171310W and so on", "x" * 300])
def test_what_is_no_identifier_is_counted_as_unread(text):
    assert read_box(text).unread == 1


def test_one_that_is_unread_does_not_hide_the_other():
    box = read_box("rubbish, 01/171310W")
    assert (box.fields, box.unread) == ({"pnc_id": "01/171310W"}, 1)
