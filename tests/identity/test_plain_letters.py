"""Characters brought down to plain letters, and words of other scripts read in Latin ones."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flagging.identity.other_scripts import latin_word
from flagging.identity.plain_letters import fold
from flagging.matching.name_forms import forms_of


@pytest.mark.parametrize(
    ("text", "latin"),
    [
        pytest.param("Иванов", "ivanov", id="Russian"),
        pytest.param("Олександр", "oleksandr", id="Ukrainian"),
        pytest.param("Γιώργος", "giorgos", id="Greek"),
        pytest.param("محمد", "mohammed", id="Arabic"),
        pytest.param("مُحَمَّد", "mohammed", id="Arabic with vowels"),
        pytest.param("خان", "khan", id="Urdu"),
        pytest.param("پرویز", "parviz", id="Persian"),
        pytest.param("كاشف", "kashif", id="Arabic kaf"),
        pytest.param("کاشف", "kashif", id="Persian kaf"),
        pytest.param("الحسن", "al hasan", id="Arabic with its article"),
        pytest.param("משה", "moshe", id="Hebrew"),
        pytest.param("सिंह", "singh", id="Hindi"),
        pytest.param("नरेन्द्र", "narendra", id="Hindi with a conjunct"),
        pytest.param("ਸਿੰਘ", "singh", id="Punjabi"),
        pytest.param("ਕੌਰ", "kaur", id="Punjabi without a hidden vowel"),
        pytest.param("রহমান", "rahman", id="Bengali"),
        pytest.param("পটেল", "patel", id="Bengali with a hidden vowel"),
        pytest.param("પટેલ", "patel", id="Gujarati with a hidden vowel"),
        pytest.param("王", "wang", id="Chinese"),
        pytest.param("李小龙", "lixiaolong", id="Chinese, a whole name"),
        pytest.param("타나카", "tanaka", id="Korean letters"),
        pytest.param("გიორგი", "giorgi", id="Georgian"),
        pytest.param("Հովհաննես", "hovhannes", id="Armenian"),
        pytest.param("สมชาย", "smchay", id="Thai"),
        pytest.param("ወልደ", "welde", id="Amharic"),
    ],
)
def test_a_word_of_another_script_is_read_in_latin_letters(text, latin):
    assert fold(text) == latin


@pytest.mark.parametrize(
    ("native", "typed"),
    [
        ("محمد", "muhammad"),
        ("محمود", "mahmood"),
        ("حسين", "hussain"),
        ("يوسف", "yousef"),
        ("خالد", "khalid"),
        ("Александр", "oleksandr"),
        ("চৌধুরী", "chowdhury"),
    ],
)
def test_a_native_name_meets_what_is_typed_in_latin_letters(native, typed):
    assert not forms_of(fold(native), is_given=False).isdisjoint(forms_of(typed, is_given=False))


def test_an_unlisted_name_without_written_vowels_keeps_those_that_can_be_told():
    assert fold("ابوطقزان") == "abutqzan"
    assert fold("ودادزو") == "wdadzu"
    assert fold("طقوازن") == "tqwazn"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("S\u0430mple", id="Cyrillic a"),
        pytest.param("\u0405\u0430mpl\u0435", id="three Cyrillic letters"),
        pytest.param("Sam\u0440le", id="Cyrillic er looks like p"),
        pytest.param("Sam\u200bple", id="zero-width space"),
        pytest.param("\u202eSample\u202c", id="turned about"),
        pytest.param("Sam\u034fple", id="grapheme joiner"),
        pytest.param("Sam\u3164ple", id="Hangul filler"),
        pytest.param("Samp\ufe0fle", id="variation selector"),
        pytest.param("\uff33\uff41mple", id="full width"),
        pytest.param("\U0001d412ample", id="mathematical"),
        pytest.param("Sam\u00adple", id="soft hyphen"),
    ],
)
def test_letters_that_look_latin_and_characters_nobody_sees_make_no_other_name(text):
    assert fold(text) == "sample"


def test_letters_that_look_latin_are_read_as_their_own_in_a_word_of_their_own():
    assert fold("\u0421\u0430\u0440\u0430") == "sara"
    assert fold("Smith \u0420\u0443\u0440") == "smith rur"


@pytest.mark.parametrize("text", ["\u3164", "\u034f", "\ufe0f", "\u200b", "\u0301"])
def test_what_nobody_sees_is_no_word(text):
    assert fold(text).split() == []


def test_a_word_of_letters_that_cannot_be_read_stays_as_it_is():
    assert fold("\U00012000\U00012001") == "\U00012000\U00012001"


@given(letter=st.characters(categories=["Lu", "Ll", "Lt", "Lo"], exclude_characters="\u115f\u1160\u3164\uffa0"))
def test_no_letter_of_any_script_is_lost(letter):
    assert fold(letter).strip()


@given(text=st.text(max_size=40))
def test_what_is_left_is_letters_and_digits_in_lower_case(text):
    words = fold(text).split()
    assert all(word.isalnum() and word == word.casefold() for word in words)
    assert [fold(word) for word in words] == words


@given(text=st.text(alphabet=st.characters(max_codepoint=127), max_size=40))
def test_plain_text_folds_the_same_on_both_paths(text):
    assert fold(text).split() == fold(text + " \u00e9").split()[:-1]


@given(word=st.text(alphabet=st.characters(categories=["Lo", "Mn", "Mc"]), min_size=1, max_size=12))
def test_any_word_is_read_or_stays(word):
    read = latin_word(unicodedata.normalize("NFC", word))
    assert read.replace(" ", "").isalnum() or not any(map(str.isalnum, word))
