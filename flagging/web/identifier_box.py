"""The one box into which any identifier goes: which kind each entry is, told back in words.

What an identifier looks like is `identity`'s business, and every question is read again by it; here the entries are
only put into the fields they belong to.
"""

import re
from dataclasses import dataclass, field

from flagging.identity.identifiers import parse_identifiers
from flagging.identity.person import Identifier, IdentifierKind
from flagging.identity.reading import BLANK, PLACEHOLDER, Reading, Unusable

_BETWEEN = re.compile(r"[;,|\n\r]+")
_SPACES = re.compile(r"\s+")
_LONGEST = 100
MOST_ENTRIES = 8

_DOUBT = {
    None: "",
    True: ", check letter right",
    False: ", but its check letter is not the one that belongs to it: look at it again",
}


@dataclass(frozen=True, slots=True)
class Recognised:
    """One entry: the field it goes into, and the identifiers it may be, likeliest first."""

    text: str
    kind: IdentifierKind
    identifiers: tuple[Identifier, ...]

    @property
    def words(self) -> str:
        """What it was read as, for whoever typed it."""
        first = self.identifiers[0]
        told = f"{first.kind.words} {first.canonical}{_DOUBT[first.verified]}"
        others = dict.fromkeys(other.kind.words for other in self.identifiers[1:] if other.kind is not first.kind)
        return " or ".join((told, *others))


@dataclass(frozen=True, slots=True)
class IdentifierBox:
    """What stands in the box: what was recognised, and how many entries were not."""

    recognised: tuple[Recognised, ...] = ()
    unread: int = 0
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        return "; ".join(each.words for each in self.recognised)


def read_box(text: str, born_year: int | None = None, this_year: int | None = None) -> IdentifierBox:
    """Read the entries of the box, parted by commas, semicolons or lines, or by spaces where that alone makes sense.

    Words that stand for "none" count as nothing. `fields` maps a question's fields to the entries that belong there.
    """
    recognised, unread = [], 0
    for entry in [each.strip() for each in _BETWEEN.split(text) if each.strip()]:
        read = _recognise(entry, born_year, this_year)
        several = [] if read else [_recognise(word, born_year, this_year) for word in _SPACES.split(entry)]
        if read == ():
            continue
        if read:
            recognised.append(read)
        elif several and all(several):
            recognised += [each for each in several if each]
        else:
            unread += 1
    fields: dict[str, list[str]] = {}
    for each in recognised:
        fields.setdefault(each.kind.value, []).append(each.text)
    return IdentifierBox(tuple(recognised), unread, {kind: "; ".join(texts) for kind, texts in fields.items()})


def _recognise(entry: str, born_year: int | None, this_year: int | None) -> Recognised | tuple[()] | None:
    """Return what one entry is; an empty tuple where it says "none", None where nobody can tell."""
    if len(entry) > _LONGEST:
        return None
    readings: dict[IdentifierKind, Reading] = {}
    for kind in IdentifierKind:
        read = parse_identifiers(kind, entry, born_year, this_year)
        if read in (BLANK, PLACEHOLDER):
            return ()
        if not isinstance(read, Unusable):
            readings[kind] = read
    if not readings:
        return None
    # Its own field needs the fewest assumptions; a right check letter speaks louder than a wrong one.
    kind = min(readings, key=lambda each: (_doubt(readings[each]), len(readings[each].notes)))
    return Recognised(entry, kind, readings[kind].identifiers)


def _doubt(reading: Reading) -> int:
    verified = reading.identifiers[0].verified
    return {True: 0, None: 1, False: 2}[verified]
