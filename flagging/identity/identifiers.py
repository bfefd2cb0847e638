"""One field's text, whichever kind of identifier it is meant to hold, to the identifiers it can mean.

Owns what crosses kinds: a text valid as two of them, one typed into another's field, letters typed for digits, lists.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from flagging.identity.crn import parse_crn
from flagging.identity.cro_number import parse_cro_number
from flagging.identity.identifier_text import compact
from flagging.identity.misread_digits import with_digits
from flagging.identity.person import Identifier, IdentifierKind
from flagging.identity.pnc_id import parse_pnc_id
from flagging.identity.prison_number import parse_prison_number
from flagging.identity.reading import BLANK, PLACEHOLDER, TOO_LONG, Reading, Unusable

_LONGEST: Final = 200
_LONGEST_LIST: Final = 4000
_BETWEEN: Final = re.compile(r"[;,|\n]")
_MOST_AMONG_WORDS: Final = 8

_NEIGHBOUR: Final = {
    IdentifierKind.PNC_ID: IdentifierKind.CRO_NUMBER,
    IdentifierKind.CRO_NUMBER: IdentifierKind.PNC_ID,
    IdentifierKind.PRISON_NUMBER: IdentifierKind.CRN,
    IdentifierKind.CRN: IdentifierKind.PRISON_NUMBER,
}
_POLICE: Final = frozenset({IdentifierKind.PNC_ID, IdentifierKind.CRO_NUMBER})

LETTERS_FOR_DIGITS: Final = "letters typed for the digits they look like"


@dataclass(frozen=True, slots=True)
class _Context:
    """By what the century of a PNC ID is told."""

    born_year: int | None
    this_year: int | None


def parse_identifiers(
    kind: IdentifierKind, text: str, born_year: int | None = None, this_year: int | None = None
) -> Reading | Unusable:
    """Read the text of a field of this kind; the answer may hold identifiers of other kinds.

    Neighbours are PNC ID and CRO number, prison number and CRN. A text that is not of its own kind, whose check
    letter is wrong for it, or that has no slash to tell which end the year is, is also read as the neighbour; that
    reading counts only if its own letter is right (or its kind has none), and a note says so. So a PNC ID with its
    slash and the right letter is never a CRO number.

    A text that is neither is read as one of the two other kinds, where it can be one of them alone; then as one in
    which O, I or L stand for digits, where that makes one identifier only, with the right letter if its kind has one.
    Notes say so. A run of digits without a slash is a police number in no field but theirs: it may be a booking number.
    """
    if len(text) > _LONGEST:
        return TOO_LONG
    context = _Context(born_year, this_year)
    own = _parse(kind, text, context)
    if own is BLANK or (isinstance(own, Reading) and _is_settled(own, text)):
        return own
    neighbour = _NEIGHBOUR[kind]
    other = _right(neighbour, text, context)
    if isinstance(own, Reading):
        if other is None:
            return own
        readings = (replace(identifier, is_one_of_two=True) for identifier in own.identifiers + other.identifiers)
        both = sorted(readings, key=lambda identifier: not identifier.verified)
        return Reading(tuple(both), (*own.notes, *other.notes, f"also read as a {neighbour.words}"))
    if other is not None:
        return Reading(other.identifiers, (*other.notes, f"read as a {neighbour.words}"))
    return _of_another_kind(kind, text, context) or _with_digits_mended(kind, text, context) or own


def parse_identifier_list(
    kind: IdentifierKind, text: str, born_year: int | None = None, this_year: int | None = None
) -> tuple[tuple[Identifier, ...], tuple[Unusable, ...]]:
    """Read a list separated by `;` (or `,`, `|`, a line break): its identifiers, each once, and what was left aside.

    Blank entries are nothing; every other entry ends up on one side or the other.
    """
    identifiers: dict[str, Identifier] = {}
    unusables = []
    for parsed in parse_entries(kind, text, born_year, this_year):
        if isinstance(parsed, Reading):
            for identifier in parsed.identifiers:
                identifiers.setdefault(identifier.keys[0], identifier)
        else:
            unusables.append(parsed)
    return tuple(identifiers.values()), tuple(unusables)


def parse_entries(
    kind: IdentifierKind, text: str, born_year: int | None = None, this_year: int | None = None
) -> Iterator[Reading | Unusable]:
    """Yield what each entry of such a list comes to, in order; blank entries are nothing.

    An entry that is not an identifier, but holds one or several beside other words, is taken as these.
    """
    if len(text) > _LONGEST_LIST:
        yield TOO_LONG
        return
    for entry in _BETWEEN.split(text):
        parsed = parse_identifiers(kind, entry, born_year, this_year)
        several: list[Reading] = []
        if isinstance(parsed, Unusable) and parsed not in (BLANK, PLACEHOLDER):
            several = _among_words(kind, entry, _Context(born_year, this_year))
        if several:
            yield from several
        elif parsed is not BLANK:
            yield parsed


def _among_words(kind: IdentifierKind, entry: str, context: _Context) -> list[Reading]:
    """Return the identifiers among the words of an entry; none if a word with digits is not one beyond doubt."""
    words = [word for word in entry.split() if any(map(str.isdigit, word))]
    if len(words) > _MOST_AMONG_WORDS or words == [entry]:
        return []
    readings = [parse_identifiers(kind, word, context.born_year, context.this_year) for word in words]
    right = [each for each in readings if isinstance(each, Reading) and _is_right(each)]
    return right if len(right) == len(words) else []


def _parse(kind: IdentifierKind, text: str, context: _Context) -> Reading | Unusable:
    match kind:
        case IdentifierKind.PNC_ID:
            return parse_pnc_id(text, context.born_year, context.this_year)
        case IdentifierKind.CRO_NUMBER:
            return parse_cro_number(text)
        case IdentifierKind.PRISON_NUMBER:
            return parse_prison_number(text)
        case IdentifierKind.CRN:
            return parse_crn(text)


def _right(kind: IdentifierKind, text: str, context: _Context) -> Reading | None:
    """Read the text as this kind, keeping identifiers whose letter is right or whose kind has none."""
    parsed = _parse(kind, text, context)
    if isinstance(parsed, Unusable):
        return None
    right = tuple(identifier for identifier in parsed.identifiers if identifier.verified is not False)
    return Reading(right, parsed.notes) if right else None


def _of_another_kind(kind: IdentifierKind, text: str, context: _Context) -> Reading | None:
    """Read the text as a kind that its field is neither meant for nor next to, if it can be one such kind alone."""
    others = [other for other in IdentifierKind if other not in (kind, _NEIGHBOUR[kind])]
    found = [(other, reading) for other in others if (reading := _right(other, text, context))]
    if len(found) != 1 or (found[0][0] in _POLICE and not _has_slash(text)):
        return None
    other, reading = found[0]
    return Reading(reading.identifiers, (*reading.notes, f"read as a {other.words}"))


def _with_digits_mended(kind: IdentifierKind, text: str, context: _Context) -> Reading | None:
    """Read the text as if O, I and L stood for digits, if that makes one identifier alone, of its kind or the next."""
    found = []
    for each in (kind, _NEIGHBOUR[kind]):
        mended = with_digits(each, text)
        if mended is not None and (reading := _right(each, mended, context)):
            note = () if each is kind else (f"read as a {each.words}",)
            found += [Reading((one,), (*reading.notes, LETTERS_FOR_DIGITS, *note)) for one in reading.identifiers]
    return found[0] if len(found) == 1 else None


def _is_right(reading: Reading) -> bool:
    return all(identifier.verified is not False for identifier in reading.identifiers)


def _is_settled(own: Reading, text: str) -> bool:
    """Tell whether the text can be nothing but its own kind: no letter to verify, or a right one and a slash."""
    verified = own.identifiers[0].verified
    return verified is None or (verified and _has_slash(text))


def _has_slash(text: str) -> bool:
    return "/" in text or "/" in compact(text)
