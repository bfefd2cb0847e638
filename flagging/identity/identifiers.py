"""One field's text, whichever kind of identifier it is meant to hold, to the identifiers it can mean.

Owns what crosses kinds: a text valid as two of them, one typed into its neighbour's field, and lists.
"""

import re
from collections.abc import Iterator

from flagging.identity.crn import parse_crn
from flagging.identity.cro_number import parse_cro_number
from flagging.identity.identifier_text import compact
from flagging.identity.person import Identifier, IdentifierKind
from flagging.identity.pnc_id import parse_pnc_id
from flagging.identity.prison_number import parse_prison_number
from flagging.identity.reading import BLANK, TOO_LONG, Reading, Unusable

_LONGEST = 200
_LONGEST_LIST = 4000
_BETWEEN = re.compile(r"[;,|\n]")

_NEIGHBOUR = {
    IdentifierKind.PNC_ID: IdentifierKind.CRO_NUMBER,
    IdentifierKind.CRO_NUMBER: IdentifierKind.PNC_ID,
    IdentifierKind.PRISON_NUMBER: IdentifierKind.CRN,
    IdentifierKind.CRN: IdentifierKind.PRISON_NUMBER,
}


def parse_identifiers(kind: IdentifierKind, text: str, born_year: int | None = None) -> Reading | Unusable:
    """Read the text of a field of this kind; the answer may hold identifiers of the neighbouring kind as well.

    Neighbours are PNC ID and CRO number, prison number and CRN. A text that is not of its own kind, whose check
    letter is wrong for it, or that has no slash to tell which end the year is, is also read as the neighbour; that
    reading counts only if its own letter is right (or its kind has none), and a note says so. So a PNC ID with its
    slash and the right letter is never a CRO number.
    """
    if len(text) > _LONGEST:
        return TOO_LONG
    own = _parse(kind, text, born_year)
    if own is BLANK or (isinstance(own, Reading) and _is_settled(own, text)):
        return own
    neighbour = _NEIGHBOUR[kind]
    other = _parse(neighbour, text, born_year)
    right = () if isinstance(other, Unusable) else tuple(i for i in other.identifiers if i.verified is not False)
    if isinstance(other, Unusable) or not right:
        return own
    if isinstance(own, Unusable):
        return Reading(right, (*other.notes, f"read as a {neighbour.words}"))
    both = sorted(own.identifiers + right, key=lambda identifier: not identifier.verified)
    return Reading(tuple(both), (*own.notes, *other.notes, f"also read as a {neighbour.words}"))


def parse_identifier_list(
    kind: IdentifierKind, text: str, born_year: int | None = None
) -> tuple[tuple[Identifier, ...], tuple[Unusable, ...]]:
    """Read a list separated by `;` (or `,`, `|`, a line break): its identifiers, each once, and what was left aside.

    Blank entries are nothing; every other entry ends up on one side or the other.
    """
    identifiers: dict[str, Identifier] = {}
    unusables = []
    for parsed in parse_entries(kind, text, born_year):
        if isinstance(parsed, Reading):
            for identifier in parsed.identifiers:
                identifiers.setdefault(identifier.keys[0], identifier)
        else:
            unusables.append(parsed)
    return tuple(identifiers.values()), tuple(unusables)


def parse_entries(kind: IdentifierKind, text: str, born_year: int | None = None) -> Iterator[Reading | Unusable]:
    """Yield what each entry of such a list comes to, in order; blank entries are nothing."""
    if len(text) > _LONGEST_LIST:
        yield TOO_LONG
        return
    for entry in _BETWEEN.split(text):
        parsed = parse_identifiers(kind, entry, born_year)
        if parsed is not BLANK:
            yield parsed


def _parse(kind: IdentifierKind, text: str, born_year: int | None) -> Reading | Unusable:
    match kind:
        case IdentifierKind.PNC_ID:
            return parse_pnc_id(text, born_year)
        case IdentifierKind.CRO_NUMBER:
            return parse_cro_number(text)
        case IdentifierKind.PRISON_NUMBER:
            return parse_prison_number(text)
        case IdentifierKind.CRN:
            return parse_crn(text)


def _is_settled(own: Reading, text: str) -> bool:
    """Tell whether the text can be nothing but its own kind: no letter to verify, or a right one and a slash."""
    verified = own.identifiers[0].verified
    return verified is None or (verified and ("/" in text or "/" in compact(text)))
