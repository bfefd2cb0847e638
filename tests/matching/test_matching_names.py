from dataclasses import replace

import pytest
from matching_people import named, person, register

from flagging.matching.model import MiddleLevel, NameLevel
from flagging.matching.name_parts import PartWeigher, may_be_near
from flagging.matching.names import compare_names
from flagging.matching.search import rank
from flagging.matching.tokens import Side
from flagging.matching.word_bits import WordBits
from flagging.terms import Level, Strength

YES, NEAR, NO, DASH = Level.AGREES, Level.CLOSE, Level.DIFFERS, Level.NOT_COMPARED


DIVIDED = [
    (("Harpreet", "Singh"), ("Harpreet Singh", "Gill")),
    (("Asif", "Mohammed"), ("Mohammed Asif", "Khan")),
    (("Abdi", "Hassan"), ("Abdi Hassan", "Warsame")),
    (("", "Asif Mahmood Khan"), ("Asif Mahmood", "Khan")),
    (("Jakub Wisniewski", ""), ("Jakub", "Wisniewski")),
]
"""Names of the same words, divided otherwise between given and family name."""


@pytest.fixture
def compare(model):
    weigher = PartWeigher(WordBits(register(person("John", "Smith"), strangers=300), model))

    def compare(asked, recorded):
        return compare_names(named(*asked), named(*recorded), weigher, model)

    return compare


@pytest.mark.parametrize(
    ("asked", "recorded", "level"),
    [
        (("John", "Smith"), ("John", "Smith"), YES),
        (("John Paul", "Smith"), ("John", "Smith"), YES),
        (("John Paul", "Smith"), ("John Paul", "Smith"), YES),
        (("Bill", "Smith"), ("William", "Smith"), YES),
        (("Mary Jane", "Smith"), ("Maryjane", "Smith"), YES),
        (("John", "Smith-Jones"), ("John", "Smithjones"), YES),
        (("John", ""), ("John", "Smith"), YES),
        (("John Paul", "Smith"), ("John Mark", "Smith"), NEAR),
        (("Jon", "Smyth"), ("John", "Smith"), NEAR),
        (("J", "Smith"), ("John", "Smith"), NEAR),
        (("Paul", "Smith"), ("John Paul", "Smith"), NEAR),
        (("John Paul", "Smith"), ("Paul", "Smith"), NEAR),
        (("John", "Smith"), ("John", "Smith-Jones"), NEAR),
        (("Smith", "John"), ("John", "Smith"), NEAR),
        (("Smyth", "John"), ("John", "Smith"), NEAR),
        (("", "Abdullahi"), ("Abdullahi", ""), NEAR),
        (("Harpreet", "Singh"), ("Harpreet Singh", "Gill"), NEAR),
        (("Asif", "Mohammed"), ("Mohammed Asif", "Khan"), NEAR),
        (("", "John Paul Smith"), ("John Paul", "Smith"), NEAR),
        (("Peter", "Smith"), ("John", "Smith"), NO),
        (("John", "Jones"), ("John", "Smith"), NO),
        (("Peter", "Jones"), ("John", "Smith"), NO),
        (("John", ""), ("", "Smith"), DASH),
    ],
    ids=str,
)
def test_two_names_agree_are_close_or_differ(compare, asked, recorded, level):
    assert compare(asked, recorded).level is level


def test_agreeing_on_a_rare_family_name_says_more_than_on_a_common_one(compare):
    rare, common = ("John", "Szczepanski"), ("John", "Smith")
    assert compare(rare, rare).bits > compare(common, common).bits + 3


def test_a_rare_given_name_adds_little_to_the_family_name_it_goes_with(compare, model):
    alone = compare(("", "Szczepanski"), ("", "Szczepanski")).bits
    both = compare(("Zbigniew", "Szczepanski"), ("Zbigniew", "Szczepanski")).bits
    assert both == pytest.approx(alone + model.most_given_bits)


def test_names_swapped_say_less_than_names_in_order(compare):
    assert compare(("Smith", "John"), ("John", "Smith")).is_swapped
    assert compare(("Szczepanski", "Zbigniew"), ("Zbigniew", "Szczepanski")).bits > 0


def test_one_name_in_the_other_field_costs_nothing(compare):
    crossed = compare(("", "Abdullahi"), ("Abdullahi", ""))
    assert crossed.bits == pytest.approx(compare(("Abdullahi", ""), ("Abdullahi", "")).bits)


@pytest.mark.parametrize(("one", "other"), DIVIDED, ids=str)
def test_names_divided_otherwise_meet_whichever_is_asked_about(compare, one, other):
    for asked, recorded in ((one, other), (other, one)):
        divided = compare(asked, recorded)
        assert divided.is_divided_otherwise
        assert 0 < divided.bits < compare(other, other).bits


def test_names_are_divided_otherwise_only_where_every_word_of_one_side_is_met(compare):
    assert not compare(("Harpreet", "Kaur"), ("Harpreet Singh", "Gill")).is_divided_otherwise
    assert not compare(("Singh", "Singh"), ("Harpreet Singh", "Gill")).is_divided_otherwise
    assert not compare(("", "Smith"), ("John Paul", "Smith")).is_divided_otherwise


