"""Identifiers as people type them: case, spaces, quotes and separators made one, placeholder words told apart.

Owns characters and placeholders; what the characters mean is each kind's own business.
"""

from flagging.identity.pasted_text import plain
from flagging.identity.reading import BLANK, PLACEHOLDER, Unusable

_COMPACTED = str.maketrans(dict.fromkeys(" '\"`.:#()[]", "") | dict.fromkeys("/\\-_", "/"))

_PLACEHOLDERS = frozenset({
    "NONE", "NONEGIVEN", "NONEKNOWN", "NA", "NK", "NIL", "NULL", "TBA", "TBC", "UNK", "UNKNOWN", "REFUSED", "WITHHELD",
    "NOTKNOWN", "NOTGIVEN", "NOTPROVIDED", "NOTAPPLICABLE", "NOTAVAILABLE", "NOTRECORDED", "NOTSTATED", "NOTFOUND",
    "NOTRACE", "NOPNC", "NOPNCID", "NOCRO", "NOCRN", "NEW", "TEST",
})  # fmt: skip


def compact(text: str) -> str:
    """Return the text in capitals, without spaces, quotes and full stops, with `/` for every slash and dash.

    Whatever else is not a letter or digit stays, so that no identifier's pattern fits it.
    """
    return plain(text).upper().translate(_COMPACTED)


def why_unusable(compacted: str, wanted: str) -> Unusable:
    """Say why a compacted text is not a `wanted` ("PNC ID"): blank, a placeholder, or something else altogether."""
    if not compacted:
        return BLANK
    bare = compacted.replace("/", "").replace("?", "")
    beyond_zeros = bare.strip("0")
    stands_for_nothing = bare in _PLACEHOLDERS or not bare.strip("X") or len(beyond_zeros) < 1 + beyond_zeros.isalpha()
    return PLACEHOLDER if stands_for_nothing else Unusable(f"not a {wanted}")
