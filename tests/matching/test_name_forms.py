"""Forms of one name: what belongs together, what does not, and that the table they come from is in order."""

from collections import Counter
from importlib.resources import files
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flagging.identity.plain_letters import fold
from flagging.matching.name_forms import forms_of
from flagging.matching.somali_spelling import read_as_somali

MOST_GROUPS = 10


def are_forms(one, other, *, is_given=True):
    return not forms_of(one, is_given=is_given).isdisjoint(forms_of(other, is_given=is_given))


@pytest.mark.parametrize("is_given", [True, False], ids=["given", "family"])
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mohammed", "muhammad"),
        ("mohammed", "mohamed"),
        ("mohammad", "muhammed"),
        ("mohammed", "mohd"),
        ("mohammed", "mehmet"),
        ("hussain", "hussein"),
        ("hossain", "husain"),
        ("ahmed", "ahmad"),
        ("yusuf", "youssef"),
        ("yousef", "yusuf"),
        ("aisha", "ayesha"),
        ("osman", "uthman"),
        ("rashid", "rasheed"),
        ("khalid", "khaled"),
        ("choudhury", "chaudhry"),
        ("chowdhury", "choudhary"),
        ("hasan", "alhassan"),
        ("sayed", "elsayed"),
        ("alexander", "aleksander"),
        ("aleksandr", "oleksandr"),
        ("sergei", "serhiy"),
        ("dmitry", "dmytro"),
        ("ivanov", "iwanow"),
        ("katarzyna", "kasia"),
        ("nowak", "novak"),
        ("stephen", "steven"),
        ("catherine", "katherine"),
        ("thompson", "thomson"),
        ("macdonald", "mcdonald"),
    ],
    ids=str,
)
def test_spellings_of_one_name_are_forms_of_it_on_either_side(one, other, is_given):
    assert are_forms(one, other, is_given=is_given)


@pytest.mark.parametrize(
    ("one", "other"),
    [("kate", "katherine"), ("kate", "catherine"), ("bob", "robert"), ("joe", "josef"), ("alex", "oleksandr")],
    ids=str,
)
def test_a_short_form_is_one_of_a_given_name_however_that_is_spelt_and_of_no_family_name(one, other):
    assert are_forms(one, other)
    assert not are_forms(one, other, is_given=False)


@pytest.mark.parametrize("is_given", [True, False], ids=["given", "family"])
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("james", "jacob"),
        ("gary", "harry"),
        ("ewan", "owen"),
        ("daniel", "danielle"),
        ("gabriel", "gabrielle"),
        ("simon", "simone"),
        ("hassan", "hussain"),
        ("karim", "karam"),
        ("salim", "salman"),
        ("mohammed", "mahmood"),
        ("ahmad", "kristian"),
        ("neil", "neel"),
        ("dave", "dev"),
        ("chen", "chan"),
        ("wang", "wong"),
        ("smith", "jones"),
        ("patel", "khan"),
    ],
    ids=str,
)
def test_other_names_are_no_forms_of_one_another(one, other, is_given):
    assert not are_forms(one, other, is_given=is_given)


@given(
    word=st.text(alphabet="abcdefghijklmnopqrstuvwxyz\u0630\U00012000", min_size=1, max_size=40), is_given=st.booleans()
)
def test_any_word_is_a_form_of_itself(word, is_given):
    assert word in forms_of(word, is_given=is_given)


# -- the tables ----------------------------------------------------------------------------------------------------------


def lines_of(package, name):
    return files(package).joinpath(name).read_text(encoding="utf-8").removesuffix("\n").split("\n")


@pytest.mark.parametrize(
    ("package", "name"), [("flagging.matching", "name_forms.txt"), ("flagging.identity", "native_names.txt")], ids=str
)
def test_a_table_is_sorted_by_word_and_has_each_once(package, name):
    words = [line.split(" ")[0] for line in lines_of(package, name)]
    assert len(words) > 20_000
    assert all(one < other for one, other in pairwise(words))


def test_every_word_of_the_forms_is_one_that_reading_a_name_leaves_and_every_group_has_two():
    members = Counter()
    for line in lines_of("flagging.matching", "name_forms.txt"):
        word, *groups = line.split(" ")
        assert word.isascii()
        assert word.isalpha()
        assert fold(word) == word
        assert 0 < len(groups) <= MOST_GROUPS
        members.update(groups)
    assert min(members.values()) > 1


def test_every_native_name_is_read_as_its_latin_spelling():
    lines = lines_of("flagging.identity", "native_names.txt")
    read = [(fold(word), latin) for word, latin in (line.split(" ") for line in lines)]
    assert [pair for pair in read if pair[0] != pair[1]] == []


@pytest.mark.parametrize(
    ("word", "read"),
    [
        ("xasan", ("hasan",)),
        ("faarax", ("faarah", "farah")),
        ("cumar", ("umar",)),
        ("jaamac", ("jaama", "jama")),
        ("ismaaciil", ("ismaaiil", "ismail")),
        ("nick", ()),
        ("yuusuf", ()),
        ("chris", ()),
    ],
)
def test_somali_spelling_is_read_as_english_writes_it(word, read):
    assert read_as_somali(word) == read


def test_a_name_that_a_list_knows_is_not_read_the_somali_way():
    assert not are_forms("candy", "andy")
    assert not are_forms("carla", "arla")