def test_the_detail_says_that_names_are_divided_otherwise(compare):
    assert compare(("", "John Smith"), ("John", "Smith")).detail == (
        "all names are alike, divided otherwise between given and family name"
    )
    assert compare(("Harpreet", "Singh"), ("Harpreet Singh", "Gill")).detail.startswith("all names of one side")


@pytest.mark.parametrize(("one", "other"), DIVIDED, ids=str)
@pytest.mark.parametrize("date", ["1988-03-17", "1988-03-19"])
def test_whose_names_are_divided_otherwise_is_possible_even_with_a_slip_in_the_date(ask, one, other, date):
    for asked, recorded in ((one, other), (other, one)):
        told = ask(person(*asked, date), register(person(*recorded, "1988-03-17"), strangers=2000))
        assert [match.strength for match in told.matches] == [Strength.POSSIBLE]


def test_a_misspelling_never_says_more_than_the_name_itself(model):
    index = register(*(person("Xan", f"Sample{letter}") for letter in "abcdefghijklmnopqrstuvwxyz"))
    bits = WordBits(index, model)
    exact, misspelt = (bits.of("xan", Side.GIVEN, level) for level in (NameLevel.EXACT, NameLevel.ONE_EDIT))
    assert misspelt == exact


@pytest.mark.parametrize(
    ("asked", "recorded", "left_over"),
    [
        ("Paul", "John Paul", False),
        ("Paul J", "John Paul", False),
        ("Mai Bao", "Huy Mai Bao", False),
        ("Huy Mai Bao", "Mai Bao", False),
        ("Krzysztof Jan", "Jan Kryzstof", False),
        ("Abdul Rahman Mohamed", "Mohamed Abdulrahman", False),
        ("Louise Annemarie", "Anne Marie Louise", False),
        ("Paul Robert", "John Paul", True),
        ("Mohamed Ali", "Said Mohamed", True),
        ("Said Mohamed", "Mohamed Ali", True),
        ("Mohamed Mohamed", "Ibrahim Mohamed", True),
    ],
)
def test_a_middle_name_used_as_first_says_less_where_another_is_left_over(model, asked, recorded, left_over):
    silent = replace(model, middle_name_bits=dict.fromkeys(MiddleLevel, 0.0))
    charged, free = (
        PartWeigher(WordBits(register(strangers=300), each)).compare(
            named(asked, "Farah").given, named(recorded, "Farah").given, Side.GIVEN
        )
        for each in (model, silent)
    )
    assert charged.level is free.level is NameLevel.MIDDLE
    assert charged.bits - free.bits == pytest.approx(model.middle_name_bits[MiddleLevel.DIFFERENT] if left_over else 0)


def test_middle_names_speak_for_and_against(compare):
    with_middle = [
        compare(("John Paul", "Smith"), (given, "Smith")) for given in ("John Paul", "John P", "John", "John Adam")
    ]
    assert [each.given.middle for each in with_middle] == [
        MiddleLevel.AGREE, MiddleLevel.INITIAL, None, MiddleLevel.DIFFERENT,
    ]  # fmt: skip
    assert sorted(with_middle, key=lambda each: -each.bits) == with_middle


def test_the_detail_says_what_is_the_matter_and_no_name(compare):
    found = compare(("Smyth", "John"), ("John Adam", "Smith"))
    assert found.detail == (
        "family name differs by one letter; given name agrees; given and family name in each other's place"
    )
    assert found.family.level is NameLevel.ONE_EDIT


def test_an_unknown_twin_is_a_rival_wherever_given_names_differ(model):
    index = register(person("Zbigniew", "Szczepanski", "1987-04-23"), strangers=20)
    (ranked,) = rank(person("Wojciech", "Szczepanski", "1987-04-23"), index, model)
    assert 0.01 < ranked.probability < 0.5


def test_an_unknown_namesake_is_a_rival_wherever_dates_differ(model):
    index = register(person("Zbigniew", "Szczepanski", "1987-04-23"), strangers=20)
    (ranked,) = rank(person("Zbigniew", "Szczepanski", "1961-11-08"), index, model)
    assert ranked.probability < 0.5


@pytest.mark.parametrize(
    ("asked", "recorded"),
    [
        ("al-Hassan", "Hassan"),
        ("bin Hassan", "Al Hassan"),
        ("van der Berg", "Berg"),
        ("Vanderberg", "van der Berg"),
    ],
)
def test_particles_of_a_family_name_come_and_go(ask, asked, recorded):
    index = register(person("Omar", recorded, "1987-04-23"), strangers=900)
    assert [match.strength for match in ask(person("Omar", asked, "1987-04-23"), index).matches] == [Strength.DEFINITE]


def test_given_names_written_apart_may_be_near_one_written_as_one_word():
    assert may_be_near(("ma", "rgarete"), ("margalene",), Side.GIVEN)
    assert may_be_near(("margalene",), ("ma", "rgarete"), Side.GIVEN)
    assert not may_be_near(("mark", "anthony"), ("matthew",), Side.GIVEN)
