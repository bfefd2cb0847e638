import pytest

from flagging.identity.identifiers import parse_identifiers
from flagging.identity.person import IdentifierKind
from flagging.identity.reading import Reading
from flagging.matching.identifiers import KindEvidence, compare_identifiers, strongest_agreement
from flagging.matching.model import IdentifierAgreement as Says

PNC, CRO, PRISON, CRN = IdentifierKind


def identifiers(kind, *texts):
    found = []
    for text in texts:
        reading = parse_identifiers(kind, text)
        assert isinstance(reading, Reading)
        found += reading.identifiers
    return found


@pytest.mark.parametrize(
    ("kind", "asked", "recorded", "says"),
    [
        (PNC, ["01/171310W"], ["2001/0171310W"], Says.VERIFIED),
        (PNC, ["01/171310X"], ["2001/0171310W"], Says.WRONG_LETTER),
        (PNC, ["2001/0171310W"], ["01/171310X"], Says.WRONG_LETTER),
        (PNC, ["01/171310X"], ["01/171310X"], Says.WRONG_LETTER),
        (PNC, ["01/171310"], ["01/171310W"], Says.WRONG_LETTER),
        (PNC, ["67/9893091D"], ["2001/0171310W"], Says.CONTRADICT),
        (PNC, ["67/9893091X"], ["2001/0171310W"], Says.SILENT),
        (PNC, ["67/9893091D"], ["2001/0171310X"], Says.SILENT),
        (PNC, ["67/9893091D", "01/171310W"], ["2001/0171310W"], Says.VERIFIED),
        (PNC, ["01/171310W"], ["67/9893091D", "2001/0171310W"], Says.VERIFIED),
        (CRO, ["65656/91H"], ["1234/88P"], Says.CONTRADICT),
        (CRO, ["65656/91X"], ["1234/88P"], Says.SILENT),
        (CRO, ["SF05/482703J"], ["1234/88P"], Says.CONTRADICT),
        (PRISON, ["A1234BC"], ["a1234bc"], Says.UNLETTERED),
        (PRISON, ["A1234BC"], ["A1234BD"], Says.SILENT),
        (CRN, ["X123456"], ["X123456"], Says.UNLETTERED),
        (CRN, ["X123456"], ["X123457"], Says.SILENT),
    ],
)
def test_identifiers_say(kind, asked, recorded, says):
    evidence = compare_identifiers(identifiers(kind, *asked), identifiers(kind, *recorded))
    assert strongest_agreement(evidence) is says


def test_a_kind_only_one_side_has_says_nothing():
    assert compare_identifiers(identifiers(PNC, "01/171310W"), identifiers(PRISON, "A1234BC")) == ()


# Without its slash this may be PNC ID 2010/0000008K or CRO number 000100/08K, and either letter is right.
OF_TWO_KINDS = "10008K"


@pytest.mark.parametrize(
    ("recorded", "says"),
    [
        ([(CRO, "1234/88P")], []),
        ([(PNC, "01/171310W")], []),
        ([(PNC, "2010/8K"), (CRO, "1234/88P")], [Says.VERIFIED]),
        ([(PNC, "01/171310W"), (CRO, "100/08K")], [Says.VERIFIED]),
        ([(PNC, "01/171310W"), (CRO, "1234/88P")], [Says.CONTRADICT, Says.CONTRADICT]),
    ],
    ids=["another CRO number", "another PNC ID", "PNC ID", "CRO number", "another of both"],
)
def test_a_number_of_two_kinds_differs_only_from_somebody_who_has_both_kinds_and_neither_number(recorded, says):
    known = [identifier for kind, text in recorded for identifier in identifiers(kind, text)]
    evidence = compare_identifiers(identifiers(PNC, OF_TWO_KINDS), known)
    assert [each.agreement for each in evidence] == says


def test_a_number_of_one_kind_beside_one_of_two_differs_as_ever():
    asked = identifiers(PNC, OF_TWO_KINDS) + identifiers(CRO, "SF05/482703J")
    (evidence,) = compare_identifiers(asked, identifiers(CRO, "1234/88P"))
    assert evidence.agreement is Says.CONTRADICT


def test_an_identifier_that_agrees_outweighs_another_kind_that_differs():
    asked = identifiers(PNC, "01/171310W") + identifiers(CRO, "SF05/482703J")
    recorded = identifiers(PNC, "01/171310W") + identifiers(CRO, "1234/88P")
    evidence = compare_identifiers(asked, recorded)
    assert [each.agreement for each in evidence] == [Says.VERIFIED, Says.CONTRADICT]
    assert strongest_agreement(evidence) is Says.VERIFIED


def test_a_further_identifier_the_record_does_not_have_is_noted():
    asked = identifiers(PNC, "01/171310W", "67/9893091D")
    assert compare_identifiers(asked, identifiers(PNC, "01/171310W")) == (
        KindEvidence(PNC, Says.VERIFIED, others_differ=True),
    )


def test_a_further_identifier_the_question_does_not_have_is_no_disagreement():
    recorded = identifiers(PNC, "01/171310W", "67/9893091D")
    assert not compare_identifiers(identifiers(PNC, "01/171310W"), recorded)[0].others_differ
