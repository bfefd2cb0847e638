"""Prison numbers and CRNs: one shape each, nothing to verify, and booking numbers are neither."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flagging.identity.crn import parse_crn
from flagging.identity.person import Identifier, IdentifierKind
from flagging.identity.prison_number import parse_prison_number
from flagging.identity.reading import PLACEHOLDER, Reading, Unusable


@pytest.mark.parametrize(
    "text",
    [
        "A1234BC",
        "a1234bc",
        " A 1234 BC ",
        "A1234-BC",
        "\uff21\uff11234\uff22C",
        "NOMS no. A1234BC",
        "Prison number: A1234BC",
    ],
)
def test_prison_number_is_read_in_any_spelling(text):
    expected = Identifier(IdentifierKind.PRISON_NUMBER, "A1234BC", ("prison:A1234BC",), None)
    assert parse_prison_number(text) == Reading((expected,))


@pytest.mark.parametrize("text", ["X123456", "x123456", "X 123 456", "X-123456", "CRN X123456"])
def test_crn_is_read_in_any_spelling(text):
    assert parse_crn(text) == Reading((Identifier(IdentifierKind.CRN, "X123456", ("crn:X123456",), None),))


@pytest.mark.parametrize("text", ["12345A", "12345 a", "B12345"])
def test_booking_number_is_neither_prison_number_nor_crn(text):
    assert parse_prison_number(text) == Unusable("a booking number, not a prison number")
    assert parse_crn(text) == Unusable("not a CRN")


@pytest.mark.parametrize("text", ["AB1234", "ab 1234", "TF-0001"])
def test_a_prison_number_of_the_old_kind_is_refused_by_name(text):
    assert parse_prison_number(text) == Unusable("a prison number of the old kind, which stands for one stay")
    assert parse_crn(text) == Unusable("not a CRN")


@pytest.mark.parametrize("text", ["A0000AA", "00000", "Unknown", "N/A"])
def test_prison_number_placeholder_is_named_as_one(text):
    assert parse_prison_number(text) == PLACEHOLDER


@pytest.mark.parametrize("text", ["X000000", "000000", "TBC"])
def test_crn_placeholder_is_named_as_one(text):
    assert parse_crn(text) == PLACEHOLDER


@pytest.mark.parametrize("text", ["A12345BC", "A1234B", "AB1234C", "A1234BC7", "X123456", "2002/73319Z"])
def test_other_text_is_no_prison_number(text):
    assert parse_prison_number(text) == Unusable("not a prison number")


@pytest.mark.parametrize("text", ["X12345", "X1234567", "XX12345", "A1234BC", "1" * 5000])
def test_other_text_is_no_crn(text):
    assert parse_crn(text) == Unusable("not a CRN")


@given(text=st.text(max_size=30) | st.text(alphabet="A0123X /", max_size=9))
def test_any_text_is_read_or_refused(text):
    assert isinstance(parse_prison_number(text), Reading | Unusable)
    assert isinstance(parse_crn(text), Reading | Unusable)
