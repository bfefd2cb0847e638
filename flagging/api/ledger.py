"""GET /v1/lookups/ID: what is recorded of one lookup, and whether receipt and chain prove it. For auditors."""

from typing import Any, Final

import orjson
from flask import Blueprint, Response, abort

from flagging.access.declared import open_to
from flagging.api.gate import admit
from flagging.api.services import services
from flagging.entries import EntryKind
from flagging.errors import SpoolUnwritable
from flagging.ledger.consultation import Consultation, Reader
from flagging.ledger.proof import Proof
from flagging.ledger.search import Sought
from flagging.terms import Role

AUDITOR: Final = frozenset({Role.AUDITOR})

blueprint = Blueprint("ledger", __name__)


@blueprint.get("/v1/lookups/<string(length=26):lookup_id>")
@open_to(AUDITOR)
def show_lookup(lookup_id: str) -> Response:
    """That it was read is recorded first; what cannot be recorded is not shown."""
    caller = admit()
    services().limiter.spend(caller.caller_id)
    reader, sought = Reader(caller.caller_id, None, caller.role), Sought(lookup_id=lookup_id)
    consultation = Consultation(EntryKind.LEDGER_SEARCHED, reader, sought, None)
    try:
        proof = services().prover.prove(lookup_id, lambda: consultation.record(services().spool))
    except SpoolUnwritable:
        abort(503)
    if proof is None:
        abort(404)
    return Response(orjson.dumps(_shown(lookup_id, proof)), content_type="application/json")


def _shown(lookup_id: str, proof: Proof) -> dict[str, Any]:
    told: dict[str, Any] = {
        "lookup_id": lookup_id,
        "state": proof.state,
        "verified": None if proof.number is None else proof.is_sound,
        "number": proof.number,
        "receipt": proof.receipt,
        "entry": proof.entry,
    }
    return told if proof.fault is None else told | {"fault": proof.fault}
