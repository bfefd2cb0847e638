"""Personal names as normalised words.

Owns the words of a name and what stands around them; letters are `plain_letters`' business, and how alike two names
are is matching's.
"""

import re
from typing import Final

from flagging.identity.name_words import FAMILY_SUFFIXES, NEVER_NAMES, PLACEHOLDERS, PREFIXES, SUFFIXES, TITLES
from flagging.identity.person import PersonName
from flagging.identity.plain_letters import fold
from flagging.identity.reading import BLANK, PLACEHOLDER, Unusable

MOST_WORDS: Final = 8
LONGEST_WORD: Final = 40
_LONGEST_PART: Final = 400
# A prefix is joined only to a word longer than this: O Brien, but not the initials O B.
_LONGEST_INITIALS: Final = 2
# Son, daughter or wife of, in Pakistan, India and Malaysia: what follows is the father's or husband's name.
_RELATION: Final = re.compile(r"\b(?:[sdw]/o|a/[lp])\b", re.IGNORECASE)

TOO_MANY_WORDS: Final = Unusable(f"too long: only {MOST_WORDS} words of {LONGEST_WORD} letters are used")
NUMBERS_LEFT_OUT: Final = Unusable("numbers stand in it, which are no part of a name: left out")
OTHER_SCRIPT: Final = Unusable("in a script that cannot be read: compared only as it is written")


class NameReading:
    """What a name comes to; `given` and `family` tell why that part, or some of it, was left aside, if it was.

    A part that is blank is not left aside: nothing was said.
    """

    __slots__ = ("family", "given", "name")

    def __init__(self, name: PersonName | None, given: Unusable | None, family: Unusable | None) -> None:
        self.name: Final = name
        self.given: Final = given
        self.family: Final = family


_NO_NAMES: Final = NEVER_NAMES | PLACEHOLDERS | TITLES
# The words of one part of a name, and what of it was left aside.
_Part = tuple[list[str], Unusable | None]
_NOTHING: _Part = ([], None)


def parse_name(given: str | None, family: str | None) -> PersonName | Unusable:
    """Return the words of a name, or why there is none; a part left empty by that is a part not known.

    Case, accents and special letters are folded to plain Latin ones (Łukasz, Søren), other scripts read in Latin
    letters (Иванов). Apostrophes fall away, hyphens part words, and O, D, Mc and Mac are joined to what follows them
    in a family name, so O'Brien, O Brien and Obrien meet. Titles before a name, Jr or III behind it, s/o and d/o, and
    words that only forms use (unknown, refused, N/K) fall away. A whole name in the family name's field as `Family,
    Given` is taken apart. A part keeps at most 8 words of at most 40 characters.
    """
    name = read_name(given, family).name
    if name is not None:
        return name
    is_blank = not (given and given.strip()) and not (family and family.strip())
    return BLANK if is_blank else PLACEHOLDER


def read_name(given: str | None, family: str | None) -> NameReading:
    """Return the words of a name as `parse_name` does, together with what of it was left aside."""
    first, given_aside = _read(given, SUFFIXES) if given else _NOTHING
    last, family_aside = _read(family, FAMILY_SUFFIXES) if family else _NOTHING
    if family and "," in family and (whole := _taken_apart(family)):
        if not first:
            (first, given_aside), (last, family_aside) = whole
        elif set(whole[0][0]) <= set(first):
            last, family_aside = whole[1]
    if not first and not last:
        return NameReading(None, given_aside, family_aside)
    return NameReading(PersonName(tuple(first), tuple(_joined(last))), given_aside, family_aside)


def _read(text: str, suffixes: frozenset[str]) -> _Part:
    if text.isascii() and text.isalpha() and len(text) <= LONGEST_WORD:
        # One word of plain letters, as most are, is that word, unless forms use it.
        word = text.lower()
        if word not in _NO_NAMES and "xx" not in word:
            return [word], None
    written = text.strip()
    if written.casefold() in PLACEHOLDERS:
        return [], PLACEHOLDER
    if "/" in written:
        written = _RELATION.sub(" ", written)
    folded = fold(written[:_LONGEST_PART])
    written_words = folded.split()
    words = [word for word in written_words if word not in NEVER_NAMES and not word.isdigit()]
    has_numbers = len(words) < len(written_words) and any(map(str.isdigit, written_words))
    if "xx" in folded:
        words = [word for word in words if word == "x" or word.strip("x")]
    while words and words[0] in TITLES:
        del words[0]
    is_cut = False
    if len(folded) > LONGEST_WORD or len(words) > MOST_WORDS:
        is_long = len(written) > _LONGEST_PART or len(words) > MOST_WORDS
        is_cut = is_long or any(len(word) > LONGEST_WORD for word in words)
        words = [word[:LONGEST_WORD] for word in words[:MOST_WORDS]]
    while len(words) > 1 and words[-1] in suffixes:
        del words[-1]
    if not words or " ".join(words) in PLACEHOLDERS:
        return [], PLACEHOLDER if written else None
    return words, _left_aside(folded, is_cut=is_cut, has_numbers=has_numbers)


def _left_aside(folded: str, *, is_cut: bool, has_numbers: bool) -> Unusable | None:
    if is_cut:
        return TOO_MANY_WORDS
    if has_numbers:  # a date, perhaps, that nobody then looked for
        return NUMBERS_LEFT_OUT
    return None if folded.isascii() else OTHER_SCRIPT


def _taken_apart(whole: str) -> tuple[_Part, _Part] | None:
    """Return given and family name of a whole name written `Family, Given`; None where it is no such thing."""
    before, _, behind = whole.partition(",")
    given, family = _read(behind, SUFFIXES), _read(before, FAMILY_SUFFIXES)
    return (given, family) if family[0] and not FAMILY_SUFFIXES.issuperset(given[0]) else None


def _joined(words: list[str]) -> list[str]:
    if PREFIXES.isdisjoint(words[:-1]):
        return words
    joined = words[:1]
    for word in words[1:]:
        if joined[-1] in PREFIXES and len(word) > _LONGEST_INITIALS:
            joined[-1] += word
        else:
            joined.append(word)
    return joined
