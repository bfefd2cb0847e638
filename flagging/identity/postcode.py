"""UK postcodes, used for matching only."""

import re
from typing import Final

from flagging.identity.identifier_text import compact, why_unusable
from flagging.identity.reading import PLACEHOLDER, TOO_LONG, Unusable

_LONGEST: Final = 200
# Outward code, then inward code; C, I, K, M, O and V never stand in the last two places (BS 7666).
_POSTCODE: Final = re.compile(r"([A-Z]{1,2}[0-9][0-9A-Z]?|GIR)/?([0-9][ABD-HJLNP-UW-Z]{2})")
# The health service's pseudo-codes for people without an address, or with one abroad.
_PSEUDO_OUTWARD: Final = "ZZ99"
_PLACEHOLDERS: Final = frozenset({"NFA", "NOFIXEDABODE", "NOFIXEDADDRESS", "HOMELESS"})


def parse_postcode(text: str) -> str | Unusable:
    """Return a full UK postcode as `B1 1AA`; part of one, or a code that stands for no address, is unusable."""
    if len(text) > _LONGEST:
        return TOO_LONG
    compacted = compact(text)
    if compacted.startswith(_PSEUDO_OUTWARD) or compacted.replace("/", "") in _PLACEHOLDERS:
        return PLACEHOLDER
    if match := _POSTCODE.fullmatch(compacted):
        return f"{match[1]} {match[2]}"
    return why_unusable(compacted, "full UK postcode")
