"""The digest of an answer, which its ledger entry holds: so the receipt commits to what was answered, too.

SHA-256 over the answer as JSON with its keys sorted, without spaces, in UTF-8, less the receipt itself and what makes a
`cannot_confirm` a problem (RFC 9457): whoever kept the answer can work it out again.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

import orjson

NOT_COVERED: Final = frozenset({"receipt", "type", "title", "status", "detail"})


def digest_of_answer(answer: Mapping[str, Any]) -> str:
    """Return the digest in hex."""
    covered = answer
    if not NOT_COVERED.isdisjoint(answer):
        covered = {name: value for name, value in answer.items() if name not in NOT_COVERED}
    return sha256(orjson.dumps(covered, option=orjson.OPT_SORT_KEYS)).hexdigest()
