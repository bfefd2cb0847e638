"""What `load_tests/tradition_sets.py` makes: people of every tradition, and errors that are labelled rightly."""

import csv
import subprocess
import sys
import unicodedata
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[2] / "load_tests"))

from people import damage, population, slips
from people.indic import romanise
from people.population import Person
from people.questions import REALISTIC, STRESS, deal
from people.respelling import RULES, respell
from people.traditions import TRADITIONS

SCRIPT = Path(__file__).parents[2] / "load_tests" / "tradition_sets.py"
ALEX = Person("british", "male", "Alexander", "Odo", "Quillfeather", date(1983, 2, 11))
ALI = Person("somali", "male", "Ali", "Omar", "Farah", date(1990, 1, 1))
DATES = st.dates(date(1950, 1, 1), date(2007, 12, 31))


@pytest.fixture
def rng():
    return Random(1)


def is_latin_or_twi(letter):
    """Twi is written with a Greek epsilon now and then."""
    return unicodedata.name(letter).startswith("LATIN") or letter == "\N{GREEK SMALL LETTER EPSILON}"


class TestNames:
    @pytest.mark.parametrize(
        ("written", "spelt"),
        [
            ("रहमान", "Rahman"),
            ("आदित्य", "Aditya"),
            ("मल्होत्रा", "Malhotra"),
            ("गुलज़ार", "Gulzar"),
            ("রহমান", "Rahman"),
            ("উদ্দিন", "Uddin"),
            ("যাদব", "Jadab"),
            ("মিঞা", "Miya"),
            ("ગઢવી", "Gadhvi"),
            ("પટેલ", "Patel"),
            ("रॉय चौधरी", "Roy Chaudhri"),
            ("O'Neill", "O'Neill"),
        ],
    )
    def test_indic_scripts_are_spelt_as_english_documents_spell_them(self, written, spelt):
        assert romanise(written) == spelt

    @pytest.mark.parametrize("tradition", TRADITIONS)
    def test_every_tradition_has_given_and_family_names_in_latin_letters(self, tradition, rng):
        for sex in ("male", "female"):
            given, _, family = TRADITIONS[tradition].name(rng, sex)
            assert given
            assert family
            assert [each for each in given + family if each.isalpha() and not is_latin_or_twi(each)] == []

    @pytest.mark.parametrize("tradition", TRADITIONS)
    def test_names_of_every_tradition_are_respelt_by_its_own_rules(self, tradition, rng):
        own = TRADITIONS[tradition]
        pairs = [(name, respell(name, own.spelling, rng)) for name in (own.name(rng, "male")[0] for _ in range(100))]
        assert sum(spelt is not None for _, spelt in pairs) >= 50
        assert [name for name, spelt in pairs if spelt and spelt.lower() == name.lower()] == []

    def test_every_set_of_rules_belongs_to_a_tradition(self):
        assert {tradition.spelling for tradition in TRADITIONS.values()} == set(RULES)


@pytest.mark.parametrize(
    ("slip", "name", "then"),
    [
        (slips.swap, ("Jan", "", "Sample"), ("Sample", "", "Jan")),
        (slips.middle_as_given, ("Jan", "Odo", "Sample"), ("Odo", "", "Sample")),
        (slips.middle_as_given, ("Jan", "", "Sample"), None),
        (slips.family_part, ("Jan", "", "Sample"), None),
        (slips.spacing, ("Jan", "", "O'Sample"), ("Jan", "", "OSample")),
        (slips.spacing, ("Jan", "", "McSample"), ("Jan", "", "Mc Sample")),
        (slips.prefix_dropped, ("Jan", "", "McSample"), ("Jan", "", "Sample")),
        (slips.prefix_dropped, ("Jan", "", "Sample"), None),
        (slips.names_joined, ("Jan", "Odo", "Sample"), ("Janodo", "", "Sample")),
        (slips.clan_dropped, ("Jan", "Singh", "Sample"), ("Jan", "", "Singh")),
        (slips.clan_dropped, ("Jan", "", "Singh"), None),
        (slips.sikh_name_added, ("Jan", "", "Kaur"), ("Jan", "Kaur", "Kaur")),
        (slips.compound_parted, ("Abdelsample", "", "X"), ("Abdel sample", "", "X")),
        (slips.compound_parted, ("Jan", "", "Bensample"), ("Jan", "", "Ben sample")),
        (slips.clipped, ("Oluwasample", "", "X"), ("Sample", "", "X")),
        (slips.syllables_parted, ("Weijie", "", "X"), ("Wei", "Jie", "X")),
        (slips.syllables_parted, ("Hsiu-Mei", "", "X"), ("Hsiu", "Mei", "X")),
        (slips.both_as_family, ("Ali", "Omar", "Farah"), ("Ali", "", "Omar Farah")),
        (slips.middle_as_family, ("Ali", "Omar", "Farah"), ("Ali", "", "Omar")),
    ],
)
def test_whole_names_slip_as_they_do_in_life(slip, name, then, rng):
    assert slip(rng, *name) == then


