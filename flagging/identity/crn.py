"""Case reference numbers (CRN) of probation: a letter and six digits, without a check character."""

from typing import Final

from flagging.identity.identifier_text import compact, why_unusable, written_as
from flagging.identity.person import Identifier, IdentifierKind
from flagging.identity.reading import PLACEHOLDER, Reading, Unusable

_CRN: Final = written_as(IdentifierKind.CRN, "([A-Z][0-9]{6})")


def parse_crn(text: str) -> Reading | Unusable:
    """Read a CRN; `keys` is ("crn:X123456",). People have previous ones, so several on one record are usual."""
    compacted = compact(text).replace("/", "")
    match = _CRN.fullmatch(compacted)
    if not match:
        return why_unusable(compacted, "CRN")
    number = match[1]
    if number[1:] == "000000":
        return PLACEHOLDER
    return Reading((Identifier(IdentifierKind.CRN, number, (f"crn:{number}",), None),))
