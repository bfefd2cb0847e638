"""The composition root of the server: settings → objects → Flask. That of worker and commands is `cli.setup`."""

import time
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from flagging import __version__, metrics
from flagging.access.live import LiveAccess
from flagging.access.openid.compose import people_sign_in, providers_of, system_tokens
from flagging.access.rate_limit import RateLimiter
from flagging.access.records import AccessRecords
from flagging.api import alerts, document, gate, health, ledger, lookups, problems
from flagging.api import register as register_api
from flagging.api.lookup_reader import LookupReader
from flagging.api.services import EXTENSION, Services
from flagging.api.short_way import ShortWay
from flagging.compilation import IS_COMPILED
from flagging.configuration.load import Configuration, load_configuration
from flagging.follower import Follower
from flagging.key_file import FollowedKeys
from flagging.ledger.database import LedgerDatabase
from flagging.ledger.head import HeadWitness
from flagging.ledger.inspection import InspectionFile
from flagging.ledger.proof import Prover
from flagging.ledger.search import LedgerSearch
from flagging.lookup.composing import Policies
from flagging.lookup.costly import CostlyTurns
from flagging.lookup.finding import Finder
from flagging.lookup.lookups import Lookups
from flagging.lookup.repeats import FILE_NAME as REPEATS
from flagging.lookup.repeats import Counts, Repeats
from flagging.notify.alerts import AlertBook
from flagging.notify.messages import StandingFile
from flagging.redis_connection import connect
from flagging.register.freshness import AgeLimits, since_boot
from flagging.register.live import LiveRegister
from flagging.register.rehearsal import rehearse
from flagging.register.replica import ReplicaFile
from flagging.register.replica_keeper import ReplicaKeeper
from flagging.register.servers import key_channel, key_trouble
from flagging.register.store import ANNOUNCEMENTS, EditionStore
from flagging.sealing import Keyring
from flagging.settings import Settings, needed
from flagging.spool import SPOOL, Spool
from flagging.sync.fitness import FitnessFile
from flagging.sync.guards import GUARDS
from flagging.sync.report import Result
from flagging.turns import Turns
from flagging.web import pages
from flagging.web.compose import Shared, add_pages

REDIS_SECONDS = 1.0
"""How long the background may wait for Redis; a lookup never does."""
MOST_WAITING = 3
"""How many of a process's threads may wait for ledger and sign-in service at once; it has four for all but lookups."""
MOST_READERS = 2
"""How many of them may wait for the ledger."""
START_SECONDS = 10.0
"""How long a process that starts may keep callers waiting, or leave them to the others, until it has a register."""

log = structlog.get_logger(__name__)


def create_app(settings: Settings) -> Flask:
    """Return the application, following Redis from now on. Call it in the process that serves, after forking.

    It has what Redis holds when it is returned, unless that takes too long: nobody is told that there is no register
    just because another process died and this one came in its place.
    Raises SettingInvalid, ConfigurationInvalid or KeyFileFault for anything the service cannot start with; a Redis
    that does not answer is not among them.
    """
    configuration = load_configuration(settings.config_dir)
    keys = FollowedKeys(needed(settings.key_file, "FLAGGING_KEY_FILE"))
    keyring = keys.keyring
    client = connect(needed(settings.redis_url, "FLAGGING_REDIS_URL"), answer_within=REDIS_SECONDS)
    register = live_register(settings, configuration, EditionStore(client, keyring))
    replica = ReplicaKeeper(ReplicaFile(settings.state_dir, register.store), register)
    access = LiveAccess(client, keyring, settings.state_dir)
    limiter = RateLimiter(settings.rate_limit, time.monotonic)
    lookup_room = compose_lookups(settings, configuration, keyring, register, CostlyTurns(limiter.is_short))
    waiting = Turns(MOST_WAITING)
    recorded = LedgerDatabase(settings.ledger_url, settings.state_dir, MOST_READERS, within=waiting)
    witness = HeadWitness(settings.state_dir, keyring)
    records = AccessRecords(lookup_room.spool)
    looks = [keys.look, access.look, register.look, replica.look]
    looks += [
        partial(measure, register),
        partial(measure_keys, register, keys),
        partial(measure_ledger, witness, InspectionFile(settings.state_dir)),
    ]
    looks += [partial(measure_redis, FitnessFile(settings.state_dir))]
    looks += [records.settle, partial(measure_notifications, StandingFile(settings.state_dir))]
    follower = Follower(client, ANNOUNCEMENTS, looks, lambda: key_channel(keyring.key_id))
    providers = providers_of(settings, configuration.providers, keyring)
    app = Flask(__name__, static_folder=None)
    app.url_map.merge_slashes = False  # a misspelt address is told so, not sent on to wherever the Host header says
    app.extensions[EXTENSION] = Services(
        lookups=lookup_room,
        reader=LookupReader(configuration.directory, configuration.disclosure),
        register=register,
        access=access,
        system_tokens=system_tokens(settings, configuration.providers, providers),
        records=records,
        limiter=limiter,
        operator_limiter=RateLimiter(settings.operator_rate_limit or settings.rate_limit, time.monotonic, "operator"),
        spool=lookup_room.spool,
        openapi=document.build_document(),
        follower=follower,
        keys=keys,
        replica=replica,
        prover=Prover(recorded, keyring, settings.state_dir / SPOOL),
        ledger=LedgerSearch(recorded, keyring),
        alerts=AlertBook(recorded, keyring, configuration.disclosure, lookup_room.spool),
        witness=witness,
    )
    for part in (lookups, register_api, alerts, ledger, health, document):
        app.register_blueprint(part.blueprint)
    problems.register_handlers(app)
    app.wsgi_app = ShortWay(app)  # type: ignore[method-assign]
    elsewhere = people_sign_in(settings, configuration.providers, providers, waiting)
    add_pages(app, settings, Shared(access, keyring, configuration.directory, records, elsewhere))
    app.register_error_handler(HTTPStatus.NOT_FOUND, _lead_on)
    app.register_error_handler(HTTPStatus.METHOD_NOT_ALLOWED, _lead_on)
    app.after_request(gate.finish)
    metrics.BUILD_INFO.labels(__version__, "yes" if IS_COMPILED else "no").set(1)
    follower.start()
    _await_register(follower, register)
    return app


