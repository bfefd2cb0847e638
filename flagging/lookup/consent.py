"""The record of a referral form: that the person agreed to it, or refused, before anything is handed on.

It follows the lookup it was made from into the spool; what the worker wrote on the form is nobody's business here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import orjson

from flagging.access.caller import Caller
from flagging.entries import EntryKind, begin_entry
from flagging.terms import Route


class Consent(StrEnum):
    """How the person answered when asked whether these details may be handed on."""

    WRITTEN = "written"
    SPOKEN = "spoken"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ReferralForm:
    """A form about to be printed: made from which lookup, for whom, and what of the register stands on it."""

    lookup_id: str
    provider: Route
    service: str
    consent: Consent
    refs: Sequence[str]
    fields: Sequence[str]


def consent_entry(form: ReferralForm, caller: Caller, asked_at: datetime) -> bytes:
    """Return one entry as JSON; a refused form discloses nothing, so it names no fields."""
    is_given = form.consent is not Consent.REFUSED
    entry = begin_entry(EntryKind.REFERRAL_FORM) | {
        "at": asked_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "caller": caller.caller_id,
        "role": caller.role,
        "operator": caller.name,
        "of_lookup": form.lookup_id,
        "provider": form.provider,
        "service": form.service,
        "consent": form.consent,
        "refs": list(form.refs) if is_given else [],
        "fields": list(form.fields) if is_given else [],
    }
    return orjson.dumps(entry)
