from dataclasses import replace

import pytest
from matching_people import named, person, persona, register

from flagging.errors import OutOfTime
from flagging.identity.identifiers import parse_identifiers
from flagging.identity.person import IdentifierKind, Identity, Persona
from flagging.matching.derived import derive
from flagging.matching.index import CandidateIndex
from flagging.matching.match import UNDATED_ALIAS
from flagging.matching.search import rank, search
from flagging.record import Record
from flagging.terms import Field, Level, Status, Strength

PNC, CRO, PRISON, _ = IdentifierKind


def identifier(kind, text):
    return parse_identifiers(kind, text).identifiers


def levels(match):
    return {line.field: line.level for line in match.evidence}


def strengths(result):
    return {match.record.ppo_ref: match.strength.value for match in result.matches}


SIZES = pytest.mark.parametrize("strangers", [10, 320, pytest.param(5000, marks=pytest.mark.sweep)])

# -- silent identifiers: by probability -------------------------------------------------------------------------------

ORDINARY_DAMAGE = [
    ("misspelt family name", ("Daniel", "Harisson", "1987-04-23"), ("Daniel", "Harrison", "1987-04-23")),
    ("misspelt given name", ("Danial", "Harrison", "1987-04-23"), ("Daniel", "Harrison", "1987-04-23")),
    ("misspelt common name", ("Jhon", "Smith", "1987-04-23"), ("John", "Smith", "1987-04-23")),
    ("day and month swapped", ("John", "Smith", "1987-11-04"), ("John", "Smith", "1987-04-11")),
    ("one digit of the date", ("Daniel", "Harrison", "1987-04-28"), ("Daniel", "Harrison", "1987-04-23")),
    ("nickname", ("Bill", "Thompson", "1987-04-23"), ("William", "Thompson", "1987-04-23")),
    ("Mohammed spelt otherwise", ("Muhammad", "Khan", "1987-04-23"), ("Mohammed", "Khan", "1987-04-23")),
    ("Md for Mohammed", ("Md", "Khan", "1987-04-23"), ("Mohammed", "Khan", "1987-04-23")),
    ("names swapped", ("Smith", "John", "1987-04-23"), ("John", "Smith", "1987-04-23")),
    ("middle name missing", ("John", "Smith", "1987-04-23"), ("John Paul", "Smith", "1987-04-23")),
    ("middle name used", ("Paul", "Smith", "1987-04-23"), ("John Paul", "Smith", "1987-04-23")),
    ("initial only", ("J", "Smith", "1987-04-23"), ("John", "Smith", "1987-04-23")),
    ("half a double name", ("John", "Smith", "1987-04-23"), ("John", "Smith-Jones", "1987-04-23")),
    ("spacing", ("Abdul Rahman", "Sample", "1987-04-23"), ("Abdulrahman", "Sample", "1987-04-23")),
    ("year only", ("John", "Smith", "1987"), ("John", "Smith", "1987-04-23")),
    ("year and month only", ("John", "Smith", "1987-04"), ("John", "Smith", "1987-04-23")),
    ("approximate age", ("John", "Smith", "about 1989"), ("John", "Smith", "1987-04-23")),
    ("no date", ("John", "Smith", ""), ("John", "Smith", "1987-04-23")),
    ("no date on the record", ("John", "Smith", "1987-04-23"), ("John", "Smith", "")),
    ("1 January", ("Daniel", "Harrison", "1987-01-01"), ("Daniel", "Harrison", "1987-04-23")),
    ("no given name", ("", "Harrison", "1987-04-23"), ("Daniel", "Harrison", "1987-04-23")),
    ("no family name", ("Daniel", "", "1987-04-23"), ("Daniel", "Harrison", "1987-04-23")),
    ("one name only, other field", ("", "Abdullahi", "1987-04-23"), ("Abdullahi", "", "1987-04-23")),
]  # fmt: skip


@SIZES
@pytest.mark.parametrize(
    ("asked", "known"), [pair[1:] for pair in ORDINARY_DAMAGE], ids=[p[0] for p in ORDINARY_DAMAGE]
)
def test_ordinary_damage_hides_nobody(ask, asked, known, strangers):
    result = ask(person(*asked), register(person(*known), strangers=strangers))
    assert "R0" in strengths(result)


