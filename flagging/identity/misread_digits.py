"""Identifiers in which the letters O, I and L were typed or scanned for the digits they look like.

Owns where digits have to stand. Whether what they then say is right is for each kind's parser to tell.
"""

from typing import Final

from flagging.identity.identifier_text import compact, written_as
from flagging.identity.person import IdentifierKind

_DIGITS: Final = str.maketrans("OIL", "011")
# What stands before the digits, the digits (and slashes), and what stands behind them.
_MISREAD: Final = {
    kind: written_as(kind, core)
    for kind, core in {
        IdentifierKind.PNC_ID: "()([0-9OIL/]+)([A-Z])",
        IdentifierKind.CRO_NUMBER: "(SF|)([0-9OIL/]+)([A-Z])",
        IdentifierKind.PRISON_NUMBER: "([A-Z])([0-9OIL]{4})([A-Z]{2})",
        IdentifierKind.CRN: "([A-Z])([0-9OIL]{6})()",
    }.items()
}


def with_digits(kind: IdentifierKind, text: str) -> str | None:
    """Return the text of an identifier of this kind with its letters for digits made digits.

    None if it has none, or nothing but such letters: that is a word. A letter behind the digits stays what it is.
    """
    match = _MISREAD[kind].fullmatch(compact(text))
    if match is None:
        return None
    before, typed, behind = match.groups()
    digits = typed.translate(_DIGITS)
    has_both = digits != typed and any(map(str.isdigit, typed))
    return before + digits + behind if has_both else None
