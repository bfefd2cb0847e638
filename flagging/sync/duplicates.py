"""Rows of one list that carry one reference: merged where they agree, otherwise the last good record.

Owns what counts as agreeing. People held twice under two references are overlaps, not duplicates.
"""

from collections.abc import Iterable, Sequence
from dataclasses import Field, dataclass, fields
from typing import Any

from flagging.identity.person import Identifier, Identity, Persona
from flagging.record import Record
from flagging.sync.rows import Accepted, ListWarning
from flagging.terms import Status

_JUDGED_APART = frozenset({"ppo_ref", "status", "identity", "missing_since"})


@dataclass(frozen=True, slots=True)
class Unified:
    """What several rows of one person come to; `unread` of them may speak of somebody the register does not hold."""

    record: Record
    warnings: tuple[ListWarning, ...]
    unread: int = 0


def unify_rows(rows: Sequence[Accepted], last_good: Record | None) -> Unified:
    """Make one record of the rows of one reference.

    Rows agree when they have one status, one name and one date of birth, where one that a row lacks counts as
    agreed; aliases and identifiers are joined. Any other field on which they differ keeps the last good value, or
    is left blank. Rows that do not agree leave the last good record as it is, and every row of a name or date of
    birth that it does not have counts as unread: its reference may be a slip for somebody else's.

    Where there is no last good record, each row's person is held under the reference, as active if one row says so:
    by the list each of them is a PPO, and leaving all of them off until somebody mends it would be a no to each.
    """
    records = [row.record for row in rows]
    is_one = _are_one_person(records)
    if len({record.status for record in records}) > 1 or not is_one:
        contradict = f"{len(rows)} rows with this reference contradict each other"
        if last_good is not None:
            unread = sum(not _is_known_as(last_good, record) for record in records)
            return Unified(last_good, _warnings(rows, "ppo_ref", f"{contradict}; the last good record stays"), unread)
        warnings = _warnings(rows, "ppo_ref", f"{contradict}; whoever they name is held until it is mended")
    else:
        warnings = _warnings(rows, "ppo_ref", f"{len(rows)} rows with this reference are merged")
    values: dict[str, Any] = {}
    for field in fields(Record):
        if field.name in _JUDGED_APART:
            continue
        values[field.name], is_contested = _settle(field, records, last_good)
        if is_contested:
            warnings += _warnings(rows, field.name, "differs between the rows with this reference")
    status = Status.ACTIVE if any(record.status is Status.ACTIVE for record in records) else Status.FORMER
    identity = _join_identities([record.identity for record in records], is_one=is_one)
    return Unified(Record(records[0].ppo_ref, status, identity, **values), warnings)


def _warnings(rows: Sequence[Accepted], field: str, reason: str) -> tuple[ListWarning, ...]:
    return tuple(ListWarning(row.line, row.record.ppo_ref, field, reason, row.file) for row in rows)


def _are_one_person(records: Iterable[Record]) -> bool:
    primaries = [record.identity.personas[0] for record in records]
    names = {persona.name for persona in primaries if persona.name}
    births = {persona.born for persona in primaries if persona.born}
    return len(names) <= 1 and len(births) <= 1


def _is_known_as(held: Record, record: Record) -> bool:
    """Tell whether a record's own name and date of birth are among those of the person held, aliases included."""
    said = record.identity.personas[0]
    return any(
        _agree(said.name, persona.name) and _agree(said.born, persona.born) for persona in held.identity.personas
    )


def _agree(one: Any, other: Any) -> bool:
    return one is None or other is None or one == other


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


def _join_identities(identities: list[Identity], *, is_one: bool) -> Identity:
    primaries = [identity.personas[0] for identity in identities]
    if is_one:
        name = next((persona.name for persona in primaries if persona.name), None)
        primaries = [Persona(name, next((persona.born for persona in primaries if persona.born), None))]
    else:
        primaries = sorted(primaries, key=repr)  # the order of the rows must not decide who comes first
    aliases = [persona for identity in identities for persona in identity.personas[1:]]
    identifiers: dict[str, Identifier] = {}
    for identity in reversed(identities):
        for held in reversed(identity.identifiers):
            known = identifiers.get(held.keys[0])
            # What one row says for certain is no more in doubt by what another may mean, whichever comes first.
            if known is None or known.is_one_of_two or not held.is_one_of_two:
                identifiers[held.keys[0]] = held
    postcodes = {identity.postcode for identity in identities if identity.postcode}
    return Identity(
        personas=tuple(dict.fromkeys((*primaries, *aliases))),
        identifiers=tuple(reversed(identifiers.values())),
        postcode=postcodes.pop() if len(postcodes) == 1 else None,
    )
