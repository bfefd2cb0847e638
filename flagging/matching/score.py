"""One question against one record: the best pair of personas, and the bits of evidence of every kind.

Personas are coherent: a name is only ever weighed together with the date of birth that goes with it.
"""

from typing import Final, NamedTuple

from flagging.identity.person import BirthDate, Identity, Persona
from flagging.matching.dates import OF_BIRTHDAY, compare_dates, weigh_date
from flagging.matching.identifiers import KindEvidence, compare_identifiers, strongest_agreement
from flagging.matching.index import CandidateIndex
from flagging.matching.model import AGREEING_NAMES, DateLevel, MiddleLevel, Model, PostcodeLevel
from flagging.matching.name_parts import SAME_NAME, PartWeigher
from flagging.matching.names import NameEvidence, compare_names
from flagging.matching.population import Population
from flagging.matching.postcodes import compare_postcodes
from flagging.matching.whole_dates import digits_of
from flagging.matching.word_bits import WordBits
from flagging.record import Record


class PairEvidence:
    """What one persona asked about and one persona of a record say together; both by number, 0 the primary one."""

    __slots__ = ("asked", "bits", "date", "date_bits", "name", "persona")

    def __init__(
        self, asked: int, persona: int, name: NameEvidence | None, date: DateLevel | None, date_bits: float, bits: float
    ) -> None:
        self.asked: Final = asked
        self.persona: Final = persona
        self.name: Final = name
        self.date: Final = date
        self.date_bits: Final = date_bits
        self.bits: Final = bits

    @property
    def is_full_agreement(self) -> bool:
        """Tell whether name and date can make a match definite: a full name and the exact full date of birth.

        The given name must be the same in one of its forms, since twins share everything else; the family name may be
        misspelt.
        """
        name = self.name
        if self.date is not DateLevel.EXACT or name is None or not name.is_in_order:
            return False
        given, family = name.given, name.family
        if given is None or family is None or family.level not in SAME_NAME:
            return False
        return given.level in AGREEING_NAMES and given.middle in _NO_OTHER_MIDDLE

    def is_better_than(self, other: "PairEvidence") -> bool:
        """Tell whether this pair is the one to decide on: one that agrees in full, then the one with more evidence."""
        if self.is_full_agreement is not other.is_full_agreement:
            return self.is_full_agreement
        return self.bits > other.bits


class Scored(NamedTuple):
    """A candidate with all its evidence; `demographic_bits` leaves the identifiers out."""

    record: Record
    pair: PairEvidence
    identifiers: tuple[KindEvidence, ...]
    postcode: PostcodeLevel | None
    demographic_bits: float
    bits: float


# Middle names that leave no doubt; brothers may differ in one letter of theirs.
_NO_OTHER_MIDDLE: Final = frozenset({None, MiddleLevel.AGREE, MiddleLevel.INITIAL})
_NO_BITS: dict[DateLevel, float] = {}
_NOTHING: Final = PairEvidence(0, 0, None, None, 0.0, 0.0)


class AskedPersona:
    """One persona asked about; what each level of its date says is worked out once.

    `whole_date` is the digits of its own date of birth, nought where that is not whole.
    """

    def __init__(self, persona: Persona, primary: Persona, known: "_KnownDates") -> None:
        self.persona = persona
        self.name = persona.name
        self.born = persona.born or primary.born
        self._is_borrowed = persona.born is None
        born = persona.born
        self.whole_date = 0 if born is None or not born.is_complete or born.year_spread else digits_of(born)
        self._known = known
        self._date_bits: dict[DateLevel, float] = {}
        self._of_year = _NO_BITS if self.born is None else known.of_years(self.born.year, self.born.year_spread)

    def compare_dates(self, recorded: Persona, primary: Persona) -> tuple[DateLevel | None, float]:
        """Return the level at which two dates of birth stand and its bits; nothing where either is missing.

        An alias without a date goes with the person's own, where that speaks for him; where not, it is not known.
        Nothing is put together that was apart: such an alias has no other date to go with.
        """
        born = recorded.born or primary.born
        if self.born is None or born is None:
            return None, 0.0
        level = compare_dates(self.born, born)
        bits = self._of_year.get(level)
        if bits is None:
            bits = self.date_bits(level)
        if bits <= 0.0 and (self._is_borrowed or recorded.born is None):
            return None, 0.0
        return level, bits

    def date_bits(self, level: DateLevel) -> float:
        """Return the bits of a date of birth that stands at this level; nothing where none is asked about."""
        kept = self._date_bits if level in OF_BIRTHDAY else self._of_year
        bits = kept.get(level)
        if bits is None and self.born is not None:
            bits = kept[level] = self._known.weigh(level, self.born)
        return bits or 0.0


