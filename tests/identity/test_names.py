"""Names as words: spellings that meet, words that fall away, and names that are never lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flagging.identity.name_words import NEVER_NAMES, PLACEHOLDERS, SUFFIXES, TITLES, without_particles
from flagging.identity.names import (
    LONGEST_WORD,
    MOST_WORDS,
    NUMBERS_LEFT_OUT,
    OTHER_SCRIPT,
    TOO_MANY_WORDS,
    parse_name,
    read_name,
)
from flagging.identity.person import PersonName
from flagging.identity.reading import BLANK, PLACEHOLDER

APOSTROPHES = "'`\N{ACUTE ACCENT}\N{RIGHT SINGLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}\N{MODIFIER LETTER APOSTROPHE}\N{PRIME}"


def family(text):
    return parse_name(None, text).family


def given_words(text):
    return parse_name(text, None).given


def said(reading):
    return reading.name, reading.given, reading.family


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


@pytest.mark.parametrize(
    ("text", "words", "core"),
    [
        ("van der Berg", ("van", "der", "berg"), ("berg",)),
        ("Al-Hassan", ("al", "hassan"), ("hassan",)),
        ("Ul Haq", ("ul", "haq"), ("haq",)),
        ("bin Laden", ("bin", "laden"), ("laden",)),
        ("de la Cruz", ("de", "la", "cruz"), ("cruz",)),
        ("Ali Al", ("ali", "al"), ("ali",)),
        ("Van", ("van",), ("van",)),
        ("El Al", ("el", "al"), ("el", "al")),
        ("Kaur Gill", ("kaur", "gill"), ("kaur", "gill")),
        ("Singh", ("singh",), ("singh",)),
    ],
)
def test_particles_stay_words_and_can_be_looked_away_from(text, words, core):
    assert family(text) == words
    assert without_particles(words) == core


@pytest.mark.parametrize("relation", ["s/o", "S/O", "d/o", "w/o", "a/l", "A/P"])
def test_son_or_daughter_of_falls_away(relation):
    assert family(f"Anand {relation} Kumar") == ("anand", "kumar")
    assert family(f"{relation} Kumar") == ("kumar",)


@pytest.mark.parametrize("text", ["J.R.", "J. R.", "J R", "j.r"])
def test_initials_are_words_with_or_without_dots(text):
    assert given_words(text) == ("j", "r")


# -- a whole name in one field -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given_text", [None, "", "  "])
@pytest.mark.parametrize("text", ["Smith, John Paul", "SMITH,JOHN PAUL", "Smith, Mr John Paul", "Mr Smith, John, Paul"])
def test_a_whole_name_with_a_comma_in_the_family_names_field_is_taken_apart(text, given_text):
    assert parse_name(given_text, text) == PersonName(("john", "paul"), ("smith",))


def test_a_comma_among_given_names_parts_them_and_no_more():
    assert parse_name("John, Paul", None) == PersonName(("john", "paul"), ())


def test_a_given_name_repeated_behind_a_comma_counts_once():
    assert parse_name("John", "Smith, John") == PersonName(("john",), ("smith",))
    assert parse_name("John", "Smith, Paul") == PersonName(("john",), ("smith", "paul"))


@pytest.mark.parametrize("text", ["Smith, Jr", "Smith,", ", Smith", "Smith, unknown"])
def test_a_comma_that_parts_no_given_name_changes_nothing(text):
    assert parse_name(None, text) == PersonName((), ("smith",))


def test_a_whole_name_without_a_comma_stays_together():
    assert parse_name(None, "John Smith") == PersonName((), ("john", "smith"))


# -- words around names --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("title", ["Mr", "MR.", "Mrs", "Miss", "Ms", "Dr", "Prof. Dr", "Rev"])
def test_title_falls_away(title):
    assert parse_name(f"{title} Alex", "Sample") == PersonName(("alex",), ("sample",))
    assert parse_name(None, f"{title} Sample") == PersonName((), ("sample",))


@pytest.mark.parametrize("suffix", ["Jr", "Jnr.", "II", "III", "Sr", "Junior"])
def test_suffix_falls_away(suffix):
    assert family(f"Sample {suffix}") == ("sample",)


@pytest.mark.parametrize(
    "name",
    [
        "Junior",
        "Major",
        "Prince",
        "Ben",
        "Test",
        "Given",
        "Nil",
        "Doe",
        "Na",
        "Iv",
        "X",
        "Blank",
        "Man",
        "Nan",
        "Person",
    ],
)
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
        "Unknown Male 1",
        "Refused Details",
        "Refused to give name",
        "No comment",
        "Name withheld",
        "would not give",
        "undefined",
        "As above",
        "Unknown person",
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


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("ab " * (MOST_WORDS + 1), id="a word too many"),
        pytest.param("o brien " * (MOST_WORDS - 1), id="too many words, some of them joined"),
        pytest.param("z" * (LONGEST_WORD + 1), id="a word too long"),
        pytest.param("\u738b" * LONGEST_WORD, id="a word too long in Latin letters"),
        pytest.param("ab" + " " * 500 + "cd", id="a text too long"),
    ],
)
def test_what_is_cut_off_is_told(text):
    assert read_name(None, text).family == TOO_MANY_WORDS
    assert read_name(text, "Sample").given == TOO_MANY_WORDS
    assert parse_name(None, text).family


@pytest.mark.parametrize("text", ["ab " * MOST_WORDS, "z" * LONGEST_WORD, "Mr " + "ab " * MOST_WORDS, "ab" + " " * 500])
def test_what_just_fits_is_not_cut(text):
    reading = read_name(text, text)
    assert (reading.given, reading.family) == (None, None)


def test_each_part_tells_what_was_left_aside():
    assert said(read_name("unknown", "Sample")) == (PersonName((), ("sample",)), PLACEHOLDER, None)
    assert said(read_name(" ", "N/K")) == (None, None, PLACEHOLDER)
    assert read_name("\U00012000", "Sample").given == OTHER_SCRIPT


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


@pytest.mark.parametrize("family", ["Nobodius,Ryan,11/10/2004", "Nobodius 11 10 2004", "Nobodius 2"])
def test_numbers_in_a_name_are_no_part_of_it_and_that_is_told(family):
    reading = read_name(None, family)
    assert "nobodius" in reading.name.family
    assert NUMBERS_LEFT_OUT in (reading.given, reading.family)
    assert read_name(None, "Nobodius").family is None


_WORDS_OF_FORMS = sorted(word for word in NEVER_NAMES | PLACEHOLDERS | TITLES | SUFFIXES if word.isalpha())


@given(st.sampled_from(_WORDS_OF_FORMS) | st.from_regex(r"[a-zA-Z]{1,45}", fullmatch=True) | st.text("xXy", min_size=1))
def test_a_word_of_plain_letters_reads_as_it_does_with_blanks_around_it(word):
    assert said(read_name(word, None)) == said(read_name(f" {word} ", None))
    assert said(read_name(None, word.upper())) == said(read_name(None, f" {word}"))
