"""One question to the register: what the caller asks, and the canonical identity that is looked for."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from flagging.errors import Fault, QuestionInvalid
from flagging.identity.birth_date import born_about, parse_birth_date
from flagging.identity.identifiers import parse_entries
from flagging.identity.names import read_name
from flagging.identity.person import BirthDate, Identifier, IdentifierKind, Identity, Persona, PersonName
from flagging.identity.postcode import parse_postcode
from flagging.identity.reading import BLANK, PLACEHOLDER, Unusable
from flagging.policy.answer import Ignored
from flagging.terms import DrugTest, Field, Need, Setting


@dataclass(frozen=True, slots=True)
class AskedAlias:
    """Another name the person is said to use, and the date of birth given with it."""

    family_name: str | None = None
    given_names: str | None = None
    date_of_birth: str | None = None


# Not frozen: one of each is made for every lookup, and to make a frozen one takes twice as long. Their `__init__` are
# written out for compiled code to call: those of data classes are interpreted wherever they are.
@dataclass(init=False, slots=True)
class AskedPerson:
    """The person asked about, as stated. `approximate_age` stands in place of a date of birth."""

    family_name: str | None = None
    given_names: str | None = None
    date_of_birth: str | None = None
    approximate_age: int | None = None
    pnc_id: str | None = None
    cro_number: str | None = None
    prison_number: str | None = None
    crn: str | None = None
    postcode: str | None = None
    aliases: tuple[AskedAlias, ...] = ()

    def __init__(  # noqa: PLR0913 one for each field
        self,
        family_name: str | None = None,
        given_names: str | None = None,
        date_of_birth: str | None = None,
        approximate_age: int | None = None,
        *,
        pnc_id: str | None = None,
        cro_number: str | None = None,
        prison_number: str | None = None,
        crn: str | None = None,
        postcode: str | None = None,
        aliases: tuple[AskedAlias, ...] = (),
    ) -> None:
        self.family_name = family_name
        self.given_names = given_names
        self.date_of_birth = date_of_birth
        self.approximate_age = approximate_age
        self.pnc_id = pnc_id
        self.cro_number = cro_number
        self.prison_number = prison_number
        self.crn = crn
        self.postcode = postcode
        self.aliases = aliases


@dataclass(init=False, slots=True)
class Question:
    """A lookup as asked. `operator` is the person asking; `ocu` is known on arrest, `prison` in prison settings."""

    setting: Setting
    purpose: str
    operator: str
    person: AskedPerson
    client_reference: str | None = None
    ocu: str | None = None
    prison: str | None = None
    trigger_offence: bool | None = None
    drug_test: DrugTest | None = None
    assessed_need: Need = Need.UNKNOWN

    def __init__(  # noqa: PLR0913 one for each field
        self,
        setting: Setting,
        purpose: str,
        operator: str,
        person: AskedPerson,
        *,
        client_reference: str | None = None,
        ocu: str | None = None,
        prison: str | None = None,
        trigger_offence: bool | None = None,
        drug_test: DrugTest | None = None,
        assessed_need: Need = Need.UNKNOWN,
    ) -> None:
        self.setting = setting
        self.purpose = purpose
        self.operator = operator
        self.person = person
        self.client_reference = client_reference
        self.ocu = ocu
        self.prison = prison
        self.trigger_offence = trigger_offence
        self.drug_test = drug_test
        self.assessed_need = assessed_need


class Sought:
    """A person in canonical form, with what was left aside of the question and why, and what was assumed.

    `born` is the person's own birth date as stated, never an alias's.
    """

    __slots__ = ("born", "identity", "ignored", "notes", "searched_on")

    def __init__(
        self,
        identity: Identity,
        born: BirthDate | None,
        searched_on: tuple[Field, ...],
        ignored: tuple[Ignored, ...],
        notes: tuple[str, ...],
    ) -> None:
        self.identity: Final = identity
        self.born: Final = born
        self.searched_on: Final = searched_on
        self.ignored: Final = ignored
        self.notes: Final = notes


YOUNGEST: Final = 10
"""The age of criminal responsibility (Children and Young Persons Act 1933, section 50): below it a date is a slip, and
a slip that reads as contradiction could rule out the right person."""
TOO_YOUNG: Final = f"less than {YOUNGEST} years ago"
# Looked up once: that takes longer than anything else done with a kind that is not asked about.
_FIELDS = tuple((kind, Field(kind.value)) for kind in IdentifierKind)
NO_NAME_WITH_IT: Final = "no name goes with it"
TOO_LITTLE: Final = "needs at least one identifier, or two of family name, given names and date of birth (or age)"


def canonicalise(person: AskedPerson, today: date) -> Sought:
    """Bring the person asked about into canonical form.

    A placeholder or an identifier that is none is ignored and reported. Raises QuestionInvalid for an impossible date
    of birth, and where what is left is too little to recognise anybody by.
    """
    return _Canonicaliser(today).canonicalise(person)


class _Canonicaliser:
    """Collects what one question comes to."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.faults: list[Fault] = []
        self.ignored: list[Ignored] = []
        self.notes: list[str] = []

    def canonicalise(self, person: AskedPerson) -> Sought:
        born = self._own_birth_date(person)
        personas = self._personas(person, born)
        identifiers = self._identifiers(person, _year_of_birth(personas))
        postcode = self._postcode(person.postcode)
        if not self.faults and not identifiers and not any(map(_is_enough, personas)):
            self.faults.append(Fault("/person", TOO_LITTLE))
        if self.faults:
            raise QuestionInvalid(self.faults)
        identity = Identity(tuple(personas), tuple(identifiers), postcode)
        notes = tuple(dict.fromkeys(self.notes))
        return Sought(identity, born, _searched_on(identity), tuple(self.ignored), notes)

    def _own_birth_date(self, person: AskedPerson) -> BirthDate | None:
        born = self._born("/person", "date_of_birth", person.date_of_birth)
        if born is None and person.approximate_age is not None:
            return born_about(person.approximate_age, self.today)
        return born

    def _personas(self, person: AskedPerson, born: BirthDate | None) -> list[Persona]:
        name = self._name("", person.family_name, person.given_names)
        personas = [Persona(name, born)] if name or born else []
        for position, alias in enumerate(person.aliases):
            at = f"aliases/{position}/"
            name = self._name(at, alias.family_name, alias.given_names)
            born = self._born(f"/person/aliases/{position}", f"{at}date_of_birth", alias.date_of_birth)
            if name:
                personas.append(Persona(name, born))
            elif born:
                self.ignored.append(Ignored(f"{at}date_of_birth", NO_NAME_WITH_IT))
        return personas

    def _name(self, at: str, family: str | None, given: str | None) -> PersonName | None:
        if not family and not given:
            return None
        read = read_name(given, family)
        for field, left_aside in (("family_name", read.family), ("given_names", read.given)):
            if left_aside:
                self.ignored.append(Ignored(f"{at}{field}", left_aside.reason))
        return read.name

    def _born(self, pointer: str, field: str, text: str | None) -> BirthDate | None:
        if not text:
            return None
        born = parse_birth_date(text, self.today)
        if isinstance(born, BirthDate):
            if self.today.year - born.year >= YOUNGEST:
                return born
            born = Unusable(TOO_YOUNG)
        if born is PLACEHOLDER or born is BLANK:
            self.ignored.append(Ignored(field, born.reason))
        else:
            self.faults.append(Fault(f"{pointer}/date_of_birth", born.reason))
        return None

    def _identifiers(self, person: AskedPerson, born_year: int | None) -> list[Identifier]:
        identifiers: dict[str, Identifier] = {}
        for kind, field in _FIELDS:
            text = getattr(person, field)
            if not text:
                continue
            for reading in list(parse_entries(kind, text, born_year, self.today.year)) or [BLANK]:
                if isinstance(reading, Unusable):
                    self.ignored.append(Ignored(field, reading.reason))
                    continue
                self.notes += [f"{kind.words}: {note}" for note in reading.notes]
                for identifier in reading.identifiers:
                    identifiers.setdefault(identifier.keys[0], identifier)
        return list(identifiers.values())

    def _postcode(self, text: str | None) -> str | None:
        if not text:
            return None
        postcode = parse_postcode(text)
        if isinstance(postcode, Unusable):
            self.ignored.append(Ignored("postcode", postcode.reason))
            return None
        return postcode


def _year_of_birth(personas: list[Persona]) -> int | None:
    """The year by which the century of a PNC ID is told; a guessed age is too little for that."""
    return next((persona.born.year for persona in personas if persona.born and not persona.born.year_spread), None)


def _is_enough(persona: Persona) -> bool:
    """Two of family name, given names and date of birth: less fits too many people."""
    family = persona.name is not None and bool(persona.name.family)
    given = persona.name is not None and bool(persona.name.given)
    return family + given + (persona.born is not None) >= 2  # noqa: PLR2004 "two of"


def _searched_on(identity: Identity) -> tuple[Field, ...]:
    on = []
    if any(persona.name for persona in identity.personas):
        on.append(Field.NAME)
    if any(persona.born for persona in identity.personas):
        on.append(Field.DATE_OF_BIRTH)
    if identity.identifiers:
        kinds = {identifier.kind for identifier in identity.identifiers}
        on += [field for kind, field in _FIELDS if kind in kinds]
    if identity.postcode:
        on.append(Field.POSTCODE)
    return tuple(on)