class TestErrors:
    @given(born=DATES, seed=st.integers(0, 99))
    def test_one_digit_of_the_date_differs(self, born, seed):
        wrong = damage.dob_1digit(replace(ALEX, born=born), Random(seed)).born
        assert sum(a != b for a, b in zip(born.isoformat(), wrong.isoformat(), strict=True)) == 1

    @given(born=DATES, seed=st.integers(0, 99))
    def test_two_digits_of_the_date_change_places(self, born, seed):
        spoilt = damage.dob_transpose(replace(ALEX, born=born), Random(seed))
        if spoilt is not None:
            assert spoilt.born != born
            assert sorted(spoilt.born.isoformat()) == sorted(born.isoformat())

    @given(born=DATES)
    def test_day_and_month_change_places_where_they_can(self, born):
        spoilt = damage.dob_daymonth_swap(replace(ALEX, born=born), Random(0))
        assert (spoilt is None) == (born.day > 12 or born.day == born.month)
        if spoilt is not None:
            assert (spoilt.born.day, spoilt.born.month) == (born.month, born.day)

    @given(name=st.text("abcdefghijklmnopqrstuvwxyzł", min_size=3, max_size=12), seed=st.integers(0, 99))
    def test_a_mistyped_name_is_another_name(self, name, seed):
        assert damage.mistyped(name, Random(seed)) != name

    @pytest.mark.parametrize("mix", [REALISTIC, STRESS], ids=["realistic", "stress"])
    def test_every_kind_of_error_of_a_mix_can_be_put_in(self, mix, rng):
        named = [kind for kind in mix.errors if kind not in ("slip", "alias_known")]
        assert {
            kind: getattr(damage, kind)(ALEX, rng) for kind in named if getattr(damage, kind)(ALEX, rng) == ALEX
        } == {}

    def test_accents_fall_away_as_on_an_english_keyboard(self):
        twi, turkish = "Akyer\N{GREEK SMALL LETTER EPSILON}ko", "Y\N{LATIN SMALL LETTER DOTLESS I}lmaz"
        assert damage.without_marks(f"Łukasz Đặng {twi} {turkish}") == "Lukasz Dang Akyereko Yilmaz"

    def test_kinds_are_dealt_at_their_rates(self, rng):
        assert Counter(deal({"a": 0.1, "b": 0.3, "c": 0.6}, 50, rng)) == {"a": 5, "b": 15, "c": 30}


class TestRelatives:
    def test_a_twin_shares_all_but_the_given_name(self, rng):
        twin = population.twin(ALEX, rng)
        assert (twin.family, twin.born) == (ALEX.family, ALEX.born)
        assert twin.given != ALEX.given

    def test_a_namesake_shares_the_name_and_not_the_date(self, rng):
        namesake = population.namesake(ALEX, rng)
        assert (namesake.given, namesake.family) == (ALEX.given, ALEX.family)
        assert namesake.born != ALEX.born

    def test_a_child_of_a_chain_of_names_has_the_same_father(self, rng):
        assert population.sibling(ALI, rng).name[1:] == ALI.name[1:]

    def test_the_father_in_a_chain_of_names_is_called_by_the_second_name(self, rng):
        assert population.parent_or_child(ALI, rng).name[:2] == ("Omar", "Farah")

    def test_parent_and_child_are_a_generation_apart(self, rng):
        years = [abs(population.parent_or_child(ALEX, rng).born.year - ALEX.born.year) for _ in range(50)]
        assert 17 <= min(years) <= max(years) <= 35


def make(directory):
    sizes = ("--people", "300", "--least", "10", "--asked", "20")
    subprocess.run([sys.executable, SCRIPT, directory, *sizes], check=True)
    return {path.name: path.read_text(encoding="utf-8") for path in directory.iterdir()}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make(tmp_path_factory.mktemp("sets"))


def rows(text):
    return list(csv.DictReader(text.splitlines()))


class TestSets:
    @pytest.mark.sweep
    def test_they_are_the_same_for_the_same_seed(self, made, tmp_path):
        assert make(tmp_path) == made

    @pytest.mark.parametrize("name", ["queries_realistic.csv", "queries_stress.csv"])
    def test_half_of_the_questions_about_each_tradition_mean_nobody_on_the_register(self, name, made):
        asked = Counter((row["tradition"], bool(row["true_id"])) for row in rows(made[name]))
        assert asked == {(tradition, known): 20 for tradition in TRADITIONS for known in (True, False)}

    @pytest.mark.parametrize("name", ["queries_realistic.csv", "queries_stress.csv"])
    def test_the_labels_say_what_is_wrong(self, name, made):
        people = {row["id"]: row for row in reversed(rows(made["register.csv"]))}
        for row in rows(made[name]):
            assert row["tags"]
            assert bool(row["true_id"]) != row["tags"].startswith("neg_")
            if row["tags"] == "exact":
                meant = people[row["true_id"]]
                names = [(each["given"], each["middle"], each["family"]) for each in (row, meant)]
                plain = [tuple(map(damage.without_marks, each)) for each in names]
                assert (plain[0], row["dob"]) == (plain[1], meant["dob"])

    def test_the_register_holds_a_city_and_enough_of_every_tradition(self, made):
        people = {row["id"] for row in rows(made["register.csv"])}
        shares = [tradition.share for tradition in TRADITIONS.values()]
        assert sum(shares) == 100
        assert len(people) == sum(max(10, round(3 * share)) for share in shares)
