"""Somebody on the register who bears the very name asked about, few do, and was born at another time.

Nobody to be told of: most who share a name and no date of birth are two people. But a date is quickly made up, and
where the name is rare enough to tell somebody who is asked about by it alone, a plain no would hide it.
"""

from collections.abc import Callable

from flagging.identity.person import Identity
from flagging.matching.ceilings import Ceilings
from flagging.matching.identifiers import compare_identifiers, strongest_agreement
from flagging.matching.index import CandidateIndex
from flagging.matching.model import IdentifierAgreement, Model
from flagging.matching.name_parts import PartWeigher
from flagging.matching.names import compare_names
from flagging.matching.rows import rows_of
from flagging.matching.word_bits import WordBits
from flagging.record import Record
from flagging.terms import Status


def has_namesake(identity: Identity, index: CandidateIndex, model: Model, is_flag: Callable[[Record], bool]) -> bool:
    """Tell whether an active PPO could be told as possible by a name asked about, had it come without its date.

    Only full names that stand on the register word by word count; somebody whose identifiers are known to be others
    does not.
    """
    for persona in identity.personas:
        name = persona.name
        if persona.born is None or name is None or not (name.given and name.family):
            continue
        rows = index.bearers_of_both(name)
        if not rows:
            continue
        known = index.kept_for(model, Ceilings)
        if known.of_name(name) < known.least:
            continue
        weigher = PartWeigher(index.kept_for(model, WordBits))
        for row in rows_of(rows):
            record = index.records[row]
            if record.status is not Status.ACTIVE or not is_flag(record) or _is_another(identity, record):
                continue
            names = [recorded.name for recorded in record.identity.personas if recorded.name is not None]
            if any(compare_names(name, recorded, weigher, model).bits >= known.least for recorded in names):
                return True
    return False


def _is_another(identity: Identity, record: Record) -> bool:
    if not identity.identifiers:
        return False
    identifiers = compare_identifiers(identity.identifiers, record.identity.identifiers)
    return strongest_agreement(identifiers) is IdentifierAgreement.CONTRADICT