STRANGERS = [
    ("common name, another date", ("John", "Smith", "1987-04-23"), ("John", "Smith", "1971-11-09")),
    ("common name, another date, South Asian", ("Mohammed", "Khan", "1987-04-23"), ("Mohammed", "Khan", "1999-11-09")),
    ("date of birth alone", ("Peter", "Jones", "1987-04-23"), ("Daniel", "Harrison", "1987-04-23")),
    ("family name alone", ("Peter", "Smith", "1987-04-23"), ("John", "Smith", "1971-11-09")),
    ("given name alone", ("John", "Jones", "1987-04-23"), ("John", "Smith", "1971-11-09")),
    ("given name and year", ("John", "Jones", "1987-04-23"), ("John", "Smith", "1987-12-05")),
    ("family name and year", ("Peter", "Smith", "1987-04-23"), ("John", "Smith", "1987-12-05")),
]


@SIZES
@pytest.mark.parametrize(("asked", "known"), [pair[1:] for pair in STRANGERS], ids=[pair[0] for pair in STRANGERS])
def test_a_stranger_who_shares_something_common_is_nobody(ask, asked, known, strangers):
    assert strengths(ask(person(*asked), register(person(*known), strangers=strangers))) == {}


@SIZES
@pytest.mark.parametrize(("given", "family"), [("John", "Smith"), ("Mohammed", "Khan"), ("Zbigniew", "Szczepański")])
def test_full_name_and_full_date_without_rival_are_definite(ask, given, family, strangers):
    somebody = person(given, family, "1987-04-23")
    assert strengths(ask(somebody, register(somebody, strangers=strangers))) == {"R0": "definite"}


@SIZES
@pytest.mark.parametrize(
    ("asked", "known"),
    [
        (("John", "Smith", ""), ("John", "Smith", "1987-04-23")),
        (("Zbigniew", "Szczepanski", ""), ("Zbigniew", "Szczepanski", "1987-04-23")),
        (("Zbigniew", "Szczepanski", "1987"), ("Zbigniew", "Szczepanski", "1987-04-23")),
        (("", "Szczepanski", "1987-04-23"), ("Zbigniew", "Szczepanski", "1987-04-23")),
        (("Wojciech", "Szczepanski", "1987-04-23"), ("Zbigniew", "Szczepanski", "1987-04-23")),
        (("Jayden", "Harrison", "1987-04-23"), ("Hayden", "Harrison", "1987-04-23")),
        (("Zbigniew Adam", "Szczepanski", "1987-04-23"), ("Zbigniew Jan", "Szczepanski", "1987-04-23")),
        (("Hsiu-Chin", "Szczepanski", "1987-04-23"), ("Hsiu-Chen", "Szczepanski", "1987-04-23")),
    ],
    ids=[
        "name alone",
        "rare name alone",
        "rare name and year",
        "no given name",
        "twin",
        "twin alike",
        "middle name",
        "letter",
    ],
)
def test_less_than_full_name_and_full_date_is_possible_at_most(ask, asked, known, strangers):
    assert strengths(ask(person(*asked), register(person(*known), strangers=strangers))) == {"R0": "possible"}


def test_namesakes_of_one_date_of_birth_are_both_possible(ask):
    somebody = person("John", "Smith", "1987-04-23")
    assert strengths(ask(somebody, register(somebody, somebody))) == {"R0": "possible", "R1": "possible"}


def test_somebody_held_twice_is_no_rival_to_himself(ask):
    numbers = identifier(PNC, "01/171310W")
    twice = person("John", "Smith", "1987-04-23", identifiers=numbers)
    result = ask(person("John", "Smith", "1987-04-23"), register(twice, twice))
    assert strengths(result) == {"R0": "definite", "R1": "definite"}


def test_the_other_twin_does_not_stand_beside_the_right_one(ask):
    index = register(person("Adam", "Harrison", "1987-04-23"), person("Peter", "Harrison", "1987-04-23"))
    assert strengths(ask(person("Peter", "Harrison", "1987-04-23"), index)) == {"R1": "definite"}


