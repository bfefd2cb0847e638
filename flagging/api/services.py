"""What the API's handlers work with, put on the application by the composition root."""

from dataclasses import dataclass
from typing import Any

from flask import current_app

from flagging.access.live import LiveAccess
from flagging.access.openid.systems import SystemTokens
from flagging.access.rate_limit import RateLimiter
from flagging.access.records import AccessRecords
from flagging.api.lookup_reader import LookupReader
from flagging.follower import Follower
from flagging.key_file import FollowedKeys
from flagging.ledger.head import HeadWitness
from flagging.ledger.proof import Prover
from flagging.ledger.search import LedgerSearch
from flagging.lookup.lookups import Lookups
from flagging.notify.alerts import AlertBook
from flagging.register.live import LiveRegister
from flagging.register.replica_keeper import ReplicaKeeper
from flagging.spool import Spool

EXTENSION = "flagging"


@dataclass(frozen=True, slots=True)
class Services:
    """One per process. `openapi` is the document as JSON."""

    lookups: Lookups
    reader: LookupReader
    register: LiveRegister
    access: LiveAccess
    system_tokens: SystemTokens
    records: AccessRecords
    limiter: RateLimiter
    operator_limiter: RateLimiter
    spool: Spool
    openapi: bytes
    follower: Follower
    keys: FollowedKeys
    replica: ReplicaKeeper
    prover: Prover
    ledger: LedgerSearch
    alerts: AlertBook
    witness: HeadWitness


def services() -> Services:
    found: Any = current_app.extensions[EXTENSION]
    return found  # type: ignore[no-any-return]
