"""People of an edition whom their own identity must find, or the edition is never served."""

from collections.abc import Sequence

from flagging.record import Record

MOST_CANARIES = 5


def choose_canaries(records: Sequence[Record]) -> tuple[str, ...]:
    """Choose, spread over the edition, people with a name and a full birth date; return their references."""
    fit = [record.ppo_ref for record in records if _is_fit(record)]
    step = max(1, len(fit) // MOST_CANARIES)
    return tuple(fit[::step][:MOST_CANARIES])


def _is_fit(record: Record) -> bool:
    persona = record.identity.personas[0] if record.identity.personas else None
    if persona is None or persona.name is None or persona.born is None:
        return False
    return bool(persona.name.given and persona.name.family and persona.born.is_complete)
