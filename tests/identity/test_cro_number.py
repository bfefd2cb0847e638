"""CRO numbers, standard and SF."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flagging.identity.check_letter import check_letter
from flagging.identity.cro_number import NO_LETTER, parse_cro_number
from flagging.identity.reading import PLACEHOLDER, Reading, Unusable

SERIALS = st.integers(1, 999_999)
TWO_DIGITS = st.integers(0, 99)
LETTERS = st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def only(reading):
    assert isinstance(reading, Reading)
    (identifier,) = reading.identifiers
    return identifier


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("65656/91H", "065656/91H"),
        ("1234/88P", "001234/88P"),
        ("001234/88P", "001234/88P"),
        ("SF05/482703J", "SF05/482703J"),
        ("SF83/50058Z", "SF83/50058Z"),
        ("SF88/1234H", "SF88/1234H"),
        ("SF11/1C", "SF11/1C"),
        ("sf 88 / 01234 h", "SF88/1234H"),
        ("SF8801234H", "SF88/1234H"),
        ("123488p", "001234/88P"),
        ("CRO: 1234/88P", "001234/88P"),
        ("C.R.O. Number 1234/88P", "001234/88P"),
        ("CRO NO - 1234/88P", "001234/88P"),
        ("1234\N{EN DASH}88P (CRO)", "001234/88P"),
        ("CRO ref SF05/482703J", "SF05/482703J"),
    ],
)
def test_vector_verifies(text, canonical):
    identifier = only(parse_cro_number(text))
    assert identifier.canonical == canonical
    assert identifier.verified is True


@given(serial=SERIALS, year=TWO_DIGITS)
def test_every_spelling_of_one_number_meets(serial, year):
    letter = check_letter(year, serial, 6)
    spellings = [
        head + slash + f"{year:02}" + end
        for head in (f"{serial:06}", f"{serial}", f" {serial:05} ")
        for slash in ("/", "", " / ")
        for end in (letter, letter.lower(), f" {letter}")
    ]
    identifiers = {only(parse_cro_number(spelling)) for spelling in spellings}
    assert {(i.canonical, i.verified) for i in identifiers} == {(f"{serial:06}/{year:02}{letter}", True)}


@given(serial=SERIALS, year=TWO_DIGITS, letter=LETTERS)
def test_wrong_letter_is_never_verified_yet_meets_the_right_one_in_the_core(serial, year, letter):
    right = only(parse_cro_number(f"{serial}/{year:02}{check_letter(year, serial, 6)}"))
    typed = only(parse_cro_number(f"{serial}/{year:02}{letter}"))
    assert typed.verified == (typed.keys[0] == right.keys[0]) == (letter == right.canonical[-1])
    assert typed.keys[1:] == right.keys[1:]


@given(serial=SERIALS, year=TWO_DIGITS, letter=LETTERS, sf=st.booleans())
def test_canonical_form_is_read_as_itself(serial, year, letter, sf):
    identifier = only(parse_cro_number(f"SF{year:02}/{serial}{letter}" if sf else f"{serial}/{year:02}{letter}"))
    assert only(parse_cro_number(identifier.canonical)) == identifier


@given(text=st.text(max_size=40) | st.text(alphabet="0129/SFCROZ -", max_size=14))
def test_any_text_is_read_or_refused(text):
    assert isinstance(parse_cro_number(text), Reading | Unusable)


# -- the letter of an SF number ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "words"), [(0, "unpadded"), (5, "padded to five digits"), (6, "padded to six digits")], ids=str
)
def test_sf_letter_is_accepted_under_each_padding_and_the_padding_recorded(width, words):
    reading = parse_cro_number(f"SF88/1234{check_letter(88, 1234, max(width, 4))}")
    assert only(reading).verified is True
    assert reading.notes == (f"SF check letter right with the serial {words}",)


@given(serial=SERIALS, year=TWO_DIGITS)
def test_sf_numbers_of_systems_that_pad_differently_meet_verified(serial, year):
    width = len(str(serial))
    letters = {check_letter(year, serial, max(width, padding)) for padding in (0, 5, 6)}
    identifiers = [only(parse_cro_number(f"SF{year:02}/{serial}{letter}")) for letter in letters]
    assert all(identifier.verified for identifier in identifiers)
    assert len({identifier.keys for identifier in identifiers}) == 1


@given(serial=SERIALS, year=TWO_DIGITS, letter=LETTERS)
def test_sf_letter_right_under_no_padding_does_not_verify(serial, year, letter):
    width = len(str(serial))
    right = {check_letter(year, serial, max(width, padding)) for padding in (0, 5, 6)}
    assert only(parse_cro_number(f"SF{year:02}/{serial}{letter}")).verified == (letter in right)


def test_sf_number_of_six_digits_leaves_nothing_to_note():
    assert parse_cro_number("SF05/482703J").notes == ()


def test_sf_number_never_meets_a_standard_one():
    assert not set(only(parse_cro_number("SF88/1234H")).keys) & set(only(parse_cro_number("1234/88H")).keys)


# -- what is no CRO number -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("01/171310W", id="PNC ID"),
        pytest.param("2002/73319Z", id="PNC ID with a long year"),
        pytest.param("20020073319Z", id="PNC ID without slash"),
        pytest.param("81/034U", id="three digits for a year"),
        pytest.param("1234567/88P", id="serial of seven digits"),
        pytest.param("SF88/1234567H", id="SF serial of seven digits"),
        pytest.param("9" * 5000 + "/88P", id="digits without end"),
        pytest.param("A1234BC", id="prison number"),
        pytest.param("123456", id="neither slash nor letter"),
    ],
)
def test_other_text_is_no_cro_number(text):
    assert parse_cro_number(text) == Unusable("not a CRO number")


@pytest.mark.parametrize("text", ["000000/00Z", "0/91H", "SF00/000000Z", "SF05/0J", "n/a", "NONE"])
def test_placeholder_is_named_as_one(text):
    assert parse_cro_number(text) == PLACEHOLDER


def test_missing_letter_leaves_the_core_to_look_up():
    reading = parse_cro_number("65656/91")
    assert only(reading).verified is False
    assert only(reading).keys[1] == "cro-core:065656/91"
    assert reading.notes == (NO_LETTER,)