def test_a_relative_who_is_nobody_on_the_register_is_possible_however_many_twins_are_asked_about(model):
    index = register(person("Zbigniew", "Szczepanski", "1987-04-23"), strangers=900)
    asked = person("Wojciech", "Szczepanski", "1987-04-23")
    assert strengths(search(asked, index, replace(model, twins=50.0), lambda: False)) == {"R0": "possible"}


def test_somebody_of_one_family_name_and_postcode_is_possible_under_another_given_name(ask):
    known = person("Zbigniew", "Szczepanski", "1987-04-23")._replace(postcode="B1 1AA")
    asked = person("Wojciech", "Szczepanski")._replace(postcode="B1 1AA")
    assert strengths(ask(asked, register(known, strangers=900))) == {"R0": "possible"}
    assert strengths(ask(asked._replace(postcode="B2 1AA"), register(known, strangers=900))) == {}


def test_many_namesakes_without_a_date_do_not_rule_each_other_out(ask):
    people = [person("John", "Smith", f"{1960 + n}-04-23") for n in range(30)]
    result = ask(person("John", "Smith"), register(*people))
    assert result.truncated
    assert {match.strength for match in result.matches} == {Strength.POSSIBLE}


def test_nothing_in_common_is_nobody(ask):
    result = ask(person("Zbigniew", "Szczepanski", "1987-04-23"), register(strangers=300))
    assert result.matches == ()
    assert not result.truncated


# -- identifiers ------------------------------------------------------------------------------------------------------

KNOWN = ("Zbigniew", "Szczepanski", "1987-04-23")
FALSE_DETAILS = ("Peter", "Jones", "1971-11-09")


@pytest.mark.parametrize(
    ("kind", "recorded", "asked", "details", "strength"),
    [
        (PNC, "01/171310W", "2001/0171310W", KNOWN, "definite"),
        (PNC, "01/171310W", "2001/0171310W", None, "definite"),
        (PNC, "01/171310W", "2001/0171310W", FALSE_DETAILS, "definite"),
        (PRISON, "A1234BC", "A1234BC", KNOWN, "definite"),
        (PRISON, "A1234BC", "A1234BC", None, "definite"),
        (PRISON, "A1234BC", "A1234BC", FALSE_DETAILS, "possible"),
        (PNC, "01/171310W", "01/171310X", KNOWN, "definite"),
        (PNC, "01/171310W", "01/171310X", None, "possible"),
        (PNC, "01/171310W", "01/171310X", FALSE_DETAILS, "possible"),
        (PNC, "01/171310W", "67/9893091D", KNOWN, "possible"),
        (PNC, "01/171310W", "67/9893091D", ("Zbigniew", "Szczepanski", ""), "possible"),
        (PNC, "01/171310W", "67/9893091D", FALSE_DETAILS, None),
        (PNC, "01/171310W", "67/9893091X", KNOWN, "definite"),
        (PNC, "01/171310W", "67/9893091X", FALSE_DETAILS, None),
        (PRISON, "A1234BC", "A9999BC", KNOWN, "definite"),
    ],
)
@SIZES
def test_identifiers_and_details_together(  # noqa: PLR0917 - the columns of the table
    ask, kind, recorded, asked, details, strength, strangers
):
    index = register(person(*KNOWN, identifiers=identifier(kind, recorded)), strangers=strangers)
    personas = () if details is None else (persona(*details),)
    result = ask(Identity(personas, identifier(kind, asked)), index)
    assert strengths(result).get("R0") == strength


def test_a_right_number_with_false_details_is_flagged_with_a_warning(ask):
    index = register(person(*KNOWN, identifiers=identifier(PNC, "01/171310W")), strangers=50)
    (match,) = ask(person(*FALSE_DETAILS, identifiers=identifier(PNC, "01/171310W")), index).matches
    assert match.strength is Strength.DEFINITE
    assert match.warnings == ("name and date of birth disagree: possible false details",)
    assert [(each.field, each.level) for each in match.evidence] == [
        (Field.PNC_ID, Level.AGREES),
        (Field.NAME, Level.DIFFERS),
        (Field.DATE_OF_BIRTH, Level.DIFFERS),
    ]


def test_another_persons_name_does_not_hide_the_owner_of_the_number(ask):
    owner = person(*KNOWN, identifiers=identifier(PNC, "01/171310W"))
    other = person("John", "Smith", "1971-11-09", identifiers=identifier(PNC, "67/9893091D"))
    asked = person("John", "Smith", "1971-11-09", identifiers=identifier(PNC, "01/171310W"))
    assert strengths(ask(asked, register(owner, other))) == {"R0": "definite", "R1": "possible"}


