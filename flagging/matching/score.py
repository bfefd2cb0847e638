"""One question against one record: the best pair of personas, and the bits of evidence of every kind.

Personas are coherent: a name is only ever weighed together with the date of birth that goes with it.
"""

from dataclasses import dataclass
from typing import NamedTuple

from flagging.identity.person import BirthDate, Identity, Persona
from flagging.matching.dates import compare_dates, weigh_date
from flagging.matching.identifiers import KindEvidence, compare_identifiers, strongest_agreement
from flagging.matching.index import CandidateIndex
from flagging.matching.model import DateLevel, Model, PostcodeLevel
from flagging.matching.name_parts import PartWeigher
from flagging.matching.names import NameEvidence, compare_names
from flagging.matching.population import Population
from flagging.matching.postcodes import compare_postcodes
from flagging.record import Record


class PairEvidence(NamedTuple):
    """What one persona asked about and one persona of a record say together; both by number, 0 the primary one."""

    asked: int
    persona: int
    name: NameEvidence | None
    date: DateLevel | None
    date_bits: float
    bits: float


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate with all its evidence; `demographic_bits` leaves the identifiers out."""

    record: Record
    pair: PairEvidence
    identifiers: tuple[KindEvidence, ...]
    postcode: PostcodeLevel | None
    demographic_bits: float
    bits: float


_NOTHING = PairEvidence(0, 0, None, None, 0.0, 0.0)


class Scorer:
    """Scores records for one question; whatever several candidates share is worked out once."""

    def __init__(self, identity: Identity, index: CandidateIndex, model: Model) -> None:
        self.index = index
        self.model = model
        self.weigher = PartWeigher(model, Population(index, model.rarity))
        self._identity = identity
        self._date_bits: dict[tuple[DateLevel, BirthDate], float] = {}

    def score(self, record: Record) -> Scored:
        asked, recorded = self._identity, record.identity
        pair = self._best_pair(recorded.personas)
        identifiers: tuple[KindEvidence, ...] = ()
        identifier_bits = 0.0
        if asked.identifiers and recorded.identifiers:
            identifiers = compare_identifiers(asked.identifiers, recorded.identifiers)
            identifier_bits = self.model.identifier_bits[strongest_agreement(identifiers)]
        postcode = compare_postcodes(asked.postcode, recorded.postcode)
        demographic_bits = pair.bits + (self.model.postcode_bits[postcode] if postcode else 0.0)
        return Scored(record, pair, identifiers, postcode, demographic_bits, demographic_bits + identifier_bits)

    def _best_pair(self, recorded: tuple[Persona, ...]) -> PairEvidence:
        best = None
        for asked_number, asked in enumerate(self._identity.personas):
            for number, persona in enumerate(recorded):
                pair = self._pair(asked, persona, asked_number, number)
                if pair.date is None and (asked_number or number):
                    pair = self._with_primary_date(pair, asked.born, persona.born, recorded[0].born)
                if best is None or pair.bits > best.bits:
                    best = pair
        return best or _NOTHING

    def _with_primary_date(
        self, pair: PairEvidence, asked: BirthDate | None, recorded: BirthDate | None, primary: BirthDate | None
    ) -> PairEvidence:
        """Give an alias without a date the person's own, where that speaks for him; where not, it is not known.

        Nothing is put together that was apart: such an alias has no other date to go with.
        """
        asked = asked or self._identity.personas[0].born
        recorded = recorded or primary
        if asked is None or recorded is None:
            return pair
        date, bits = self.compare_dates(asked, recorded)
        return pair._replace(date=date, date_bits=bits, bits=pair.bits + bits) if bits > 0.0 else pair

    def _pair(self, asked: Persona, recorded: Persona, asked_number: int, number: int) -> PairEvidence:
        date, date_bits = None, 0.0
        if asked.born is not None and recorded.born is not None:
            date, date_bits = self.compare_dates(asked.born, recorded.born)
        name, name_bits = None, 0.0
        if asked.name is not None and recorded.name is not None:
            name = compare_names(asked.name, recorded.name, self.weigher, self.model)
            name_bits = name.bits
        return PairEvidence(asked_number, number, name, date, date_bits, name_bits + date_bits)

    def compare_dates(self, asked: BirthDate, recorded: BirthDate) -> tuple[DateLevel, float]:
        """Return the level of two dates of birth and its bits."""
        level = compare_dates(asked, recorded)
        key = level, asked
        if key not in self._date_bits:
            self._date_bits[key] = weigh_date(level, asked, self.model, self.weigher.population)
        return level, self._date_bits[key]
