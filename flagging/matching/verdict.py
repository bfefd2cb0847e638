"""The table that joins what identifiers say with what names and dates of birth say: definite, possible or nothing.

The rows are identifiers, the columns demographics. Only silent identifiers leave it to probability, and a difference of
identifiers never makes anybody surer than silence would.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from flagging.matching.identifiers import KindEvidence, strongest_agreement
from flagging.matching.model import IdentifierAgreement
from flagging.terms import Level, Strength

FALSE_DETAILS: Final = "name and date of birth disagree: possible false details"
NAME_DISAGREES: Final = "name disagrees: possible false details"
DATE_DISAGREES: Final = "date of birth disagrees: possible false details"
WRONG_LETTER: Final = "identifier agrees, but its check letter is wrong or missing: confirm it"


class Demographics(StrEnum):
    """What name and date of birth say together."""

    AGREE = "agree"
    PARTIAL = "partial"
    CONTRADICT = "contradict"


_ANY = tuple(Demographics)
_TABLE: dict[tuple[IdentifierAgreement, Demographics], Strength | None] = {
    **{(IdentifierAgreement.VERIFIED, demographics): Strength.DEFINITE for demographics in _ANY},
    (IdentifierAgreement.UNLETTERED, Demographics.AGREE): Strength.DEFINITE,
    (IdentifierAgreement.UNLETTERED, Demographics.PARTIAL): Strength.DEFINITE,
    (IdentifierAgreement.UNLETTERED, Demographics.CONTRADICT): Strength.POSSIBLE,
    (IdentifierAgreement.WRONG_LETTER, Demographics.AGREE): Strength.DEFINITE,
    (IdentifierAgreement.WRONG_LETTER, Demographics.PARTIAL): Strength.POSSIBLE,
    (IdentifierAgreement.WRONG_LETTER, Demographics.CONTRADICT): Strength.POSSIBLE,
    (IdentifierAgreement.CONTRADICT, Demographics.AGREE): Strength.POSSIBLE,
    (IdentifierAgreement.CONTRADICT, Demographics.PARTIAL): Strength.POSSIBLE,
    (IdentifierAgreement.CONTRADICT, Demographics.CONTRADICT): None,
    (IdentifierAgreement.SILENT, Demographics.CONTRADICT): None,
}


def classify_demographics(name: Level, date: Level, *, is_of_household: bool = False) -> Demographics:
    """Agree: both compared, neither differs. Contradict: something differs and nothing speaks for the person.

    A family name and a postcode shared (`is_of_household`) speak for somebody whose given name differs.
    """
    levels = {name, date}
    if Level.DIFFERS in levels:
        speaks_for = is_of_household or levels & {Level.AGREES, Level.CLOSE}
        return Demographics.PARTIAL if speaks_for else Demographics.CONTRADICT
    return Demographics.PARTIAL if Level.NOT_COMPARED in levels else Demographics.AGREE


def strength_of(
    identifiers: IdentifierAgreement, demographics: Demographics, by_probability: Strength | None
) -> Strength | None:
    """Return the strength of a match, None where it is not one. `by_probability` is what demographics alone say."""
    if identifiers is IdentifierAgreement.SILENT and demographics is not Demographics.CONTRADICT:
        return by_probability
    if identifiers is IdentifierAgreement.CONTRADICT and by_probability is None:
        return None
    return _TABLE[identifiers, demographics]


def warnings_of(identifiers: Sequence[KindEvidence], name: Level, date: Level) -> tuple[str, ...]:
    """Return what a reader must be warned of: identifiers that differ, details that disagree with one that agrees."""
    agreement = strongest_agreement(identifiers)
    if agreement is IdentifierAgreement.SILENT:
        return ()
    if agreement is IdentifierAgreement.CONTRADICT:
        return tuple(f"{kind.name} differs" for kind in identifiers if kind.contradicts)
    others = tuple(
        f"{kind.name} differs" if kind.contradicts else f"another {kind.name} differs"
        for kind in identifiers
        if kind.others_differ or kind.contradicts
    )
    wrong_letter = (WRONG_LETTER,) if agreement is IdentifierAgreement.WRONG_LETTER else ()
    return _disagreements(name, date) + wrong_letter + others


def _disagreements(name: Level, date: Level) -> tuple[str, ...]:
    if name is date is Level.DIFFERS:
        return (FALSE_DETAILS,)
    if name is Level.DIFFERS:
        return (NAME_DISAGREES,)
    return (DATE_DISAGREES,) if date is Level.DIFFERS else ()
