"""What words say is remembered for a register and a model, and never more than so much of it."""

import pytest
from matching_people import person, register

from flagging.matching.index import CandidateIndex
from flagging.matching.model import NameLevel
from flagging.matching.tokens import SIDES
from flagging.matching.word_bits import WordBits

WORDS = [f"sample{letter}" for letter in "abcdefgh"] + ["john", "smith"]
LEVELS = [NameLevel.EXACT, NameLevel.ONE_EDIT, NameLevel.DIFFERENT]


def bits_of(word_bits):
    found = [word_bits.of(word, side, level) for word in WORDS for side in SIDES for level in LEVELS]
    return found + [
        word_bits.of_one(word, side, NameLevel.EXACT, NameLevel.PART) for word in WORDS for side in SIDES[1:]
    ]


@pytest.mark.interpreted
def test_forgetting_words_changes_nothing_that_is_said_of_them(model, monkeypatch):
    index = register(person("John", "Smith"), strangers=50)
    expected = bits_of(WordBits(index, model))
    monkeypatch.setattr("flagging.matching.word_bits._REMEMBERED", 3)
    forgetful = WordBits(index, model)
    assert [bits_of(forgetful) for _ in range(2)] == [expected, expected]
    assert len(forgetful._known) <= 3


def test_another_register_has_bits_of_its_own(model):
    crowded = register(*(person("John", "Smith") for _ in range(30)), strangers=50)
    empty = CandidateIndex()
    common, rare = (
        index.kept_for(model, WordBits).of("smith", SIDES[1], NameLevel.EXACT) for index in (crowded, empty)
    )
    assert common < rare
