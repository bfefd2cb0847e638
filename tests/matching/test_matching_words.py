import itertools

import pytest
from rapidfuzz.distance import OSA, JaroWinkler

from flagging.matching.model import NameLevel
from flagging.matching.tokens import Side
from flagging.matching.words import LONGEST_BUT_ONE_EDIT_APART, NEAR_SIMILARITY, compare_words

PAIRS = [
    ("john", "john", NameLevel.EXACT),
    ("william", "bill", NameLevel.VARIANT),
    ("bob", "robert", NameLevel.VARIANT),
    ("jonathan", "jon", NameLevel.VARIANT),
    ("gareth", "garith", NameLevel.ONE_EDIT),
    ("gareth", "garteh", NameLevel.ONE_EDIT),
    ("mohammed", "mohamed", NameLevel.VARIANT),
    ("mohammed", "muhammad", NameLevel.VARIANT),
    ("catherine", "kathryn", NameLevel.PHONETIC),
    ("hussain", "hussein", NameLevel.VARIANT),
    ("ahmed", "ahmad", NameLevel.VARIANT),
    ("abdulrahman", "abdurehman", NameLevel.NEAR),
    ("samir", "samira", NameLevel.ONE_EDIT),
    ("jamil", "jamilah", NameLevel.PHONETIC),
    ("xasan", "hassan", NameLevel.VARIANT),
    ("cumar", "omar", NameLevel.VARIANT),
    ("maxamed", "mohamed", NameLevel.PHONETIC),
    ("candy", "andy", NameLevel.ONE_EDIT),
    ("md", "mohammed", NameLevel.INITIAL),
    ("j", "john", NameLevel.INITIAL),
    ("j", "k", NameLevel.DIFFERENT),
    ("john", "peter", NameLevel.DIFFERENT),
    ("li", "lo", NameLevel.PHONETIC),
    ("al", "xu", NameLevel.DIFFERENT),
    ("محمد", "محمد", NameLevel.EXACT),
    ("محمد", "علي", NameLevel.DIFFERENT),
]


@pytest.mark.parametrize(("one", "other", "level"), PAIRS)
def test_two_given_names_stand_at_their_nearest_level(one, other, level):
    assert compare_words(one, other, Side.GIVEN) is level
    assert compare_words(other, one, Side.GIVEN) is level


def test_nicknames_are_no_family_names():
    assert compare_words("bob", "robert", Side.FAMILY) is NameLevel.DIFFERENT


def test_a_word_in_another_script_has_keys_without_a_sound():
    assert compare_words("李", "王", Side.FAMILY) is NameLevel.DIFFERENT


def test_short_words_that_begin_otherwise_are_not_similar_unless_one_edit_apart():
    words = ["".join(letters) for length in range(2, 8) for letters in itertools.product("abc", repeat=length)]
    short = [word for word in words if len(word) <= LONGEST_BUT_ONE_EDIT_APART]
    for one, other in itertools.product(short, words):
        if one[0] != other[0] and JaroWinkler.similarity(one, other) >= NEAR_SIMILARITY:
            assert OSA.distance(one, other) == 1, (one, other)
