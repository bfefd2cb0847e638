"""Identifiers as people type them: case, quotes and separators made one, labels and placeholder words told apart.

Owns characters, labels and placeholders; what the characters mean is each kind's own business.
"""

import re
from typing import Final

from flagging.identity.pasted_text import plain
from flagging.identity.person import IdentifierKind
from flagging.identity.reading import BLANK, PLACEHOLDER, Unusable

_COMPACTED: Final = str.maketrans(dict.fromkeys(" '\"`.:#()[]{}<>=!", "") | dict.fromkeys("/\\-_", "/"))
_LABELS: Final = {
    IdentifierKind.PNC_ID: "PNC",
    IdentifierKind.CRO_NUMBER: "CRO",
    IdentifierKind.PRISON_NUMBER: "NOMS|NOMIS|PRISON|PRISONER|OFFENDER",
    IdentifierKind.CRN: "CRN|DELIUS|NDELIUS",
}
_LABEL_WORDS: Final = "ID|NO|NUM|NUMBER|REF|REFERENCE|IDENTIFIER|CODE"

_PLACEHOLDERS: Final = frozenset({
    "NONE", "NONEGIVEN", "NONEKNOWN", "NONEHELD", "NONERECORDED", "NA", "NK", "NS", "NIL", "NULL", "UNDEFINED", "TBA",
    "TBC", "UNK", "UNKNOWN", "REFUSED", "WITHHELD", "PENDING", "AWAITED", "AWAITING", "NOTKNOWN", "NOTYETKNOWN",
    "NOTGIVEN", "NOTPROVIDED", "NOTAPPLICABLE", "NOTAVAILABLE", "NOTRECORDED", "NOTSTATED", "NOTFOUND", "NOTHELD",
    "NOTISSUED", "NOTALLOCATED", "NOTOBTAINED", "NOTONPNC", "NOTRACE", "NOTTRACED", "NORECORD", "NOPNC", "NOPNCID",
    "NOCRO", "NOCRONUMBER", "NOCRN", "NOPRISONNUMBER", "NEW", "TEST",
})  # fmt: skip


def compact(text: str) -> str:
    """Return the text in capitals, without spaces, quotes and full stops, with `/` for every slash and dash.

    Whatever else is not a letter or digit stays, so that no identifier's pattern fits it.
    """
    return plain(text).upper().translate(_COMPACTED)


def written_as(kind: IdentifierKind, core: str) -> re.Pattern[str]:
    """Return the pattern of an identifier with or without a label before or behind it, as `compact` leaves both.

    `core` is the pattern of what is the identifier itself; its groups are the match's.
    """
    label = _LABELS[kind]
    return re.compile(rf"(?:(?:{label})(?:/?(?:{_LABEL_WORDS}))*/?)?(?:{core})(?:/?(?:{label}))?")


def why_unusable(compacted: str, wanted: str) -> Unusable:
    """Say why a compacted text is not a `wanted` ("PNC ID"): blank, a placeholder, or something else altogether."""
    if not compacted:
        return BLANK
    bare = compacted.replace("/", "").replace("?", "")
    beyond_zeros = bare.strip("0")
    stands_for_nothing = bare in _PLACEHOLDERS or not bare.strip("X") or len(beyond_zeros) < 1 + beyond_zeros.isalpha()
    return PLACEHOLDER if stands_for_nothing else Unusable(f"not a {wanted}")
