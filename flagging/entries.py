"""The entries of the ledger: the kinds there are, and what every one of them begins with. They go into the spool.

What a lookup's entry holds besides is in `lookup.entry`, that of an administrative act in `sync.acts`.
"""

from enum import StrEnum
from typing import Any, Final

from flagging.randomness import draw

ENTRY_FORMAT: Final = 1


class EntryKind(StrEnum):
    """What an entry is the record of.

    A lookup; an act that changed the register otherwise than the list says; somebody who came, went or was refused;
    reading or erasing of the ledger itself; who was told of somebody recognised, or is to look again; what of the spool
    could not be read.
    """

    LOOKUP = "lookup"
    LIST_FORCED = "list_forced"
    ROLLBACK = "rollback"
    REMOVAL_CONFIRMED = "removal_confirmed"
    ERASURE = "erasure"
    KEYS_ROTATED = "keys_rotated"
    KEYS_SUPERSEDED = "keys_superseded"
    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGNED_OUT = "signed_out"
    REQUEST_REFUSED = "request_refused"
    LEDGER_SEARCHED = "ledger_searched"
    LEDGER_EXPORTED = "ledger_exported"
    LEDGER_ERASED = "ledger_erased"
    NOTIFIED = "notified"
    NOTIFICATION_ESCALATED = "notification_escalated"
    NOTIFICATION_GIVEN_UP = "notification_given_up"
    NOTIFICATION_RETRIED = "notification_retried"
    ALERTED = "alerted"
    ALERTS_SHOWN = "alerts_shown"
    SPOOL_DAMAGED = "spool_damaged"
    REFERRAL_FORM = "referral_form"


def begin_entry(kind: EntryKind) -> dict[str, Any]:
    """Return the beginning of an entry; `salt` makes its digest, which receipts carry, say nothing about it."""
    return {"format": ENTRY_FORMAT, "salt": draw().hex(), "kind": str(kind)}
