"""The table of identifiers and demographics, against expectations written out by hand."""

from itertools import product

import pytest

from flagging.identity.person import IdentifierKind
from flagging.matching.identifiers import KindEvidence
from flagging.matching.model import IdentifierAgreement as Says
from flagging.matching.verdict import Demographics, classify_demographics, strength_of, warnings_of
from flagging.terms import Level, Strength

AGREE, PARTIAL, CONTRADICT = Demographics
DEFINITE, POSSIBLE, NONE = Strength.DEFINITE, Strength.POSSIBLE, None
BY_PROBABILITY = (DEFINITE, POSSIBLE, NONE)

# For each cell, what comes of it where demographics alone say definite, possible, nothing.
ALWAYS_DEFINITE, ALWAYS_POSSIBLE = (DEFINITE,) * 3, (POSSIBLE,) * 3
EXPECTED = {
    (Says.VERIFIED, AGREE): ALWAYS_DEFINITE,
    (Says.VERIFIED, PARTIAL): ALWAYS_DEFINITE,
    (Says.VERIFIED, CONTRADICT): ALWAYS_DEFINITE,
    (Says.UNLETTERED, AGREE): ALWAYS_DEFINITE,
    (Says.UNLETTERED, PARTIAL): ALWAYS_DEFINITE,
    (Says.UNLETTERED, CONTRADICT): ALWAYS_POSSIBLE,
    (Says.WRONG_LETTER, AGREE): ALWAYS_DEFINITE,
    (Says.WRONG_LETTER, PARTIAL): ALWAYS_POSSIBLE,
    (Says.WRONG_LETTER, CONTRADICT): ALWAYS_POSSIBLE,
    (Says.SILENT, AGREE): BY_PROBABILITY,
    (Says.SILENT, PARTIAL): BY_PROBABILITY,
    (Says.SILENT, CONTRADICT): (NONE,) * 3,
    # A difference of identifiers makes nobody surer than silence would: what silence would not tell, it does not.
    (Says.CONTRADICT, AGREE): (POSSIBLE, POSSIBLE, NONE),
    (Says.CONTRADICT, PARTIAL): (POSSIBLE, POSSIBLE, NONE),
    (Says.CONTRADICT, CONTRADICT): (NONE,) * 3,
}


@pytest.mark.parametrize(("identifiers", "demographics"), list(product(Says, Demographics)))
def test_the_table_is_as_written_by_hand(identifiers, demographics):
    told = tuple(strength_of(identifiers, demographics, each) for each in BY_PROBABILITY)
    assert told == EXPECTED[identifiers, demographics]


YES, NEAR, NO, DASH = Level.AGREES, Level.CLOSE, Level.DIFFERS, Level.NOT_COMPARED


@pytest.mark.parametrize(
    ("name", "date", "demographics"),
    [
        (YES, YES, AGREE), (YES, NEAR, AGREE), (YES, NO, PARTIAL), (YES, DASH, PARTIAL),
        (NEAR, YES, AGREE), (NEAR, NEAR, AGREE), (NEAR, NO, PARTIAL), (NEAR, DASH, PARTIAL),
        (NO, YES, PARTIAL), (NO, NEAR, PARTIAL), (NO, NO, CONTRADICT), (NO, DASH, CONTRADICT),
        (DASH, YES, PARTIAL), (DASH, NEAR, PARTIAL), (DASH, NO, CONTRADICT), (DASH, DASH, PARTIAL),
    ],
)  # fmt: skip
def test_demographics_are_classified(name, date, demographics):
    assert classify_demographics(name, date) is demographics


FALSE = "name and date of birth disagree: possible false details"
PNC = IdentifierKind.PNC_ID


@pytest.mark.parametrize(
    ("says", "name", "date", "warnings"),
    [
        (Says.VERIFIED, YES, YES, ()),
        (Says.VERIFIED, NO, NO, (FALSE,)),
        (Says.VERIFIED, NO, YES, ("name disagrees: possible false details",)),
        (Says.VERIFIED, YES, NO, ("date of birth disagrees: possible false details",)),
        (Says.UNLETTERED, NO, NO, (FALSE,)),
        (Says.SILENT, NO, NO, ()),
        (Says.CONTRADICT, YES, YES, ("PNC ID differs",)),
    ],
)
def test_a_reader_is_warned_where_identifiers_and_details_disagree(says, name, date, warnings):
    assert warnings_of([KindEvidence(PNC, says)], name, date) == warnings


def test_a_wrong_check_letter_is_always_warned_of():
    warnings = warnings_of([KindEvidence(PNC, Says.WRONG_LETTER)], YES, YES)
    assert warnings == ("identifier agrees, but its check letter is wrong or missing: confirm it",)


def test_identifiers_that_differ_beside_one_that_agrees_are_warned_of():
    evidence = [
        KindEvidence(PNC, Says.VERIFIED, others_differ=True),
        KindEvidence(IdentifierKind.CRO_NUMBER, Says.CONTRADICT),
    ]
    assert warnings_of(evidence, YES, YES) == ("another PNC ID differs", "CRO number differs")
