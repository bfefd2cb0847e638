"""Rows of one list that carry one reference: merged where they agree, otherwise the last good record.

Owns what counts as agreeing. People held twice under two references are overlaps, not duplicates.
"""

from collections.abc import Iterable, Sequence
from dataclasses import Field, dataclass, fields
from typing import Any

from flagging.identity.person import Identity, Persona
from flagging.record import Record
from flagging.sync.rows import Accepted, ListWarning

_JUDGED_APART = frozenset({"ppo_ref", "status", "identity", "missing_since"})


@dataclass(frozen=True, slots=True)
class Unified:
    """What several rows of one person come to; `unread` of them may speak of somebody the register does not hold."""

    record: Record | None
    warnings: tuple[ListWarning, ...]
    unread: int = 0


def unify_rows(rows: Sequence[Accepted], last_good: Record | None) -> Unified:
    """Make one record of the rows of one reference.

    Rows agree when they have one status, one name and one date of birth, where one that a row lacks counts as
    agreed; aliases and identifiers are joined. Any other field on which they differ keeps the last good value, or
    is left blank. Where status, name or date of birth differ, the last good record stays as it is, and every row
    of another name or date of birth counts as unread: its reference may be a slip for somebody else's.
    """
    records = [row.record for row in rows]
    if len({record.status for record in records}) > 1 or not _are_one_person(records):
        unread = sum(last_good is None or not _are_one_person([last_good, record]) for record in records)
        reason = f"{len(rows)} rows with this reference contradict each other; the last good record stays"
        return Unified(last_good, (_warning(rows, "ppo_ref", reason),), unread)
    warnings = [_warning(rows, "ppo_ref", f"{len(rows)} rows with this reference are merged")]
    values: dict[str, Any] = {}
    for field in fields(Record):
        if field.name in _JUDGED_APART:
            continue
        values[field.name], is_contested = _settle(field, records, last_good)
        if is_contested:
            warnings.append(_warning(rows, field.name, "differs between the rows with this reference"))
    identity = _join_identities([record.identity for record in records])
    return Unified(Record(records[0].ppo_ref, records[0].status, identity, **values), tuple(warnings))


def _warning(rows: Sequence[Accepted], field: str, reason: str) -> ListWarning:
    return ListWarning(rows[-1].line, rows[-1].record.ppo_ref, field, reason)


def _are_one_person(records: Iterable[Record]) -> bool:
    primaries = [record.identity.personas[0] for record in records]
    names = {persona.name for persona in primaries if persona.name}
    births = {persona.born for persona in primaries if persona.born}
    return len(names) <= 1 and len(births) <= 1


def _settle(field: Field[Any], records: list[Record], last_good: Record | None) -> tuple[Any, bool]:
    """Return one value for a field, and whether the rows differ on it.

    A row that says nothing of the scheme is read as PPO; that a PPO record may not become another silently, the
    default counts as said here.
    """
    said = {getattr(record, field.name) for record in records}
    if field.name != "scheme":
        said.discard(field.default)
    if len(said) > 1:
        return (getattr(last_good, field.name) if last_good else field.default), True
    return (said.pop() if said else field.default), False


def _join_identities(identities: list[Identity]) -> Identity:
    primaries = [identity.personas[0] for identity in identities]
    primary = Persona(
        next((persona.name for persona in primaries if persona.name), None),
        next((persona.born for persona in primaries if persona.born), None),
    )
    aliases = [persona for identity in identities for persona in identity.personas[1:]]
    identifiers = {held.keys[0]: held for identity in reversed(identities) for held in reversed(identity.identifiers)}
    postcodes = {identity.postcode for identity in identities if identity.postcode}
    return Identity(
        personas=tuple(dict.fromkeys((primary, *aliases))),
        identifiers=tuple(reversed(identifiers.values())),
        postcode=postcodes.pop() if len(postcodes) == 1 else None,
    )
