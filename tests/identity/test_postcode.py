"""UK postcodes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flagging.identity.postcode import parse_postcode
from flagging.identity.reading import PLACEHOLDER, TOO_LONG, Unusable


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("B1 1AA", "B1 1AA"),
        ("b11aa", "B1 1AA"),
        (" b 1  1 a a ", "B1 1AA"),
        ("B16 8XX", "B16 8XX"),
        ("WS10 9XX", "WS10 9XX"),
        ("W1A 1AA", "W1A 1AA"),
        ("EC1A1BB", "EC1A 1BB"),
        ("GIR 0AA", "GIR 0AA"),
        ("\uff22\uff11\u00a01A\uff21", "B1 1AA"),
        ("B1-1AA", "B1 1AA"),
    ],
)
def test_postcode_is_read_in_any_spelling(text, canonical):
    assert parse_postcode(text) == canonical


@pytest.mark.parametrize("text", ["ZZ99 3VZ", "zz993cz", "NFA", "No fixed abode", "Unknown", "N/K", "-"])
def test_code_without_an_address_is_a_placeholder(text):
    assert parse_postcode(text) == PLACEHOLDER


@pytest.mark.parametrize("text", ["B1", "B1 1A", "B1 1AAA", "ABC1 1AA", "B1 1CA", "3020", "11 1AA", "B" * 150])
def test_other_text_is_no_postcode(text):
    assert parse_postcode(text) == Unusable("not a full UK postcode")


def test_blank_and_overlong_texts_are_refused():
    assert parse_postcode(" ") == Unusable("blank")
    assert parse_postcode("B" * 100_000) == TOO_LONG


@given(text=st.text(max_size=30) | st.from_regex(r"[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}", fullmatch=True))
def test_canonical_postcode_is_read_as_itself(text):
    parsed = parse_postcode(text)
    assert isinstance(parsed, Unusable) or parse_postcode(parsed) == parsed
