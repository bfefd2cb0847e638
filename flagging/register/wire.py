"""Records as plain lists, the form in which they travel inside a chunk (MessagePack knows no dates or classes).

The order of the fields is the format: change it only together with `manifest.FORMAT`. At the end, where versions before
read past it, may come what no lookup needs: which identifiers are one of two readings of a text, where any is.
"""

from collections.abc import Collection
from datetime import date
from sys import intern
from typing import Any, Final

from flagging.identity.person import BirthDate, Identifier, IdentifierKind, Identity, Persona, PersonName
from flagging.record import Manager, Record
from flagging.terms import Agency, Need, Scheme, Sex, Stage, Status

KINDS = {kind.value: kind for kind in IdentifierKind}
_ONES_OF_TWO: Final = 17


def pack_record(record: Record) -> list[Any]:
    row: list[Any] = [
        record.ppo_ref,
        record.status,
        pack_identity(record.identity),
        record.sex,
        record.scheme,
        record.home_ocu,
        record.offending_ocu,
        record.stage,
        record.statutory,
        [[manager.agency, manager.name, manager.telephone, manager.email] for manager in record.managers],
        record.drug_treatment_need,
        record.drug_treatment_provider,
        _day_out(record.added_on),
        _day_out(record.review_on),
        _day_out(record.removed_on),
        record.updated_at,
        _day_out(record.missing_since),
    ]
    ones_of_two = [at for at, held in enumerate(record.identity.identifiers) if held.is_one_of_two]
    return [*row, ones_of_two] if ones_of_two else row


def unpack_record(row: list[Any]) -> Record:
    ones_of_two = row[_ONES_OF_TWO] if len(row) > _ONES_OF_TWO else ()
    return Record(
        ppo_ref=row[0],
        status=Status(row[1]),
        identity=unpack_identity(row[2], ones_of_two),
        sex=Sex(row[3]),
        scheme=Scheme(row[4]),
        home_ocu=_shared(row[5]),
        offending_ocu=_shared(row[6]),
        stage=Stage(row[7]) if row[7] else None,
        statutory=row[8],
        managers=tuple(Manager(Agency(entry[0]), *map(_shared, entry[1:])) for entry in row[9]),
        drug_treatment_need=Need(row[10]),
        drug_treatment_provider=_shared(row[11]),
        added_on=_day_in(row[12]),
        review_on=_day_in(row[13]),
        removed_on=_day_in(row[14]),
        updated_at=row[15],
        missing_since=_day_in(row[16]),
    )


def pack_identity(identity: Identity) -> list[Any]:
    return [
        [
            [
                [persona.name.given, persona.name.family] if persona.name else None,
                [persona.born.year, persona.born.month, persona.born.day, persona.born.year_spread]
                if persona.born
                else None,
            ]
            for persona in identity.personas
        ],
        [[held.kind, held.canonical, held.keys, held.verified] for held in identity.identifiers],
        identity.postcode,
    ]


def unpack_identity(row: list[Any], ones_of_two: Collection[int] = ()) -> Identity:
    """Return an identity; `ones_of_two` are the places of its identifiers whose text may be of another kind as well."""
    personas, identifiers, postcode = row
    return Identity(
        personas=tuple(
            Persona(
                PersonName(tuple(map(intern, name[0])), tuple(map(intern, name[1]))) if name else None,
                BirthDate(*born) if born else None,
            )
            for name, born in personas
        ),
        identifiers=tuple(
            Identifier(KINDS[kind], canonical, tuple(keys), verified, at in ones_of_two)
            for at, (kind, canonical, keys, verified) in enumerate(identifiers)
        ),
        postcode=postcode,
    )


def _shared(text: str | None) -> str | None:
    """Managers, OCUs and given names recur on thousands of records: hold each spelling once."""
    return None if text is None else intern(text)


def _day_out(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _day_in(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
