"""People and registers for the tests of matching."""

from collections.abc import Sequence

from flagging.identity.names import parse_name
from flagging.identity.person import BirthDate, Identifier, Identity, Persona, PersonName
from flagging.matching.derived import derive
from flagging.matching.index import CandidateIndex
from flagging.record import Record
from flagging.terms import Status

# Fictional people that fill a register; nobody in a test is asked about under these names.
GIVEN = [
    "adrian",
    "bernard",
    "colin",
    "dominic",
    "edmund",
    "frank",
    "gareth",
    "howard",
    "isaac",
    "julian",
    "kenneth",
    "leonard",
]
FAMILY = [
    "appleyard",
    "birtwistle",
    "claypole",
    "dunnock",
    "eastlake",
    "farthing",
    "gatehouse",
    "hollins",
    "ingle",
    "jessop",
    "knapton",
]


def named(given: str, family: str) -> PersonName | None:
    name = parse_name(given, family)
    return name if isinstance(name, PersonName) else None


def born(text: str) -> BirthDate | None:
    if text.startswith("about "):
        return BirthDate(int(text.removeprefix("about ")), year_spread=3)
    return BirthDate(*map(int, text.split("-"))) if text else None


def persona(given: str, family: str, date: str = "") -> Persona:
    return Persona(named(given, family), born(date))


def person(
    given: str, family: str, date: str = "", *aliases: Persona, identifiers: Sequence[Identifier] = ()
) -> Identity:
    return Identity((persona(given, family, date), *aliases), tuple(identifiers))


def register(*people: Identity, strangers: int = 0) -> CandidateIndex:
    """People as R0, R1 … followed by `strangers` others, all different."""
    others = [
        person(
            GIVEN[number % len(GIVEN)],
            FAMILY[number // len(GIVEN) % len(FAMILY)] + "abcdefgh"[number // 132 % 8],
            f"{1950 + number % 19}-{1 + number % 12:02}-{1 + number % 28:02}",
        )
        for number in range(strangers)
    ]
    index = CandidateIndex()
    for number, identity in enumerate((*people, *others)):
        index.add(Record(f"R{number}", Status.ACTIVE, identity), derive(identity))
    return index
