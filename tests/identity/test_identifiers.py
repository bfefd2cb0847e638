"""What crosses kinds: texts valid as two of them, neighbours' fields, lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flagging.identity.check_letter import check_letter
from flagging.identity.identifiers import LETTERS_FOR_DIGITS, parse_identifier_list, parse_identifiers
from flagging.identity.person import IdentifierKind
from flagging.identity.reading import PLACEHOLDER, TOO_LONG, Reading, Unusable

PNC, CRO = IdentifierKind.PNC_ID, IdentifierKind.CRO_NUMBER
PRISON, CRN = IdentifierKind.PRISON_NUMBER, IdentifierKind.CRN
KINDS = st.sampled_from(IdentifierKind)


def canonicals(reading):
    assert isinstance(reading, Reading)
    return [identifier.canonical for identifier in reading.identifiers]


def texts_valid_as_both():
    """Slashless texts whose letter is right as PNC ID and as CRO number alike."""
    for digits in range(300_000, 400_000):
        text = str(digits)
        letter = check_letter(int(text[:2]), int(text[2:]), 7)
        if letter == check_letter(int(text[-2:]), int(text[:-2]), 6):
            yield text + letter


def valid_as_both():
    return next(texts_valid_as_both())


@pytest.mark.parametrize("kind", [PNC, CRO])
def test_slashless_text_valid_as_both_is_looked_up_as_both_and_says_so(kind):
    reading = parse_identifiers(kind, valid_as_both())
    assert {identifier.kind for identifier in reading.identifiers} == {PNC, CRO}
    assert all(identifier.verified for identifier in reading.identifiers)
    assert any("also read as a" in note for note in reading.notes)


def test_slashless_text_valid_as_pnc_id_alone_is_no_cro_number():
    assert canonicals(parse_identifiers(PNC, "0273319Z")) == ["2002/0073319Z"]


@given(year=st.integers(0, 99), serial=st.integers(1, 9_999_999))
def test_pnc_id_with_slash_and_right_letter_is_never_a_cro_number(year, serial):
    reading = parse_identifiers(PNC, f"{year:02}/{serial}{check_letter(year, serial, 7)}")
    assert {identifier.kind for identifier in reading.identifiers} == {PNC}


@given(year=st.integers(0, 99), serial=st.integers(1, 999_999))
def test_cro_number_with_slash_and_right_letter_is_never_a_pnc_id(year, serial):
    reading = parse_identifiers(CRO, f"{serial}/{year:02}{check_letter(year, serial, 6)}")
    assert {identifier.kind for identifier in reading.identifiers} == {CRO}


def test_slash_pasted_from_a_document_settles_the_kind_too():
    text = next(
        f"{serial:02}\N{FRACTION SLASH}34{check_letter(34, serial, 6)}"
        for serial in range(10, 100)
        if check_letter(34, serial, 6) == check_letter(serial, 34, 7)
    )
    assert {identifier.kind for identifier in parse_identifiers(PNC, text).identifiers} == {PNC}


@pytest.mark.parametrize(
    ("kind", "text", "canonical", "note"),
    [
        pytest.param(PNC, "65656/91H", "065656/91H", "read as a CRO number", id="CRO number in the PNC field"),
        pytest.param(PNC, "SF05/482703J", "SF05/482703J", "read as a CRO number", id="SF number in the PNC field"),
        pytest.param(CRO, "2002/73319Z", "2002/0073319Z", "read as a PNC ID", id="PNC ID in the CRO field"),
        pytest.param(CRN, "A1234BC", "A1234BC", "read as a prison number", id="prison number in the CRN field"),
        pytest.param(PRISON, "X123456", "X123456", "read as a CRN", id="CRN in the prison field"),
    ],
)
def test_identifier_in_its_neighbours_field_is_read_and_says_so(kind, text, canonical, note):
    reading = parse_identifiers(kind, text)
    assert canonicals(reading) == [canonical]
    assert reading.notes[-1] == note


def test_wrong_letter_for_both_kinds_stays_in_its_own_field():
    assert parse_identifiers(PNC, "65656/91A") == Unusable("not a PNC ID")
    assert parse_identifiers(CRO, "2002/73319A") == Unusable("not a CRO number")


def test_right_reading_comes_before_the_unverified_one():
    reading = parse_identifiers(CRO, "0273319Z")
    assert [(i.kind, i.verified) for i in reading.identifiers] == [(PNC, True), (CRO, False)]


@pytest.mark.parametrize("kind", [PRISON, CRN])
@pytest.mark.parametrize("digits", range(12340, 12363))
def test_booking_number_is_never_read_as_a_police_number(kind, digits):
    text = f"{digits}{check_letter(digits // 1000, digits % 1000, 7)}"
    assert isinstance(parse_identifiers(kind, text), Unusable)


def test_date_of_birth_reaches_the_century():
    assert canonicals(parse_identifiers(PNC, "20/9N", 1905)) == ["1920/0000009N"]
    assert parse_identifier_list(PNC, "20/9N", 1905)[0][0].canonical == "1920/0000009N"


def test_the_year_it_is_reaches_the_century():
    assert canonicals(parse_identifiers(PNC, "20/9N", this_year=2019)) == ["1920/0000009N"]
    assert parse_identifier_list(PNC, "20/9N", this_year=2019)[0][0].canonical == "1920/0000009N"


# -- another kind's field, beyond the neighbour's ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", IdentifierKind)
@pytest.mark.parametrize(
    ("text", "canonical", "own"),
    [
        pytest.param("01/171310W", "2001/0171310W", PNC, id="PNC ID"),
        pytest.param("PNCID:01/171310W", "2001/0171310W", PNC, id="PNC ID with a label"),
        pytest.param("65656/91H", "065656/91H", CRO, id="CRO number"),
        pytest.param("CRO no. 65656/91H", "065656/91H", CRO, id="CRO number with a label"),
        pytest.param("SF05/482703J", "SF05/482703J", CRO, id="SF number"),
        pytest.param("A1234BC", "A1234BC", PRISON, id="prison number"),
        pytest.param("X123456", "X123456", CRN, id="CRN"),
    ],
)
def test_an_identifier_in_any_field_is_read_as_what_it_is_and_says_so(kind, text, canonical, own):
    reading = parse_identifiers(kind, text)
    assert canonicals(reading) == [canonical]
    assert reading.identifiers[0].kind is own
    assert (f"read as a {own.words}" in reading.notes) == (kind is not own)


@pytest.mark.parametrize("kind", [PRISON, CRN])
@pytest.mark.parametrize("text", ["01171310W", "123488P", "01/171310A"])
def test_a_police_number_that_is_not_beyond_doubt_is_none_in_a_field_of_prison_or_probation(kind, text):
    assert isinstance(parse_identifiers(kind, text), Unusable)


def test_a_text_that_is_two_other_kinds_is_neither():
    year, serial = next(
        (year, serial)
        for year in range(10, 60)
        for serial in range(10, 99)
        if check_letter(year, serial, 7) == check_letter(serial, year, 6)
    )
    assert isinstance(parse_identifiers(CRN, f"{year}/{serial}{check_letter(year, serial, 7)}"), Unusable)


# -- letters for digits --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "text", "canonical"),
    [
        (PNC, "O1/17131OW", "2001/0171310W"),
        (PNC, "0l/i713i0w", "2001/0171310W"),
        (PNC, "O2733I9Z", "2002/0073319Z"),
        (PNC, "PNC NO: O1/171310W", "2001/0171310W"),
        (CRO, "65656/9lH", "065656/91H"),
        (CRO, "SFO5/4827O3J", "SF05/482703J"),
        (PRISON, "A12O4BC", "A1204BC"),
        (PRISON, "aI234bc", "A1234BC"),
        (CRN, "X12345O", "X123450"),
    ],
)
def test_letters_typed_for_digits_are_mended_and_said(kind, text, canonical):
    reading = parse_identifiers(kind, text)
    assert canonicals(reading) == [canonical]
    assert LETTERS_FOR_DIGITS in reading.notes


def test_letters_for_digits_are_mended_in_the_neighbours_field_too():
    reading = parse_identifiers(PNC, "65656/9lH")
    assert canonicals(reading) == ["065656/91H"]
    assert reading.notes == (LETTERS_FOR_DIGITS, "read as a CRO number")


@pytest.mark.parametrize("text", ["O1/17131OA", "OI/LOL", "oilW", "01/l71310O"])
def test_letters_for_digits_whose_check_letter_is_wrong_are_never_guessed(text):
    assert isinstance(parse_identifiers(PNC, text), Unusable)


@given(year=st.integers(0, 99), serial=st.integers(1, 9_999_999), letter=st.sampled_from("ABCDEFGHJKMNPQRTUVWXYZ"))
def test_what_was_mended_is_what_was_meant_and_its_letter_is_right(year, serial, letter):
    meant = f"{year:02}/{serial:07}"
    typed = meant.replace("0", "O").replace("1", "I")
    reading = parse_identifiers(PNC, typed + letter)
    is_right = letter == check_letter(year, serial, 7)
    if typed == meant or set(typed) <= set("OI/"):
        assert not isinstance(reading, Reading) or LETTERS_FOR_DIGITS not in reading.notes
    elif is_right:
        assert parse_identifiers(PNC, meant + letter).identifiers == reading.identifiers
    else:
        assert isinstance(reading, Unusable)


def test_a_text_that_can_be_mended_in_two_ways_is_left_alone():
    text = next(text for text in texts_valid_as_both() if not {"0", "1"}.isdisjoint(text))
    assert isinstance(parse_identifiers(PNC, text.replace("0", "O").replace("1", "I")), Unusable)


@given(kind=KINDS, text=st.text(max_size=300) | st.text(alphabet="0129/SFXZ -;,", max_size=20))
def test_any_text_is_read_or_refused(kind, text):
    parsed = parse_identifiers(kind, text)
    assert isinstance(parsed, Unusable) or parsed.identifiers
    assert isinstance(parse_identifier_list(kind, text), tuple)


@given(kind=KINDS, text=st.text(alphabet="0129/SFABXZ -", min_size=1, max_size=16))
def test_canonical_forms_are_read_as_themselves(kind, text):
    parsed = parse_identifiers(kind, text)
    for identifier in parsed.identifiers if isinstance(parsed, Reading) else ():
        assert identifier in parse_identifiers(identifier.kind, identifier.canonical).identifiers


@given(kind=KINDS, text=st.text(alphabet="0123456789/SFABXZ", min_size=3, max_size=16))
def test_reasons_and_notes_never_repeat_the_text(kind, text):
    parsed = parse_identifiers(kind, text)
    words = (parsed.reason,) if isinstance(parsed, Unusable) else parsed.notes
    assert not any(character.isdigit() for word in words for character in word)


def test_overlong_text_is_refused_unread():
    assert parse_identifiers(PNC, "0" * 100_000) == TOO_LONG
    assert parse_identifier_list(PNC, "1;" * 100_000) == ((), (TOO_LONG,))


# -- lists ---------------------------------------------------------------------------------------------------------------


def test_list_keeps_every_identifier_in_order():
    identifiers, unusables = parse_identifier_list(PNC, "01/171310W; 02/73319Z")
    assert [identifier.canonical for identifier in identifiers] == ["2001/0171310W", "2002/0073319Z"]
    assert unusables == ()


def test_list_names_each_identifier_once_whatever_the_spelling():
    identifiers, _ = parse_identifier_list(PNC, "02/73319Z;20020073319Z;2002/73319z")
    assert [identifier.canonical for identifier in identifiers] == ["2002/0073319Z"]


def test_list_leaves_nothing_out_unsaid():
    identifiers, unusables = parse_identifier_list(CRN, "X123456; N/A; ; 12345A;")
    assert [identifier.canonical for identifier in identifiers] == ["X123456"]
    assert unusables == (PLACEHOLDER, Unusable("not a CRN"))


def test_placeholder_with_a_semicolon_within_a_list_spoils_nothing():
    identifiers, unusables = parse_identifier_list(PRISON, "NONE;A1234BC")
    assert [identifier.canonical for identifier in identifiers] == ["A1234BC"]
    assert unusables == (PLACEHOLDER,)


@pytest.mark.parametrize(
    "text",
    [
        "01/171310W 02/73319Z",
        "01/171310W and 02/73319Z",
        "PNC 01/171310W & PNC 2002/73319Z",
        "01/171310W\u00a002/73319Z",
        "01/171310W; 02/73319Z",
    ],
)
def test_several_in_one_entry_are_all_read(text):
    identifiers, unusables = parse_identifier_list(PNC, text)
    assert [identifier.canonical for identifier in identifiers] == ["2001/0171310W", "2002/0073319Z"]
    assert unusables == ()


def test_several_kinds_in_one_entry_are_all_read():
    identifiers, unusables = parse_identifier_list(PNC, "PNC 01/171310W CRO 65656/91H A1234BC")
    assert [identifier.kind for identifier in identifiers] == [PNC, CRO, PRISON]
    assert unusables == ()


@pytest.mark.parametrize("text", ["PNC ID is 01/171310W", "01/171310W (see the custody record)", "ID: 01/171310W !"])
def test_words_around_an_identifier_do_not_hide_it(text):
    identifiers, unusables = parse_identifier_list(PNC, text)
    assert [identifier.canonical for identifier in identifiers] == ["2001/0171310W"]
    assert unusables == ()


@pytest.mark.parametrize("text", ["01/171310W 02/73319A", "01/171310W 17", "01/171310W or 02/"])
def test_an_entry_with_a_word_that_is_doubtful_is_not_taken_to_pieces(text):
    assert parse_identifier_list(PNC, text) == ((), (Unusable("not a PNC ID"),))
