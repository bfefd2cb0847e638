"""From what is said of a person to who is looked for: nothing guessed in silence, nothing left aside without saying."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from service import pnc_id

from flagging.errors import QuestionInvalid
from flagging.identity.names import OTHER_SCRIPT, TOO_MANY_WORDS
from flagging.identity.person import BirthDate, IdentifierKind, PersonName
from flagging.lookup.question import NO_NAME_WITH_IT, TOO_LITTLE, AskedAlias, AskedPerson, canonicalise
from flagging.policy.answer import Ignored
from flagging.terms import Field

TODAY = date(2026, 3, 2)
FULL = {"family_name": "Sample", "given_names": "Alex", "date_of_birth": "1983-02-01"}


def sought(**person):
    return canonicalise(AskedPerson(**person), TODAY)


def faults(**person):
    with pytest.raises(QuestionInvalid) as caught:
        sought(**person)
    return {fault.where: fault.reason for fault in caught.value.faults}


def canonical(found, kind=IdentifierKind.PNC_ID):
    return [identifier.canonical for identifier in found.identity.identifiers if identifier.kind is kind]


@pytest.mark.parametrize(
    "person",
    [
        {"family_name": "Sample", "given_names": "Alex"},
        {"family_name": "Sample", "date_of_birth": "1983"},
        {"given_names": "Alex", "date_of_birth": "1983-02"},
        {"given_names": "Alex", "approximate_age": 0},
        {"pnc_id": "01/171310W"},
        {"cro_number": "65656/91H"},
        {"prison_number": "A1234BC"},
        {"crn": "X123456"},
        {"aliases": (AskedAlias("Sample", "Alex"),)},
        {"family_name": "Sample", "aliases": (AskedAlias("Example", None, "1983-02-01"),)},
    ],
    ids="+".join,
)
def test_an_identifier_or_two_of_names_and_date_of_birth_are_enough(person):
    assert sought(**person).identity.personas or sought(**person).identity.identifiers


@pytest.mark.parametrize(
    "person",
    [
        {},
        {"family_name": "Sample"},
        {"given_names": "Alex"},
        {"date_of_birth": "1983-02-01"},
        {"approximate_age": 30},
        {"postcode": "B1 1AA"},
        {"family_name": "Sample", "postcode": "B1 1AA"},
        {"family_name": "Sample", "given_names": "unknown"},
        {"family_name": "Sample", "given_names": "  "},
        {"family_name": "Sample", "date_of_birth": "1900-01-01"},
        {"family_name": "Sample", "pnc_id": "000000/00Z"},
        {"family_name": "Sample", "pnc_id": "; ;"},
        {"family_name": "Sample", "aliases": (AskedAlias(None, "Alex"), AskedAlias("Example"))},
        {"family_name": "Sample", "aliases": (AskedAlias(None, None, "1983-02-01"),)},
    ],
    ids=str,
)
def test_less_than_that_is_no_question(person):
    assert faults(**person) == {"/person": TOO_LITTLE}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1983-02-30", "no such date"),
        ("01/02/1983", "not an ISO date"),
        ("2026-03-03", "in the future"),
        ("1901-01-01", "more than 120 years ago"),
    ],
)
def test_an_impossible_date_of_birth_is_a_fault_at_its_place(text, reason):
    alias = AskedAlias("Example", None, text)
    assert faults(**FULL | {"date_of_birth": text}) == {"/person/date_of_birth": reason}
    assert faults(**FULL | {"aliases": (AskedAlias("A"), alias)}) == {"/person/aliases/1/date_of_birth": reason}


def test_every_impossible_date_is_told_at_once():
    aliases = (AskedAlias("Example", None, "1983-13-01"),)
    assert set(faults(date_of_birth="2999-01-01", aliases=aliases)) == {
        "/person/date_of_birth",
        "/person/aliases/0/date_of_birth",
    }


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [
        ("pnc_id", "000000/00Z", "placeholder"),
        ("pnc_id", "rubbish", "not a PNC ID"),
        ("cro_number", "NONE", "placeholder"),
        ("cro_number", "   ", "blank"),
        ("prison_number", "12345A", "a booking number, not a prison number"),
        ("crn", "N/A", "placeholder"),
        ("postcode", "NFA", "placeholder"),
        ("postcode", "B1", "not a full UK postcode"),
    ],
)
def test_what_cannot_be_used_is_ignored_and_reported(field, text, reason):
    found = sought(**FULL | {field: text})
    assert found.ignored == (Ignored(field, reason),)
    assert not found.identity.identifiers
    assert found.identity.postcode is None


@pytest.mark.parametrize(
    ("person", "ignored"),
    [
        ({"family_name": "unknown"}, [Ignored("family_name", "placeholder")]),
        ({"given_names": "N/K"}, [Ignored("given_names", "placeholder")]),
        ({"date_of_birth": "1900-01-01"}, [Ignored("date_of_birth", "placeholder")]),
        ({"aliases": (AskedAlias("refused", "Sam"),)}, [Ignored("aliases/0/family_name", "placeholder")]),
        (
            {"aliases": (AskedAlias("unknown", None, "1984-05-06"),)},
            [Ignored("aliases/0/family_name", "placeholder"), Ignored("aliases/0/date_of_birth", NO_NAME_WITH_IT)],
        ),
        ({"aliases": (AskedAlias(None, None, "1984-05-06"),)}, [Ignored("aliases/0/date_of_birth", NO_NAME_WITH_IT)]),
        ({"aliases": (AskedAlias(),)}, []),
    ],
    ids=str,
)
def test_a_part_of_a_name_or_date_that_says_nothing_is_reported_where_it_stood(person, ignored):
    found = sought(**FULL | {"pnc_id": "01/171310W"} | person)
    assert list(found.ignored) == ignored


def test_an_alias_is_a_persona_of_its_own_and_never_mixed_with_the_first():
    found = sought(**FULL, aliases=(AskedAlias("Example", "Sam", "1984-05-06"),))
    names = [(persona.name.family, persona.born) for persona in found.identity.personas]
    assert names == [(("sample",), BirthDate(1983, 2, 1)), (("example",), BirthDate(1984, 5, 6))]


def test_several_identifiers_in_one_field_are_all_looked_for():
    found = sought(pnc_id=f"01/171310W; {pnc_id(1999, 4567)};")
    assert canonical(found) == ["2001/0171310W", pnc_id(1999, 4567)]
    assert found.ignored == ()


def test_in_a_list_each_entry_that_says_nothing_is_reported_and_the_others_count():
    found = sought(crn="X123456; none ;rubbish")
    assert canonical(found, IdentifierKind.CRN) == ["X123456"]
    assert found.ignored == (Ignored("crn", "placeholder"), Ignored("crn", "not a CRN"))


def test_an_identifier_given_twice_is_looked_for_once_and_noted_once():
    found = sought(pnc_id="01/171310W;2001/0171310W", cro_number="01/171310W")
    assert canonical(found) == ["2001/0171310W"]
    noted = sought(pnc_id=f"01/171310W;{pnc_id(1999, 4567)[2:]}").notes
    assert noted == ("PNC ID: two-digit year, century assumed",)


def test_an_identifier_in_its_neighbours_field_is_found_and_noted():
    found = sought(cro_number="2001/0171310W")
    assert canonical(found) == ["2001/0171310W"]
    assert found.notes == ("CRO number: read as a PNC ID",)
    assert found.searched_on == (Field.PNC_ID,)


def test_a_date_of_birth_settles_the_century_of_a_pnc_id():
    assert canonical(sought(pnc_id="30/171310X", date_of_birth="1920")) == ["1930/0171310X"]
    assert sought(pnc_id="30/171310X", date_of_birth="1920").notes == ()


@pytest.mark.parametrize("age", [{}, {"approximate_age": 100}, {"approximate_age": 20}], ids=str)
def test_without_one_the_century_is_assumed_and_that_is_said_also_where_an_age_was_guessed(age):
    found = sought(pnc_id="26/171310X", **age)
    assert canonical(found) == ["2026/0171310X"]
    assert "PNC ID: two-digit year, century assumed" in found.notes


def test_no_pnc_id_is_of_a_year_to_come():
    assert canonical(sought(pnc_id="27/171310X")) == ["1927/0171310X"]
    assert canonical(sought(pnc_id="67/9893091D", date_of_birth="1983-02-01")) == ["1967/9893091D"]


def test_a_name_that_is_too_long_or_in_an_unreadable_script_is_searched_and_that_is_reported():
    found = sought(family_name="a b c d e f g h i", given_names="\U00012000", date_of_birth="1983-02-01")
    assert found.ignored == (
        Ignored("family_name", TOO_MANY_WORDS.reason),
        Ignored("given_names", OTHER_SCRIPT.reason),
    )
    (persona,) = found.identity.personas
    assert persona.name == PersonName(("\U00012000",), tuple("abcdefgh"))


def test_a_guessed_age_is_a_date_of_birth_with_room_for_error():
    assert sought(given_names="Alex", approximate_age=43).identity.personas[0].born == BirthDate(1983, year_spread=3)


@pytest.mark.parametrize(
    ("person", "fields"),
    [
        (FULL, ["name", "date_of_birth"]),
        ({"pnc_id": "01/171310W"}, ["pnc_id"]),
        (
            {"crn": "X123456", "prison_number": "A1234BC", "cro_number": "65656/91H", "postcode": "b11aa"},
            ["cro_number", "prison_number", "crn", "postcode"],
        ),
        ({"family_name": "Sample", "approximate_age": 43, "pnc_id": "NONE"}, ["name", "date_of_birth"]),
        ({"crn": "X123456", "aliases": (AskedAlias("Example", None, "1984"),)}, ["name", "date_of_birth", "crn"]),
    ],
    ids=str,
)
def test_searched_on_names_what_was_really_used(person, fields):
    assert list(sought(**person).searched_on) == fields


TEXTS = (
    st.none() | st.text(max_size=40) | st.sampled_from(["01/171310W;65656/91H", "unknown", "1983-02-01", ";;;", "Ø"])
)
PEOPLE = st.builds(
    AskedPerson,
    family_name=TEXTS,
    given_names=TEXTS,
    date_of_birth=TEXTS,
    approximate_age=st.none() | st.integers(0, 120),
    pnc_id=TEXTS,
    cro_number=TEXTS,
    prison_number=TEXTS,
    crn=TEXTS,
    postcode=TEXTS,
    aliases=st.lists(st.builds(AskedAlias, TEXTS, TEXTS, TEXTS), max_size=3).map(tuple),
)


@given(PEOPLE)
def test_whatever_is_said_ends_as_somebody_to_look_for_or_as_faults(person):
    found, faults = _read(person)
    if found is None:
        assert faults
        assert all(fault.where.startswith("/person") for fault in faults)
    else:
        assert found.identity.identifiers or found.identity.personas
        assert found.searched_on


def _read(person):
    try:
        return canonicalise(person, TODAY), ()
    except QuestionInvalid as error:
        return None, error.faults
