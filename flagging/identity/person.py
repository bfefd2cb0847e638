"""The canonical form of a person, of a question and of a record alike. Data only: parsing is the siblings' work."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple


class IdentifierKind(StrEnum):
    PNC_ID = "pnc_id"
    CRO_NUMBER = "cro_number"
    PRISON_NUMBER = "prison_number"
    CRN = "crn"

    @property
    def words(self) -> str:
        """What people call it."""
        return _CALLED[self]


_CALLED: Final = {
    IdentifierKind.PNC_ID: "PNC ID",
    IdentifierKind.CRO_NUMBER: "CRO number",
    IdentifierKind.PRISON_NUMBER: "prison number",
    IdentifierKind.CRN: "CRN",
}


@dataclass(frozen=True, slots=True)
class Identifier:
    """One identifier in canonical form.

    `keys` is what every spelling of it shares, so two identifiers are the same when their keys meet; the keys of
    two kinds never meet by accident, as each starts with its kind. `verified` tells whether the check letter is
    right; it is None for kinds that have none. `is_one_of_two` says that the text may as well mean one of another kind.
    """

    kind: IdentifierKind
    canonical: str
    keys: tuple[str, ...]
    verified: bool | None
    is_one_of_two: bool = field(default=False, compare=False)


class PersonName(NamedTuple):
    """Normalised words of a name, in order; either part may be empty, never both."""

    given: tuple[str, ...]
    family: tuple[str, ...]


class BirthDate(NamedTuple):
    """When somebody was born, as far as it is known.

    `year` is the year, or with `year_spread` above 0 the middle of `year - spread .. year + spread` (an approximate
    age). `month` and `day` are None where not known; a day is known only with its month.
    """

    year: int
    month: int | None = None
    day: int | None = None
    year_spread: int = 0

    @property
    def is_complete(self) -> bool:
        return self.day is not None


class Persona(NamedTuple):
    """One coherent identity: a name and the date of birth that goes with it. An alias is another persona."""

    name: PersonName | None
    born: BirthDate | None


class Identity(NamedTuple):
    """A person in canonical form: personas (the first is the primary one), identifiers, postcode."""

    personas: tuple[Persona, ...]
    identifiers: tuple[Identifier, ...] = ()
    postcode: str | None = None
