import pytest
from matching_people import named, person, register

from flagging.matching.model import MiddleLevel, NameLevel
from flagging.matching.name_parts import PartWeigher
from flagging.matching.names import compare_names
from flagging.matching.population import Population
from flagging.matching.search import rank
from flagging.matching.tokens import Side
from flagging.terms import Level, Strength

YES, NEAR, NO, DASH = Level.AGREES, Level.CLOSE, Level.DIFFERS, Level.NOT_COMPARED


@pytest.fixture
def compare(model):
    weigher = PartWeigher(model, Population(register(person("John", "Smith"), strangers=300), model.rarity))

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


def test_a_misspelling_never_says_more_than_the_name_itself(model):
    index = register(*(person("Xan", f"Sample{letter}") for letter in "abcdefghijklmnopqrstuvwxyz"))
    weigher = PartWeigher(model, Population(index, model.rarity))
    exact, misspelt = (weigher.bits("xan", Side.GIVEN, level) for level in (NameLevel.EXACT, NameLevel.ONE_EDIT))
    assert misspelt == exact


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
