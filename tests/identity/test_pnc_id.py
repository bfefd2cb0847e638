"""PNC IDs: every spelling of one ID meets, and none is read as another's without a word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flagging.identity.check_letter import check_letter
from flagging.identity.pnc_id import CENTURY_ASSUMED, NO_LETTER, YEAR_LEFT_OPEN, parse_pnc_id
from flagging.identity.reading import PLACEHOLDER, Reading, Unusable

YEARS = st.integers(1950, 2049)
SERIALS = st.integers(1, 9_999_999)


def wide(text):
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


def only(reading):
    assert isinstance(reading, Reading)
    (identifier,) = reading.identifiers
    return identifier


@pytest.mark.parametrize(
    ("text", "canonical", "verified"),
    [
        ("81/34U", "1981/0000034U", True),
        ("033Y", "2003/0000003Y", True),
        ("0273319Z", "2002/0073319Z", True),
        ("20020073319Z", "2002/0073319Z", True),
        ("2002/73319Z", "2002/0073319Z", True),
        ("67/9893091D", "1967/9893091D", True),
        ("01/171310W", "2001/0171310W", True),
        ("20/9N", "2020/0000009N", True),
        ("2020/00009N", "2020/0000009N", True),
        ("2012/0052494O", "2012/0052494O", False),
        ("2001/0171310S", "2001/0171310S", False),
        ("1999/1234567A", "1999/1234567A", False),
        ("2018/0123456X", "2018/0123456X", False),
        ("2012/0052494Q", "2012/0052494Q", True),
        ("2001/0171310W", "2001/0171310W", True),
        ("1999/1234567B", "1999/1234567B", True),
        ("2018/0123456P", "2018/0123456P", True),
    ],
)
def test_vector_is_read(text, canonical, verified):
    identifier = only(parse_pnc_id(text))
    assert (identifier.canonical, identifier.verified) == (canonical, verified)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("02/73319z", id="lower case"),
        pytest.param(" 02 / 0073319 Z ", id="spaces"),
        pytest.param("2002\u00a0/\u200b73319Z", id="no-break and zero-width space"),
        pytest.param(wide("02/73319Z"), id="full width"),
        pytest.param("2002\N{FRACTION SLASH}73319Z", id="fraction slash"),
        pytest.param("2002\N{EN DASH}73319Z", id="dash for slash"),
        pytest.param("2002\\73319Z", id="backslash"),
        pytest.param("\u0662\u0660\u0660\u0662/\u0667\u0663\u0663\u0661\u0669Z", id="Arabic digits"),
        pytest.param("PNC ID: 2002/73319Z.", id="with its label"),
        pytest.param("PNC/ID - 2002/73319Z", id="with a label of two words"),
        pytest.param("PNCID2002/73319Z", id="with its label, together"),
        pytest.param("PNC ref no. 2002/73319Z", id="with a long label"),
        pytest.param("2002/73319Z (PNC)", id="with its label behind"),
        pytest.param("2002.73319Z", id="full stop for slash"),
        pytest.param("2002 73319 Z", id="space for slash"),
        pytest.param('="2002/73319Z"', id="as a spreadsheet keeps it"),
        pytest.param("<2002/73319Z>", id="in angle brackets"),
        pytest.param("'2002/73319Z'", id="in quotes"),
        pytest.param("2/73319Z", id="zero of the year dropped"),
        pytest.param("2002/\x0073319Z\x1b", id="control characters"),
        pytest.param("2002/73319-Z", id="dash before the letter"),
    ],
)
def test_pasted_spelling_is_read(text):
    assert only(parse_pnc_id(text)).keys[0] == "pnc:02/0073319Z"


@given(year=YEARS, serial=SERIALS)
def test_every_spelling_of_one_id_meets(year, serial):
    letter = check_letter(year, serial, 7)
    spellings = [
        head + slash + tail + end
        for head in (f"{year}", f"{year % 100:02}")
        for slash in ("/", "", " ", " / ")
        for tail in (f"{serial:07}", f"{serial}")
        for end in (letter, letter.lower(), f" {letter}")
    ]
    readings = [parse_pnc_id(spelling) for spelling in spellings]
    key = f"pnc:{year % 100:02}/{serial:07}{letter}"
    assert all(key in [identifier.keys[0] for identifier in reading.identifiers] for reading in readings)
    assert all(identifier.verified for reading in readings for identifier in reading.identifiers)


@given(year=YEARS, serial=SERIALS)
def test_spelling_with_a_slash_has_one_reading(year, serial):
    letter = check_letter(year, serial, 7)
    assert only(parse_pnc_id(f"{year % 100:02}/{serial}{letter}", year - 20)) == only(
        parse_pnc_id(f"{year}/{serial:07}{letter}")
    )


@given(year=YEARS, serial=SERIALS, letter=st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
def test_wrong_letter_is_never_verified_yet_meets_the_right_one_in_the_core(year, serial, letter):
    right = only(parse_pnc_id(f"{year}/{serial}{check_letter(year, serial, 7)}"))
    typed = only(parse_pnc_id(f"{year}/{serial}{letter}"))
    assert typed.verified == (typed.keys[0] == right.keys[0]) == (letter == right.canonical[-1])
    assert typed.keys[1:] == right.keys[1:]


@given(year=YEARS, serial=SERIALS, letter=st.sampled_from(["", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ"]))
def test_canonical_form_is_read_as_itself(year, serial, letter):
    identifier = only(parse_pnc_id(f"{year}/{serial}{letter}"))
    assert only(parse_pnc_id(identifier.canonical)) == identifier


@given(text=st.text(max_size=40) | st.text(alphabet="0129/PNCZ -", max_size=16))
def test_any_text_is_read_or_refused(text):
    assert isinstance(parse_pnc_id(text), Reading | Unusable)


# -- a long year without slash and zeros -------------------------------------------------------------------------------


def test_long_year_with_unpadded_serial_is_not_read_as_another_persons_id():
    identifier = only(parse_pnc_id("200273319Z"))
    assert identifier.canonical == "2002/0073319Z"


def test_short_year_that_looks_like_half_a_long_one_is_read_by_its_letter():
    letter = check_letter(20, 273319, 7)
    assert only(parse_pnc_id(f"200273319{letter}")).canonical == f"2020/0273319{letter}"


def test_both_years_are_looked_up_when_the_letter_is_right_for_neither():
    reading = parse_pnc_id("200273319A")
    assert [i.canonical for i in reading.identifiers] == ["2020/0273319A", "2002/0073319A"]
    assert not any(i.verified for i in reading.identifiers)
    assert YEAR_LEFT_OPEN in reading.notes


def test_both_years_are_looked_up_when_the_letter_is_right_for_both():
    text, year = next(
        (f"{year}{serial}{check_letter(year, serial, 7)}", str(year))
        for year in range(2000, 2100)
        for serial in (1, 12, 123, 1234, 12345)
        if check_letter(year, serial, 7) == check_letter(20, int(f"{year % 100:02}{serial}"), 7)
    )
    reading = parse_pnc_id(text)
    assert [i.canonical[:4] for i in reading.identifiers] == ["2020", year]
    assert all(i.verified for i in reading.identifiers)
    assert YEAR_LEFT_OPEN in reading.notes


# -- the century ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "born_year", "year"),
    [
        pytest.param("30/1X", 1905, "1930", id="born 1905"),
        pytest.param("30/1X", 1985, "2030", id="born 1985"),
        pytest.param("81/34U", 1965, "1981", id="born 1965"),
        pytest.param("02/73319Z", 1983, "2002", id="born 1983"),
        pytest.param("01/1B", 1901, "1901", id="in the year of birth"),
        pytest.param("20/9N", 1985, "2020", id="a year before birth is another century"),
    ],
)
def test_two_digit_year_follows_the_date_of_birth(text, born_year, year):
    reading = parse_pnc_id(text, born_year)
    assert only(reading).canonical[:4] == year
    assert reading.notes == ()


@pytest.mark.parametrize(("year", "assumed"), [("49", "2049"), ("50", "1950"), ("00", "2000"), ("99", "1999")])
def test_century_without_a_date_of_birth_is_assumed_and_said_so(year, assumed):
    reading = parse_pnc_id(f"{year}/171310W")
    assert only(reading).canonical[:4] == assumed
    assert reading.notes == (CENTURY_ASSUMED,)


@pytest.mark.parametrize("born_year", [None, 1983, 1995, 2010])
@pytest.mark.parametrize(("this_year", "year"), [(2066, "1967"), (2067, "2067"), (2026, "1967"), (None, "1967")])
def test_a_two_digit_year_is_never_one_to_come(born_year, this_year, year):
    identifier = only(parse_pnc_id("67/9893091D", born_year, this_year))
    assert identifier.canonical == f"{year}/9893091D"
    assert identifier.verified


def test_a_year_to_come_that_is_written_out_is_taken_as_written():
    assert only(parse_pnc_id("2067/9893091D", 1983, 2026)).canonical == "2067/9893091D"


def test_date_of_birth_that_fits_no_century_leaves_it_assumed():
    assert parse_pnc_id("67/9893091D", 1983).notes == (CENTURY_ASSUMED,)
    assert parse_pnc_id("15/171310W", 2020).notes == (CENTURY_ASSUMED,)


def test_four_digit_year_is_taken_as_written():
    reading = parse_pnc_id("1902/73319Z", 1983)
    assert only(reading).canonical == "1902/0073319Z"
    assert reading.notes == ()


@given(year=st.integers(0, 99), serial=SERIALS, born_year=st.none() | st.integers(1850, 2040))
def test_keys_do_not_depend_on_the_century(year, serial, born_year):
    text = f"{year:02}/{serial}A"
    assert only(parse_pnc_id(text, born_year)).keys == only(parse_pnc_id(text)).keys


# -- what is no PNC ID ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["000000/00Z", "0000/0000000Z", "00/0Z", "2000/0000000", "000", "N/A", "none", "Not known", "N/K", "-", "xxx", "?"],
)
def test_placeholder_is_named_as_one(text):
    assert parse_pnc_id(text) == PLACEHOLDER


@pytest.mark.parametrize("text", ["", "  ", "\u00a0\u200b"])
def test_blank_text_is_blank(text):
    assert parse_pnc_id(text) == Unusable("blank")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("65656/91H", id="CRO number"),
        pytest.param("1234/88P", id="CRO number that starts with four digits"),
        pytest.param("SF05/482703J", id="SF CRO number"),
        pytest.param("A1234BC", id="prison number"),
        pytest.param("2002/12345678Z", id="serial of eight digits"),
        pytest.param("300200733191Z", id="twelve digits"),
        pytest.param("3002007331Z", id="ten digits without a year"),
        pytest.param("2" * 5000 + "Z", id="digits without end"),
        pytest.param("02/73319ZZ", id="two letters"),
        pytest.param("02/73319Z 03/1A", id="two IDs"),
        pytest.param("20027331", id="neither slash nor letter"),
    ],
)
def test_other_text_is_no_pnc_id(text):
    assert parse_pnc_id(text) == Unusable("not a PNC ID")


def test_missing_letter_leaves_the_core_to_look_up():
    reading = parse_pnc_id("2002/0073319")
    assert only(reading).verified is False
    assert only(reading).keys[1] == "pnc-core:02/0073319"
    assert reading.notes == (NO_LETTER,)