BROTHERS = ("Asif", "Khan", "1987-04-23"), ("Bilal", "Khan", "1992-11-02")


def test_a_postcode_does_not_make_a_brother_with_the_number_of_a_kind_without_letter_definite(ask):
    known, asked = (
        person(*each, identifiers=identifier(PRISON, "A1234BC"))._replace(postcode="B1 1AA") for each in BROTHERS
    )
    assert strengths(ask(asked, register(known, strangers=300))) == {"R0": "possible"}


@pytest.mark.parametrize("date", ["about 1988", "1987", "1986-04-13", "1951-04-23"])
def test_a_year_or_an_age_does_not_speak_for_somebody_of_another_name(ask, date):
    known = person(*KNOWN, identifiers=identifier(PRISON, "A1234BC"))
    asked = person("John", "Smith", date, identifiers=identifier(PRISON, "A1234BC"))
    assert strengths(ask(asked, register(known))) == {"R0": "possible"}


def test_a_prison_number_beside_a_pnc_id_of_somebody_else_is_possible_at_most(ask):
    known = person(*KNOWN, identifiers=[*identifier(PNC, "01/171310W"), *identifier(PRISON, "A1234BC")])
    asked = person(
        "Tom",
        "Szczepanski",
        "1971-11-09",
        identifiers=[*identifier(PNC, "67/9893091D"), *identifier(PRISON, "A1234BC")],
    )
    assert strengths(ask(asked, register(known))) == {"R0": "possible"}


@pytest.mark.parametrize(
    "asked",
    [("", "Khan", "1987-04-23"), ("A", "Khan", "1987-04-23"), ("Asif", "Khan", "about 1988"), ("Asif", "Khan", "1987")],
)
def test_a_wrong_letter_is_definite_only_beside_a_full_name_and_date(ask, asked):
    known = person("Asif", "Khan", "1987-04-23", identifiers=identifier(PNC, "2001/0171310W"))
    question = person(*asked, identifiers=identifier(PNC, "2001/0171310A"))
    assert strengths(ask(question, register(known))) == {"R0": "possible"}


def test_twins_who_share_their_first_given_names_are_not_flagged_for_each_other(ask):
    index = register(person("Syed Muhammad Asif", "Shah", "1987-04-23"), strangers=300)
    assert strengths(ask(person("Syed Muhammad Bilal", "Shah", "1987-04-23"), index)) == {"R0": "possible"}


def test_a_middle_name_that_brothers_have_too_says_less_for_the_one_than_for_the_other(model):
    index = register(person("Yatan Singh", "Sampal", "1987-04-23"), strangers=900)

    def probability(bits):
        (ranked,) = rank(person("Neel Singh", "Sampal", "1987-04-23"), index, replace(model, twins_middle_bits=bits))
        return ranked.probability

    assert probability(0.0) > probability(model.twins_middle_bits) > probability(4.0)
    assert probability(8.0) == probability(4.0), "no more than the middle name says at all"


# -- aliases ----------------------------------------------------------------------------------------------------------


def test_brother_and_sister_of_one_birth_are_not_flagged_for_each_other_by_a_form_of_the_name(ask):
    told = ask(
        person("Samira", "Haddad", "1988-03-17"), register(person("Samir", "Haddad", "1988-03-17"), strangers=2000)
    )
    assert strengths(told) == {"R0": "possible"}


def test_an_alias_with_its_own_date_is_as_good_as_the_name(ask):
    known = person("John", "Smith", "1987-04-23", persona("Peter", "Harrison", "1985-10-02"))
    (match,) = ask(person("Peter", "Harrison", "1985-10-02"), register(known)).matches
    assert (match.strength, match.persona) == (Strength.DEFINITE, 1)


@pytest.mark.parametrize(
    "asked", [("Peter", "Jones", "1987-04-23"), ("John", "Harrison", "1971-10-02")], ids=["name's date", "alias's date"]
)
def test_names_and_dates_of_different_personas_are_never_put_together(ask, asked):
    known = person("John", "Smith", "1987-04-23", persona("Peter", "Harrison", "1971-10-02"))
    assert Strength.DEFINITE not in {match.strength for match in ask(person(*asked), register(known)).matches}