class _KnownDates:
    """What dates of birth say by one model on one register; remembered by the year where that is all it depends on."""

    def __init__(self, index: CandidateIndex, model: Model) -> None:
        self._model = model
        self._population = index.kept_for(model.rarity, Population)
        self._of_years: dict[tuple[int, int], dict[DateLevel, float]] = {}

    def of_years(self, year: int, spread: int) -> dict[DateLevel, float]:
        """Return what is remembered of a year, or of the years it may be out by."""
        return self._of_years.setdefault((year, spread), {})

    def weigh(self, level: DateLevel, asked: BirthDate) -> float:
        """Return the bits of a date that stands at this level from the one asked about."""
        return weigh_date(level, asked, self._model, self._population)


class Scorer:
    """Scores records for one question; whatever several candidates share is worked out once."""

    def __init__(self, identity: Identity, index: CandidateIndex, model: Model) -> None:
        self.index = index
        self.model = model
        self.weigher = PartWeigher(index.kept_for(model, WordBits))
        dates = index.kept_for(model, _KnownDates)
        self.asked = [AskedPersona(persona, identity.personas[0], dates) for persona in identity.personas]
        self.has_postcode = identity.postcode is not None
        self.most_postcode_bits = _most_postcode_bits(model) if self.has_postcode else 0.0
        self._identity = identity

    def score(self, record: Record) -> Scored:
        asked, recorded = self._identity, record.identity
        pair = self._best_pair(recorded.personas)
        identifiers = compare_identifiers(asked.identifiers, recorded.identifiers)
        identifier_bits = self.model.identifier_bits[strongest_agreement(identifiers)] if identifiers else 0.0
        postcode, postcode_bits = self.compare_postcodes(recorded.postcode)
        demographic_bits = pair.bits + postcode_bits
        return Scored(record, pair, identifiers, postcode, demographic_bits, demographic_bits + identifier_bits)

    def compare_postcodes(self, recorded: str | None) -> tuple[PostcodeLevel | None, float]:
        """Return the level at which a recorded postcode stands and its bits; nothing where either is missing."""
        if recorded is None or self._identity.postcode is None:
            return None, 0.0
        level = compare_postcodes(self._identity.postcode, recorded)
        return level, 0.0 if level is None else self.model.postcode_bits[level]

    def _best_pair(self, recorded: tuple[Persona, ...]) -> PairEvidence:
        best = None
        for asked_number, asked in enumerate(self.asked):
            for number, persona in enumerate(recorded):
                date, date_bits = asked.compare_dates(persona, recorded[0])
                name = self._compare_names(asked, persona)
                bits = date_bits + (name.bits if name else 0.0)
                pair = PairEvidence(asked_number, number, name, date, date_bits, bits)
                if best is None or pair.is_better_than(best):
                    best = pair
        return best or _NOTHING

    def _compare_names(self, asked: AskedPersona, recorded: Persona) -> NameEvidence | None:
        if asked.name is None or recorded.name is None:
            return None
        return compare_names(asked.name, recorded.name, self.weigher, self.model)


def _most_postcode_bits(model: Model) -> float:
    """Return the most another postcode may say: whoever has the very postcode is retrieved by it."""
    return max(0.0, *(bits for level, bits in model.postcode_bits.items() if level is not PostcodeLevel.SAME))
