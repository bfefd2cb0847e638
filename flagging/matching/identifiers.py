"""Evidence from identifiers, weighed apart from names and dates and never outvoted by them.

An identifier agrees when its keys meet. It contradicts only when both sides give one of its kind, both verify and no
two of them meet: a wrong letter, or a kind without letters, proves nobody to be somebody else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flagging.identity.person import Identifier, IdentifierKind
from flagging.matching.model import IdentifierAgreement
from flagging.terms import Field, Level

_STRONGEST_FIRST = (
    IdentifierAgreement.VERIFIED,
    IdentifierAgreement.UNLETTERED,
    IdentifierAgreement.WRONG_LETTER,
    IdentifierAgreement.CONTRADICT,
)
_DETAIL: Final = {
    IdentifierAgreement.VERIFIED: "agrees, check letter verified",
    IdentifierAgreement.UNLETTERED: "agrees",
    IdentifierAgreement.WRONG_LETTER: "agrees but for its check letter",
    IdentifierAgreement.SILENT: "differs, but does not verify",
    IdentifierAgreement.CONTRADICT: "differs",
}


@dataclass(frozen=True, slots=True)
class KindEvidence:
    """What the identifiers of one kind say, both sides having some; `others_differ` beside one that agrees."""

    kind: IdentifierKind
    agreement: IdentifierAgreement
    others_differ: bool = False

    @property
    def contradicts(self) -> bool:
        return self.agreement is IdentifierAgreement.CONTRADICT

    @property
    def field(self) -> Field:
        return Field(self.kind.value)

    @property
    def level(self) -> Level:
        if self.agreement is IdentifierAgreement.WRONG_LETTER:
            return Level.CLOSE
        agrees = self.agreement in (IdentifierAgreement.VERIFIED, IdentifierAgreement.UNLETTERED)
        return Level.AGREES if agrees else Level.DIFFERS

    @property
    def name(self) -> str:
        return self.kind.words

    @property
    def detail(self) -> str:
        return f"{self.name} {_DETAIL[self.agreement]}"


def compare_identifiers(asked: Sequence[Identifier], recorded: Sequence[Identifier]) -> tuple[KindEvidence, ...]:
    """Return the evidence kind by kind, for the kinds both sides have."""
    if not asked or not recorded:
        return ()
    if any(identifier.is_one_of_two for identifier in asked):
        asked = _without_other_readings(asked, recorded)
    evidence = []
    for kind in IdentifierKind:
        ours = [identifier for identifier in asked if identifier.kind is kind]
        theirs = [identifier for identifier in recorded if identifier.kind is kind]
        if ours and theirs:
            evidence.append(_compare_kind(kind, ours, theirs))
    return tuple(evidence)


def _without_other_readings(asked: Sequence[Identifier], recorded: Sequence[Identifier]) -> list[Identifier]:
    """Leave out what a text of two readings need not mean: the other one, where one agrees; both, where the person has
    no identifier of one of the kinds, since that may be the one that is meant.
    """
    keys = {key for identifier in recorded for key in identifier.keys}
    doubtful = [identifier for identifier in asked if identifier.is_one_of_two]
    agreeing = [identifier for identifier in doubtful if not keys.isdisjoint(identifier.keys)]
    has_both = {identifier.kind for identifier in doubtful} <= {identifier.kind for identifier in recorded}
    meant = agreeing or (doubtful if has_both else [])
    return [identifier for identifier in asked if not identifier.is_one_of_two or identifier in meant]


def strongest_agreement(evidence: Sequence[KindEvidence]) -> IdentifierAgreement:
    """Return what all kinds say together: one that agrees outweighs others that differ."""
    said = {each.agreement for each in evidence}
    return next((agreement for agreement in _STRONGEST_FIRST if agreement in said), IdentifierAgreement.SILENT)


def _compare_kind(kind: IdentifierKind, ours: list[Identifier], theirs: list[Identifier]) -> KindEvidence:
    best = [_best_agreement(identifier, theirs) for identifier in ours]
    agreement = next((each for each in _STRONGEST_FIRST if each in best), IdentifierAgreement.SILENT)
    agrees = agreement not in (IdentifierAgreement.SILENT, IdentifierAgreement.CONTRADICT)
    return KindEvidence(kind, agreement, others_differ=agrees and IdentifierAgreement.CONTRADICT in best)


def _best_agreement(identifier: Identifier, theirs: list[Identifier]) -> IdentifierAgreement:
    """Return how one identifier asked about stands to the person's nearest one."""
    found = [_agreement(identifier, other) for other in theirs]
    return next((each for each in _STRONGEST_FIRST if each in found), IdentifierAgreement.SILENT)


def _agreement(one: Identifier, other: Identifier) -> IdentifierAgreement:
    if not set(one.keys) & set(other.keys):
        both_verified = one.verified is True and other.verified is True
        return IdentifierAgreement.CONTRADICT if both_verified else IdentifierAgreement.SILENT
    if one.verified is None and other.verified is None:
        return IdentifierAgreement.UNLETTERED
    if one.verified and other.verified and one.keys[0] == other.keys[0]:
        return IdentifierAgreement.VERIFIED
    return IdentifierAgreement.WRONG_LETTER