def test_a_crosswise_mix_of_name_and_alias_is_worth_less_than_either(model):
    known = person("John", "Smith", "1987-04-23", persona("Peter", "Harrison", "1971-10-02"))
    index = register(known, strangers=100)
    (mixed,) = rank(person("Peter", "Harrison", "1987-04-23"), index, model)
    (whole,) = rank(person("Peter", "Harrison", "1971-10-02"), index, model)
    assert mixed.bits < whole.bits - 15


def test_an_alias_in_the_question_is_searched_too(ask):
    asked = person("Peter", "Harrison", "1985-10-02", persona("John", "Smith", "1987-04-23"))
    assert strengths(ask(asked, register(person("John", "Smith", "1987-04-23")))) == {"R0": "definite"}


def test_an_alias_without_a_date_goes_with_the_date_of_the_person(ask):
    known = person("John", "Smith", "1987-04-23", persona("Peter", "Harrison"))
    (match,) = ask(person("Peter", "Harrison", "1987-04-23"), register(known, strangers=900)).matches
    assert (match.strength, match.persona) == (Strength.DEFINITE, 1)


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        (
            person("Peter", "Harrison", "1961-11-08"),
            person("John", "Smith", "1987-04-23", persona("Peter", "Harrison")),
        ),
        (
            person("John", "Smith", "1961-11-08", persona("Peter", "Harrison")),
            person("Peter", "Harrison", "1987-04-23"),
        ),
    ],
    ids=["alias on the register", "alias stated"],
)
def test_another_date_says_nothing_of_an_alias_without_one_but_is_warned_of(ask, asked, known):
    (match,) = ask(asked, register(known, strangers=900)).matches
    assert match.strength is Strength.POSSIBLE
    assert levels(match)[Field.DATE_OF_BIRTH] is Level.NOT_COMPARED
    assert match.warnings == (UNDATED_ALIAS,)


@pytest.mark.parametrize("date", ["", "1987-04-23"])
def test_an_alias_is_not_warned_of_where_no_date_speaks_against_it(ask, date):
    known = person("John", "Smith", "1987-04-23", persona("Peter", "Harrison"))
    (match,) = ask(person("Peter", "Harrison", date), register(known, strangers=900)).matches
    assert match.warnings == ()


def test_the_alias_that_agrees_in_full_is_decided_on_though_another_has_more_in_common(ask):
    known = person("Zbiqniew", "Szczepanski", "1987-04-23", persona("John", "Smith", "1987-04-23"))
    asked = person("Zbigniew", "Szczepanski", "1987-04-23", persona("John", "Smith", "1987-04-23"))
    (match,) = ask(asked, register(known, strangers=900)).matches
    assert (match.strength, match.persona) == (Strength.DEFINITE, 1)


def test_what_was_asked_and_is_not_on_the_register_is_told_as_not_compared(ask):
    known = Identity((Persona(named("Zbigniew", "Szczepanski"), None),), tuple(identifier(PNC, "01/171310W")))
    asked = person(
        *KNOWN,
        identifiers=[*identifier(PNC, "01/171310W"), *identifier(CRO, "65656/91H"), *identifier(PRISON, "A1234BC")],
    )
    (match,) = ask(asked, register(known)).matches
    assert levels(match) == {
        Field.PNC_ID: Level.AGREES,
        Field.CRO_NUMBER: Level.NOT_COMPARED,
        Field.PRISON_NUMBER: Level.NOT_COMPARED,
        Field.NAME: Level.AGREES,
        Field.DATE_OF_BIRTH: Level.NOT_COMPARED,
    }


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("John", "Smith", "1987-04-23"), "family name agrees; given name agrees"),
        (("Peter", "Harrison", "1987-04-23"), "alias on the register: family name agrees; given name agrees"),
    ],
)
def test_the_evidence_says_whether_an_alias_matched(ask, asked, told):
    known = person("John", "Smith", "1987-04-23", persona("Peter", "Harrison"))
    (match,) = ask(person(*asked), register(known)).matches
    assert match.evidence[0].detail == told


