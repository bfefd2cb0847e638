"""What retrieval promises: who could be the person is among the candidates, however the question is damaged."""

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from matching_people import person, persona, register

from flagging.identity.person import BirthDate, Identifier, IdentifierKind, Identity, Persona, PersonName
from flagging.matching.derived import derive, pack_derived, unpack_derived
from flagging.matching.rows import rows_of
from flagging.matching.tokens import Side, keys_of

WORDS = st.text(string.ascii_lowercase, min_size=3, max_size=12)
DATES = st.dates().map(lambda day: BirthDate(day.year, day.month, day.day))
PEOPLE = st.builds(
    lambda given_name, family, born: Persona(PersonName((given_name,), (family,)), born), WORDS, WORDS, DATES
)


@st.composite
def one_edit(draw, word):
    place = draw(st.integers(0, len(word) - 1))
    letter = draw(st.sampled_from(string.ascii_lowercase))
    return draw(
        st.sampled_from(
            [
                word[:place] + word[place + 1 :],
                word[:place] + letter + word[place:],
                word[:place] + letter + word[place + 1 :],
                word[:place] + word[place + 1 : place + 2] + word[place] + word[place + 2 :],
            ]
        )
    )


def found(index, asked):
    return index.retrieve(asked, lambda: False)


def retrieved(asked, known):
    return 0 in found(register(Identity((known,))), Identity((asked,)))


@given(PEOPLE, WORDS, WORDS)
def test_the_right_date_alone_retrieves(known, given_name, family):
    assert retrieved(Persona(PersonName((given_name,), (family,)), known.born), known)


@given(PEOPLE, st.data())
def test_one_edit_in_each_name_without_a_date_is_retrieved(known, data):
    given_name, family = data.draw(one_edit(known.name.given[0])), data.draw(one_edit(known.name.family[0]))
    assert retrieved(Persona(PersonName((given_name,), (family,)), None), known)


@given(PEOPLE, st.data())
def test_one_edit_in_swapped_names_without_a_date_is_retrieved(known, data):
    given_name, family = data.draw(one_edit(known.name.given[0])), data.draw(one_edit(known.name.family[0]))
    assert retrieved(Persona(PersonName((family,), (given_name,)), None), known)


@given(PEOPLE, DATES, st.data())
def test_one_edit_in_one_name_and_one_part_of_the_date_wrong_is_retrieved(known, other, data):
    family = data.draw(one_edit(known.name.family[0]))
    born = known.born
    wrong = data.draw(
        st.sampled_from(
            [
                BirthDate(other.year, born.month, born.day),
                BirthDate(born.year, other.month, born.day),
                BirthDate(born.year, born.month, other.day),
            ]
        )
    )
    assert retrieved(Persona(PersonName(("zz",), (family,)), wrong), known)


@given(PEOPLE)
def test_a_swapped_day_and_month_retrieves_without_a_name(known):
    born = known.born
    assume(born.day <= 12)
    assert retrieved(Persona(None, BirthDate(born.year, born.day, born.month)), known)


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        (("Bill", "Sample", ""), ("William", "Sample", "")),
        (("Kathryn", "Sample", ""), ("Catherine", "Sample", "")),
        (("Muhammad", "Hussein", ""), ("Mohammed", "Hussain", "")),
        (("J", "Sample", ""), ("John", "Sample", "")),
        (("John", "Sample", ""), ("J", "Sample", "")),
        (("John", "S", ""), ("John", "Sample", "")),
        (("Abdul Rahman", "Sample", ""), ("Abdulrahman", "Sample", "")),
        (("John", "Smith Sample", ""), ("John", "Smithsample", "")),
        (("Paul", "Sample", ""), ("John Paul", "Sample", "")),
        (("", "Sample", "1983"), ("John", "Sample", "1983-05-17")),
        (("", "Sample", "1983-05"), ("John", "Sample", "1983-05-17")),
        (("", "Sample", "about 1985"), ("John", "Sample", "1983-05-17")),
        (("John", "Other", "1983-05-17"), ("John", "Sample", "1983")),
        (("John", "Other", "1983-05-17"), ("John", "Sample", "about 1985")),
        (("John", "Other", "1983-01-01"), ("John", "Sample", "1983-05-17")),
        (("John", "Other", "1983-05-17"), ("John", "Sample", "1983-01-01")),
        (("Abdullahi", "Other", "1971-11-30"), ("", "Abdullahi", "1983-05-17")),
    ],
    ids=str,
)
def test_is_retrieved(asked, known):
    assert retrieved(persona(*asked), persona(*known))


def test_a_stranger_retrieves_nobody():
    index = register(strangers=200)
    assert found(index, person("Zbigniew", "Szczepanski", "2001-02-03")) == set()


def test_any_key_of_an_identifier_retrieves():
    held = Identifier(IdentifierKind.PNC_ID, "2001/0171310W", ("pnc:01/0171310W", "pnc-core:01/0171310"), True)
    typed = Identifier(IdentifierKind.PNC_ID, "2001/0171310X", ("pnc:01/0171310X", "pnc-core:01/0171310"), False)
    index = register(Identity((), (held,)), strangers=5)
    assert found(index, Identity((), (typed,))) == {0}


def test_a_rare_name_is_found_among_many_of_an_age():
    index = register(person("John", "Sample", "1960-05-17"), strangers=900)
    assert found(index, person("", "Sample", "about 1961")) == {0}


def test_an_alias_is_found_by_its_own_name():
    index = register(person("John", "Sample", "1983-05-17", persona("Peter", "Other")), strangers=5)
    assert found(index, person("Peter", "Other")) == {0}


def test_the_work_for_a_very_long_word_is_bounded():
    assert len(keys_of("x" * 10_000, Side.GIVEN).stored) < 60
    assert len(keys_of("abcdefghij" * 1000, Side.FAMILY).stored) < 60


@given(PEOPLE)
def test_what_is_derived_survives_packing(known):
    derived = derive(Identity((known,)))
    assert unpack_derived(pack_derived(derived)) == derived


def test_a_word_counts_every_record_that_bears_it_once():
    index = register(person("John", "Sample"), person("John", "Other", "", persona("John", "Sample")))
    assert index.count(keys_of("john", Side.GIVEN).word) == 2
    assert index.count(keys_of("sample", Side.FAMILY).word) == 2
    assert index.count(keys_of("other", Side.FAMILY).word) == 1
    assert index.count(keys_of("nobody", Side.FAMILY).word) == 0


def test_likes_are_counted_without_the_word_itself():
    index = register(person("John", "Sample"), person("John", "Samplf"), person("John", "Samplee"))
    keys = keys_of("sample", Side.FAMILY)
    assert index.count_alike(keys.deletions, keys.word) == 2


def test_bearers_of_two_words_have_one_like_each_of_them():
    index = register(
        person("Paul", "Foster"), person("Foster Paul", "Khan"), person("Paul Simon", "Khan"), person("Foster", "Khan")
    )
    assert {*rows_of(index.bearers_of_two(("pawl", "foster", "simon"), Side.GIVEN))} == {1, 2}
