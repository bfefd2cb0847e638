"""Somebody on the register who bears the very name asked about, few do, and was born at another time.

Nobody to be told of: most who share a name and no date of birth are two people. But a date is quickly made up, and
where the name is rare enough to tell somebody who is asked about by it alone, a plain no would hide it.
"""

from collections.abc import Callable

from flagging.identity.person import Identity, Persona
from flagging.matching.ceilings import Ceilings
from flagging.matching.identifiers import strongest_agreement
from flagging.matching.index import CandidateIndex
from flagging.matching.model import IdentifierAgreement, Model
from flagging.matching.rows import rows_of
from flagging.matching.score import Scorer
from flagging.record import Record
from flagging.terms import Status


def has_namesake(identity: Identity, index: CandidateIndex, model: Model, is_flag: Callable[[Record], bool]) -> bool:
    """Tell whether an active PPO could be told as possible by a name asked about, had it come without its date.

    Only full names that stand on the register word by word count; somebody whose identifiers are known to be others
    does not.
    """
    known = index.kept_for(model, Ceilings)
    for persona in identity.personas:
        if persona.born is None or persona.name is None or not (persona.name.given and persona.name.family):
            continue
        rows = index.bearers(persona.name.given) & index.bearers(persona.name.family)
        if not rows:
            continue
        scorer = Scorer(Identity((Persona(persona.name, None),), identity.identifiers), index, model)
        if known.of_name(persona.name, scorer.weigher) < known.least:
            continue
        for row in rows_of(rows):
            record = index.records[row]
            if record.status is not Status.ACTIVE or not is_flag(record):
                continue
            scored = scorer.score(record)
            is_another = strongest_agreement(scored.identifiers) is IdentifierAgreement.CONTRADICT
            if scored.demographic_bits >= known.least and not is_another:
                return True
    return False
