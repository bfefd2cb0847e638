"""Is the process alive, can it answer lookups, and how are its parts; and the metrics of all processes together."""

import os
import time
from typing import Any

import orjson
from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from flagging.access.declared import ANYBODY, open_to
from flagging.api.services import services
from flagging.metrics import count_lookups
from flagging.register.held import Held
from flagging.register.servers import key_trouble

blueprint = Blueprint("health", __name__)


@blueprint.get("/health/live")
@open_to(ANYBODY)
def live() -> Response:
    return _json({"status": "alive"}, 200)


@blueprint.get("/health/ready")
@open_to(ANYBODY)
def ready() -> Response:
    """Ready means: a lookup asked now would be answered from the register."""
    components = _components()
    waiting_for = [name for name, is_well in components.items() if not is_well]
    body: dict[str, Any] = {"status": "ready"} if not waiting_for else {"status": "not ready", "missing": waiting_for}
    return _json(body, 503 if waiting_for else 200)


@blueprint.get("/health")
@open_to(ANYBODY)
def health() -> Response:
    """The components in words; always 200, as it is for people and dashboards to read."""
    register = services().register
    held = register.held
    freshness = register.freshness(held)
    words = {
        "register": "no verified edition is held"
        if held.edition is None or freshness is None
        else f"edition {held.edition.manifest.number}, {freshness.state}, checked {int(freshness.age_seconds)} s ago",
        "redis": "within reach" if held.source(register.clock()) == "redis" else f"out of reach: {held.trouble or '-'}",
        "access": "known" if services().access.book else "no access list is known yet",
        "spool": "writable" if services().spool.is_writable() else "cannot be written: no lookup can be answered",
        "follower": "running" if services().follower.is_alive() else "stopped: nothing new is learned of any more",
        "keys": _keys(held),
        "replica": _replica(),
        "ledger": _ledger(),
    }
    return _json({"status": "ready" if all(_components().values()) else "not ready", "components": words}, 200)


@blueprint.get("/metrics")
@open_to(ANYBODY)
def metrics() -> Response:
    count_lookups()
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _keys(held: Held) -> str:
    keys = services().keys
    trouble = key_trouble(held, keys)
    if trouble is not None:
        return trouble
    newest, *older = [key.key_id for key in keys.keyring.in_use]
    return f"{newest} in use" + (f", with {', '.join(older)} until the rotation is ended" if older else "")


def _replica() -> str:
    refused = services().register.replica_trouble
    if services().replica.is_behind:
        return "the replica file of this host is behind: it is being written, or cannot be: the log says why"
    return f"refused: {refused}" if refused else "as this process holds the register"


def _ledger() -> str:
    _, draining = services().witness.here()
    if draining is None or draining.at is None:
        return "nothing of this host's spool has been drained yet: is the worker running?"
    ago = f"drained {max(0, int(time.time() - draining.at))} s ago, {draining.waiting} bytes waiting"
    return f"{draining.trouble} ({ago})" if draining.trouble else ago


def _components() -> dict[str, bool]:
    register = services().register
    held = register.held
    freshness = register.freshness(held)
    return {
        "register": bool(held.edition and held.edition.index and freshness and not freshness.is_refused),
        "access": services().access.book is not None,
        "spool": services().spool.is_writable(),
    }


def _json(body: dict[str, Any], status: int) -> Response:
    return Response(orjson.dumps(body), status, content_type="application/json")
