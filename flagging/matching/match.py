"""What is told of a record that is, or may be, the person: strength, evidence field by field, warnings."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from flagging.identity.person import IdentifierKind, Identity
from flagging.matching import dates, postcodes
from flagging.matching.decision import public_levels
from flagging.matching.identifiers import strongest_agreement
from flagging.matching.model import Model
from flagging.matching.score import PairEvidence, Scored
from flagging.matching.verdict import warnings_of
from flagging.record import Record
from flagging.terms import Field, Level, Strength

UNDATED_ALIAS: Final = (
    "no date of birth is known for the alias that matched, and the person's own is another: confirm the identity"
)


class Evidence(NamedTuple):
    """What comparing one field says; `detail` is a sentence without any personal value, `weight` is in bits."""

    field: Field
    level: Level
    weight: float
    detail: str


class Match(NamedTuple):
    """A record that is, or may be, the person asked about.

    `persona` is the number of the record's persona that fits best (0 is the primary one). `bits` is all the evidence,
    before the prior and before rivals.
    """

    record: Record
    persona: int
    strength: Strength
    evidence: tuple[Evidence, ...]
    warnings: tuple[str, ...]
    bits: float


def describe(candidate: Scored, asked: Identity, strength: Strength, model: Model) -> Match:
    """Return the match that a decided candidate is, with the evidence for and against it."""
    return Match(
        record=candidate.record,
        persona=candidate.pair.persona,
        strength=strength,
        evidence=(*_identifiers(candidate, asked, model), *_demographics(candidate, asked, model)),
        warnings=(
            *warnings_of(candidate.identifiers, *public_levels(candidate.pair)),
            *_undated_alias(candidate, asked),
        ),
        bits=candidate.bits,
    )


def _identifiers(candidate: Scored, asked: Identity, model: Model) -> Iterator[Evidence]:
    """Yield what each kind asked about says; the strongest carries the weight of all."""
    strongest = strongest_agreement(candidate.identifiers)
    for compared in candidate.identifiers:
        weight = model.identifier_bits[compared.agreement] if compared.agreement is strongest else 0.0
        yield Evidence(compared.field, compared.level, weight, compared.detail)
    silent = {identifier.kind for identifier in asked.identifiers} - {each.kind for each in candidate.identifiers}
    for kind in IdentifierKind:
        if kind in silent:
            yield _silent(Field(kind.value), kind.words)


def _demographics(candidate: Scored, asked: Identity, model: Model) -> Iterator[Evidence]:
    pair = candidate.pair
    if pair.name is not None and pair.name.level is not Level.NOT_COMPARED:
        yield Evidence(Field.NAME, pair.name.level, pair.name.bits, _whose_name(pair) + pair.name.detail)
    elif any(persona.name is not None for persona in asked.personas):
        yield _silent(Field.NAME, "name")
    if pair.date is not None:
        yield Evidence(Field.DATE_OF_BIRTH, dates.PUBLIC_LEVEL[pair.date], pair.date_bits, dates.DETAIL[pair.date])
    elif any(persona.born is not None for persona in asked.personas):
        yield _silent(Field.DATE_OF_BIRTH, "date of birth")
    if candidate.postcode is not None:
        weight = model.postcode_bits[candidate.postcode]
        level, detail = postcodes.PUBLIC_LEVEL[candidate.postcode], postcodes.DETAIL[candidate.postcode]
        yield Evidence(Field.POSTCODE, level, weight, detail)


def _undated_alias(candidate: Scored, asked: Identity) -> Iterator[str]:
    """Warn where dates were left uncompared: an alias has none, and those of the persons themselves do not agree."""
    pair, recorded = candidate.pair, candidate.record.identity.personas
    if pair.date is not None or not asked.personas or not recorded:
        return
    ours = asked.personas[pair.asked].born or asked.personas[0].born
    theirs = recorded[pair.persona].born or recorded[0].born
    if ours is not None and theirs is not None:
        yield UNDATED_ALIAS


def _silent(field: Field, name: str) -> Evidence:
    return Evidence(field, Level.NOT_COMPARED, 0.0, f"{name} could not be compared")


def _whose_name(pair: PairEvidence) -> str:
    """Tell which names were compared, where one of them is not the primary one."""
    if not pair.persona:
        return "alias that was stated: " if pair.asked else ""
    return "alias that was stated, and an alias on the register: " if pair.asked else "alias on the register: "