def test_the_evidence_says_whether_a_stated_alias_matched(ask):
    asked = person("Peter", "Harrison", "1985-10-02", persona("John", "Smith", "1987-04-23"))
    (match,) = ask(asked, register(person("John", "Smith", "1987-04-23"))).matches
    assert match.evidence[0].detail.startswith("alias that was stated: ")


# -- order, bounds ----------------------------------------------------------------------------------------------------


def status_index(*people):
    index = CandidateIndex()
    for ref, status, identity in people:
        index.add(Record(ref, status, identity), derive(identity))
    return index


def test_definite_active_comes_before_possible_active_before_definite_former_before_possible_former(ask):
    number, other = identifier(PNC, "01/171310W"), identifier(PRISON, "A1234BC")
    stranger = ("Peter", "Jones", "1971-11-09")
    index = status_index(
        ("possible-former", Status.FORMER, person(*stranger, identifiers=other)),
        ("definite-former", Status.FORMER, person(*stranger, identifiers=number)),
        ("possible-active", Status.ACTIVE, person(*stranger, identifiers=other)),
        ("definite-active", Status.ACTIVE, person(*stranger, identifiers=number)),
    )
    matches = ask(person(*KNOWN, identifiers=(*number, *other)), index).matches
    assert [match.record.ppo_ref for match in matches] == [
        "definite-active", "possible-active", "definite-former", "possible-former",
    ]  # fmt: skip


def test_equal_scores_come_in_the_order_of_their_references(ask):
    somebody = person("John", "Smith", "1987-04-23")
    index = status_index(*((ref, Status.ACTIVE, somebody) for ref in ("C", "A", "B")))
    assert [match.record.ppo_ref for match in ask(somebody, index).matches] == ["A", "B", "C"]


def test_running_out_of_time_is_never_an_answer(model):
    somebody = person("John", "Smith", "1987-04-23")
    with pytest.raises(OutOfTime):
        search(somebody, register(somebody), model, lambda: True)


def test_running_out_of_time_half_way_is_never_an_answer(model):
    people = [person("John", "Smith", f"{1960 + n}-04-23") for n in range(40)]
    looks = iter([False, False, True])
    with pytest.raises(OutOfTime):
        search(person("John", "Smith"), register(*people), model, lambda: next(looks))


def test_an_empty_register_matches_nobody(ask):
    assert ask(person("John", "Smith", "1987-04-23"), register()).matches == ()


def test_a_name_of_a_hundred_words_is_searched(ask):
    words = " ".join("abcdefghij"[n // 10] + "klmnopqrst"[n % 10] for n in range(100))
    assert ask(person(words, words, "1987-04-23"), register(strangers=20)).matches == ()


def test_no_evidence_names_a_personal_value(ask):
    known = person(*KNOWN, identifiers=identifier(PNC, "01/171310W"))
    (match,) = ask(person(*KNOWN, identifiers=identifier(PNC, "01/171310W")), register(known)).matches
    told = " ".join(each.detail for each in match.evidence).lower()
    assert not any(value in told for value in ("zbigniew", "szczepanski", "1987", "171310"))


def test_ranking_tells_also_what_is_not_worth_telling(model):
    index = register(person("John", "Smith", "1971-11-09"), strangers=20)
    (ranked,) = rank(person("John", "Smith", "1987-04-23"), index, model)
    assert ranked.record.ppo_ref == "R0"
    assert ranked.probability < model.possible


def test_ranking_stops_at_its_limit(model):
    people = [person("John", "Smith", f"{1960 + n}-04-23") for n in range(9)]
    assert len(rank(person("John", "Smith"), register(*people), model, limit=3)) == 3


@pytest.mark.parametrize(("recorded", "asked"), [("Matt", "Matthew"), ("Kate", "Catherine"), ("Catherine", "Kate")])
def test_a_given_name_and_what_is_short_for_it_meet_in_the_place_of_the_family_name(ask, recorded, asked):
    others = [person("Ali Hassan", "Khan", "1951-04-23"), person("Hassan", "Ali", "1951-04-23")] * 40
    index = register(person("Ali Hassan", recorded, "1987-04-23"), *others, strangers=3000)
    assert [match.record.ppo_ref for match in ask(person(asked, "Ali Hassan"), index).matches] == ["R0"]
