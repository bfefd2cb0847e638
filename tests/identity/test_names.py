"""Names as words: spellings that meet, words that fall away, and names that are never lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flagging.identity.names import LONGEST_WORD, MOST_WORDS, fold, parse_name
from flagging.identity.person import PersonName
from flagging.identity.reading import BLANK, PLACEHOLDER

APOSTROPHES = "'`\N{ACUTE ACCENT}\N{RIGHT SINGLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}\N{MODIFIER LETTER APOSTROPHE}\N{PRIME}"


def family(text):
    return parse_name(None, text).family


def given_words(text):
    return parse_name(text, None).given


# -- letters -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SAMPLE", ("sample",)),
        ("Łukasz", ("lukasz",)),
        ("Szczepański", ("szczepanski",)),
        ("Søren", ("soren",)),
        ("Đorđević", ("dordevic",)),
        ("Großmann", ("grossmann",)),
        ("I\u015f\u0131k", ("isik",)),
        ("İbrahim", ("ibrahim",)),
        ("Þórsdóttir", ("thorsdottir",)),
        ("Ælfric", ("aelfric",)),
        ("Nguyễn", ("nguyen",)),
        ("Müller", ("muller",)),
        ("Ñáñez", ("nanez",)),
        ("Mu\u0308ller", ("muller",)),
        ("\uff33ample", ("sample",)),
        ("Sam\u200bple\u00ad", ("sample",)),
        ("ÓBriain", ("obriain",)),
    ],
)
def test_letters_fold_to_plain_latin_ones(text, words):
    assert family(text) == words


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Иванов", id="Cyrillic"),
        pytest.param("Παπαδόπουλος", id="Greek"),
        pytest.param("محمد", id="Arabic"),
        pytest.param("כהן", id="Hebrew"),
        pytest.param("김", id="Hangul"),
        pytest.param("王", id="Han"),
        pytest.param("नरेन्द्र", id="Devanagari"),
        pytest.param("ਸਿੰਘ", id="Gurmukhi"),
        pytest.param("สมชาย", id="Thai"),
        pytest.param("ወልደ", id="Ethiopic"),
    ],
)
def test_name_in_another_script_stays_one_word(text):
    assert len(family(text)) == 1


def test_accents_and_vowel_points_of_other_scripts_fall_away():
    assert family("Ёлкин") == family("Елкин")
    assert family("مُحَمَّد") == family("محمد")


# -- punctuation ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", [f"O{mark}Brien" for mark in APOSTROPHES] + ["O Brien", "Obrien", "O' BRIEN", "O.Brien"]
)
def test_spellings_of_o_brien_meet(text):
    assert family(text) == ("obrien",)


@pytest.mark.parametrize("text", ["D\N{RIGHT SINGLE QUOTATION MARK}Souza", "D Souza", "DSouza", "D'SOUZA"])
def test_spellings_of_d_souza_meet(text):
    assert family(text) == ("dsouza",)


@pytest.mark.parametrize("text", ["McDonald", "Mc Donald", "MC-DONALD"])
def test_spellings_of_mc_donald_meet(text):
    assert family(text) == ("mcdonald",)


@pytest.mark.parametrize(
    "text", ["Smith-Jones", "Smith Jones", "Smith \N{EN DASH} Jones", "Smith\u2010Jones", "Smith/Jones"]
)
def test_hyphen_and_space_meet(text):
    assert family(text) == ("smith", "jones")


def test_prefix_is_joined_in_a_double_name_too():
    assert family("Smith-O Brien") == ("smith", "obrien")


def test_initial_in_a_given_name_is_not_joined():
    assert given_words("D James O") == ("d", "james", "o")


def test_lone_prefix_is_a_name():
    assert family("O") == ("o",)
    assert family("Mac") == ("mac",)


def test_initials_in_a_family_name_are_not_joined():
    assert family("D R") == ("d", "r")


def test_particles_stay_words():
    assert family("van der Berg") == ("van", "der", "berg")
    assert family("Al-Hassan") == ("al", "hassan")


# -- words around names --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("title", ["Mr", "MR.", "Mrs", "Miss", "Ms", "Dr", "Prof. Dr", "Rev"])
def test_title_falls_away(title):
    assert parse_name(f"{title} Alex", "Sample") == PersonName(("alex",), ("sample",))
    assert parse_name(None, f"{title} Sample") == PersonName((), ("sample",))


@pytest.mark.parametrize("suffix", ["Jr", "Jnr.", "II", "III", "Sr", "Junior"])
def test_suffix_falls_away(suffix):
    assert family(f"Sample {suffix}") == ("sample",)


@pytest.mark.parametrize("name", ["Junior", "Major", "Prince", "Ben", "Test", "Given", "Nil", "Doe", "Na", "Iv", "X"])
def test_rare_name_that_looks_like_a_form_word_is_kept(name):
    assert parse_name(name, "Sample").given == (name.casefold(),)


@pytest.mark.parametrize(
    "text",
    [
        "unknown",
        "UNKNOWN",
        "Not known",
        "not given",
        "N/K",
        "n/a",
        "NK",
        "NFA",
        "Refused",
        "refused to give",
        "none",
        "NULL",
        "?",
        "-",
        "...",
        "xxx",
        "XX",
        "Unknown Male",
        "(unknown)",
        "Mr",
        "Mr Unknown",
        "no surname",
        "TBC",
        "1234",
    ],
)
def test_name_that_is_nothing_but_a_placeholder_is_one(text):
    assert parse_name(text, text) == PLACEHOLDER


def test_placeholder_leaves_the_other_part_usable():
    assert parse_name("Unknown", "Sample") == PersonName((), ("sample",))
    assert parse_name("Alex", "N/K") == PersonName(("alex",), ())


def test_placeholder_word_beside_a_name_falls_away():
    assert given_words("Alex (unknown)") == ("alex",)


@pytest.mark.parametrize("text", [None, "", "  ", "\u00a0"])
def test_nothing_is_blank(text):
    assert parse_name(text, text) == BLANK


# -- limits --------------------------------------------------------------------------------------------------------------


def test_words_and_their_number_are_bounded():
    name = parse_name("ab " * 50_000, "z" * 100_000)
    assert len(name.given) == MOST_WORDS
    assert name.family == ("z" * LONGEST_WORD,)


@given(given_text=st.none() | st.text(max_size=60), family_text=st.none() | st.text(max_size=60))
def test_any_text_is_read_or_refused_and_words_are_words(given_text, family_text):
    name = parse_name(given_text, family_text)
    if isinstance(name, PersonName):
        assert name.given or name.family
        for word in name.given + name.family:
            assert 0 < len(word) <= LONGEST_WORD
            assert word == word.strip()
            assert not set(word) & set(" -'./")


@given(text=st.text(alphabet=st.characters(categories=["Lu", "Ll", "Lo"], include_characters=" '-"), max_size=60))
def test_normalised_name_is_read_as_itself(text):
    name = parse_name(text, text)
    if isinstance(name, PersonName):
        assert parse_name(" ".join(name.given), " ".join(name.family)) == name


@given(letter=st.characters(categories=["Lu", "Ll", "Lt", "Lo"]))
def test_no_letter_of_any_script_is_lost(letter):
    assert parse_name(f"{letter}a{letter}a", None) != PLACEHOLDER
    assert fold(letter).strip()


@given(text=st.text(alphabet=st.characters(max_codepoint=127), max_size=40))
def test_plain_text_folds_the_same_on_both_paths(text):
    assert fold(text).split() == fold(text + " \u00e9").split()[:-1]