def _await_register(follower: Follower, register: LiveRegister) -> None:
    deadline = time.monotonic() + START_SECONDS
    if follower.await_first_look(START_SECONDS):
        register.await_loading(max(0.0, deadline - time.monotonic()))
    edition = register.held.edition
    log.info("process_serves", edition=edition.manifest.number if edition else None, compiled=IS_COMPILED)


def _lead_on(error: HTTPException) -> Response:
    """Answer a request that no handler takes: a person with a page, a system with a problem."""
    return pages.show_http_error(error) if pages.is_asked_by_person() else problems.show_http_error(error)


def measure_keys(register: LiveRegister, keys: FollowedKeys) -> None:
    """Keep the gauge of the key file true."""
    metrics.KEY_FILE_IS_BEHIND.set(key_trouble(register.held, keys) is not None)


def measure_redis(file: FitnessFile) -> None:
    """Publish what of Redis the worker of this host finds unfit for the register, as it has written it down."""
    for reason, is_so in asdict(file.read()).items():
        metrics.REDIS_UNFIT.labels(reason).set(bool(is_so))


def measure_ledger(witness: HeadWitness, inspections: InspectionFile) -> None:
    """Publish how the ledger of this host goes, as the worker has written it down: its end, draining, verification."""
    seen, draining = witness.here()
    if seen is not None:
        metrics.LEDGER_HEAD.set(seen.number)
        metrics.LEDGER_HEAD_LINK.set(int(seen.link[:12], 16))
    if draining is not None:
        metrics.LEDGER_DRAINED.set(draining.at or 0)
        metrics.LEDGER_WAITING.set(draining.waiting)
        metrics.LEDGER_TROUBLE.set(draining.trouble is not None)
    if inspected := inspections.read():
        metrics.LEDGER_VERIFIED.set(inspected.at)
        metrics.LEDGER_FAULTS.set(inspected.faults)


def measure_notifications(file: StandingFile) -> None:
    """Publish how many wait to be told, as the worker has written it down."""
    found = file.read()
    if found is not None:
        metrics.NOTIFY_AT.set(found.at)
        metrics.NOTIFY_WAITING.set(found.waiting)
        metrics.NOTIFY_OLDEST.set(found.oldest_seconds)
        metrics.NOTIFY_FAILING.set(found.failing)
        metrics.NOTIFY_GIVEN_UP.set(found.given_up)


def measure(register: LiveRegister) -> None:
    """Keep the gauges of the register true whether or not anybody asks: an alarm must not wait for a lookup."""
    metrics.count_lookups()
    held = register.held
    freshness = register.freshness(held)
    metrics.REGISTER_IS_REPLICA.set(held.source(register.clock()) == "replica")
    metrics.REGISTER_IS_STALE.set(freshness is None or freshness.state == "stale")
    if held.vouched is not None and freshness is not None:
        metrics.REGISTER_AGE.set(freshness.age_seconds)
        metrics.REGISTER_LIST_DATED.set(held.vouched.list_dated)
    metrics.REGISTER_HOLDS.set(bool(held.pointer and held.pointer.hold))
    if held.last_sync is not None:
        _measure_sync(held.last_sync)


def _measure_sync(note: dict[str, Any]) -> None:
    """Tell how the last sync ended, as far as its note says."""
    metrics.LIST_SYNCED.set(datetime.fromisoformat(note["at"]).timestamp())
    metrics.LIST_UNREADABLE.set(note["result"] == Result.UNREADABLE)
    for guard in GUARDS:
        metrics.LIST_REFUSED.labels(guard).set(note["result"] == Result.REFUSED and note.get("guard") == guard)
    for what, number in (note.get("counts") or {}).items():
        metrics.LIST_ROWS.labels(what).set(number)


def live_register(settings: Settings, configuration: Configuration, store: EditionStore) -> LiveRegister:
    return LiveRegister(
        store,
        AgeLimits(settings.stale_after, settings.list_stale_after, settings.refuse_after),
        replica=ReplicaFile(settings.state_dir, store),
        rehearse=partial(rehearse, model=configuration.matching),
    )


def compose_lookups(
    settings: Settings, configuration: Configuration, keyring: Keyring, register: LiveRegister, costly: CostlyTurns
) -> Lookups:
    return Lookups(
        register=register,
        finder=Finder(configuration.matching, configuration.routing.flag_schemes),
        policies=Policies(
            routing=configuration.routing.table,
            actions=configuration.actions,
            directory=configuration.directory,
            disclosure=configuration.disclosure,
            lead_rule=configuration.routing.leads,
        ),
        spool=Spool(settings.state_dir / SPOOL, keyring),
        keyring=keyring,
        now=partial(datetime.now, UTC),
        seconds_allowed=settings.lookup_seconds,
        repeats=Repeats(Counts(settings.state_dir / REPEATS, since_boot), configuration.disclosure.repeats, keyring),
        costly=costly,
    )
